#include "kdc/audit_pruning.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "kdc/audit_index.h"
#include "kdc/store_keys.h"
#include "tests/kdc/aged_realm.h"

namespace waybill::test::audit_pruning_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(pruning_the_audit_chain, AgedRealm)

BOOST_AUTO_TEST_CASE(says_how_far_it_is) {
  std::vector<Stage> stages;
  const Tell tell = [&](Stage stage) { stages.push_back(std::move(stage)); };
  BOOST_TEST_REQUIRE(
      prune_audit(folder, clock, {clock.now() - 30min, archive(1)}, tell).has_value());
  BOOST_TEST_REQUIRE(stages.size() == 3U);
  BOOST_TEST((stages[0].unit == Stage::Unit::records));
  BOOST_TEST(stages[0].done() == 11U);  // of all that might have gone
  BOOST_TEST(stages[0].total >= 11U);
  BOOST_TEST(stages[2].done() == 11U);
  BOOST_TEST(stages[2].total == 11U);
}

BOOST_AUTO_TEST_CASE(moves_what_is_old_into_an_archive_and_leaves_a_sound_chain) {
  const auto pruned = prune();
  BOOST_TEST_REQUIRE(pruned.has_value());
  BOOST_TEST(pruned->first == 1U);
  BOOST_TEST(pruned->last == 11U);
  check_sound();
  BOOST_TEST(check_store(folder).audit_records == 6U);
  BOOST_TEST(check_store(folder).audit_until == 17U);
  const AuditArchive archived = read(text(1));
  BOOST_TEST((archived.after == AuditPosition{}));
  BOOST_TEST(archived.end.sequence == 11U);
  with_store([&](Store& store) {
    const auto last = *AuditRecord::decode(Audit::row(store.view(), 17)->record);
    BOOST_TEST(last.event == "audit.pruned");
    BOOST_TEST(last.fields.get("until") == "11");
    BOOST_TEST((Audit::start(store.view()).link == archived.end.link));
  });
}

BOOST_AUTO_TEST_CASE(lets_archives_and_chain_verify_as_one_however_often_it_was_done) {
  prune();
  clock.advance(1h);
  happen(7);
  const auto second = prune();
  BOOST_TEST_REQUIRE(second.has_value());
  BOOST_TEST(second->first == 12U);
  BOOST_TEST(second->last == 17U);
  BOOST_TEST((read(text(2)).after.link == read(text(1)).end.link));
  check_sound();
  check_together(17 + 7 + 1);
}

BOOST_AUTO_TEST_CASE(takes_the_rows_of_the_index_along_and_lets_times_be_found_still) {
  prune();
  with_store([&](Store& store) {
    const auto view = store.view();
    Postings tests(view, {AuditTerm::event, "test"});
    BOOST_TEST(tests.at_or_before(UINT64_MAX).value() == 16U);
    BOOST_TEST(!tests.at_or_before(11).has_value());
    BOOST_TEST(AuditTimes(view, clock.now(), clock.now()).at_or_before(12).value() == 12U);
    BOOST_TEST(!AuditTimes(view, noon, noon + 1min).at_or_before(UINT64_MAX).has_value());
  });
}

BOOST_AUTO_TEST_CASE(does_nothing_when_nothing_is_old_enough) {
  BOOST_TEST(!prune(noon).has_value());
  BOOST_TEST(!fs::exists(archive(1)));
  check_sound();
}

BOOST_AUTO_TEST_CASE(stops_at_the_first_record_that_is_not_old_though_later_ones_are) {
  clock.advance(-50min);  // it was set back
  happen(3);
  BOOST_TEST(prune(noon + 30min)->last == 11U);
}

BOOST_AUTO_TEST_CASE(leaves_what_the_high_water_mark_needs) {
  happen(4, false);
  clock.advance(1h);
  BOOST_TEST(prune()->last == 15U);  // the mark is at 16
  check_sound();
}

BOOST_AUTO_TEST_CASE(never_writes_over_an_archive) {
  prune();
  clock.advance(1h);
  happen(1);
  archives = 0;
  BOOST_CHECK_THROW(prune(), PruningRefused);
  check_sound();
}

BOOST_AUTO_TEST_CASE(is_refused_for_a_store_that_went_back) {
  fs::remove(folder.high_water());
  BOOST_CHECK_THROW(prune(), PruningRefused);
  BOOST_TEST(!fs::exists(archive(1)));
}

BOOST_AUTO_TEST_CASE(is_refused_for_records_that_are_damaged) {
  with_store([&](Store& store) {
    WriteTxn txn(store.env());
    StoreChange change(store, txn);
    const AuditRow row = *Audit::row(change, 5);
    AuditRecord record = *AuditRecord::decode(row.record);
    record.event = "other";
    change.put(store.tables().audit, Key().number(5),
               Writer().array(2).bin(record.encode()).bin(row.link).take());
    std::move(txn).commit();
  });
  BOOST_CHECK_THROW(prune(), RecordDamaged);
  for (const auto& entry : fs::directory_iterator(scratch.path())) {
    BOOST_TEST(entry.path().filename() == "kdc");
  }
}

BOOST_AUTO_TEST_CASE(leaves_no_other_beginning_that_is_believed) {
  struct Row {
    const char* name;
    std::function<void(Store&, StoreChange&)> forge;
    const char* says;
  };
  const auto start_at = [](StoreChange& change, const AuditPosition& start) {
    change.put_meta(meta::audit_start,
                    Writer().array(2).uint(start.sequence).bin(start.link).take());
  };
  const Row rows[] = {
      {"the word where it begins is gone",
       [](Store& store, StoreChange& change) {
         change.erase(store.tables().meta, bytes_of(meta::audit_start));
       },
       "record 1 was dropped"},
      {"moved on, the records too",
       [](Store&, StoreChange& change) {
         const AuditRow row = *Audit::row(change, 13);
         Audit::prune(change, {13, row.link});
       },
       "none that the KDC signed says that they were pruned"},
      {"moved on, the records not",
       [&](Store&, StoreChange& change) {
         const AuditRow row = *Audit::row(change, 13);
         start_at(change, {13, row.link});
       },
       "record 14 was changed"},
      {"another link",
       [&](Store&, StoreChange& change) {
         start_at(change, {11, {}});
       },
       "record 12 was changed"},
      {"moved back",
       [&](Store&, StoreChange& change) {
         start_at(change, {10, Audit::start(change).link});
       },
       "record 11 was dropped"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      AgedRealm realm;
      realm.prune();
      realm.with_store([&](Store& store) {
        WriteTxn txn(store.env());
        {
          StoreChange change(store, txn);
          row.forge(store, change);
        }
        std::move(txn).commit();
      });
      const auto found = realm.faults();
      BOOST_TEST_REQUIRE(!found.empty());
      BOOST_TEST(found.front().find(row.says) != std::string::npos, found.front());
    }
  }
}

BOOST_AUTO_TEST_CASE(is_believed_only_where_a_checkpoint_covers_the_word_of_it) {
  prune();
  with_store([&](Store& store) {
    const auto view = store.view();
    const auto rows = Audit::rows(view, 11, 100);
    const AuditPosition start = Audit::start(view);
    const AuditCheckpoint before{Epochs(store).realm(), 16, noon, rows[4].link};
    const AuditCheckpoint end{Epochs(store).realm(), 17, noon, rows[5].link};
    const auto fault = [&](const AuditCheckpoint& checkpoint) {
      AuditVerifier verifier({checkpoint}, start);
      for (const AuditRow& row : rows) verifier.add(row);
      return verifier.finish();
    };
    BOOST_TEST(!fault(end).has_value());
    BOOST_TEST_REQUIRE(fault(before).has_value());
    BOOST_TEST((fault(before)->kind == AuditFault::Kind::headless));  // R9.9
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(pruning_that_is_killed, AgeingRealm)

BOOST_AUTO_TEST_CASE(leaves_a_whole_chain_and_archives_that_lead_to_it,
                     *boost::unit_test::label("slow")) {
  constexpr int records = 9000;  // more than one deed takes
  happen(records);
  clock.advance(1h);
  happen(5);
  std::mt19937 random{7};  // NOLINT(cert-msc51-cpp): a test repeats itself
  for (unsigned round = 0; round < 8; ++round) {
    const fs::path file = archive(++archives);
    const pid_t child = ::fork();
    BOOST_TEST_REQUIRE(child >= 0);
    if (child == 0) {
      prune_audit(folder, clock, {clock.now() - 30min, file});
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % (150 * (round + 1))));
    ::kill(child, SIGKILL);
    int status = 0;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    check_sound();
  }
  prune();
  check_sound();
  std::uint64_t end = check_store(folder).audit_until;
  check_together(end);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(reindexing_the_audit_chain, AgedRealm)

BOOST_AUTO_TEST_CASE(mends_an_index_however_it_was_damaged) {
  struct Row {
    const char* name;
    std::function<void(Store&, WriteTxn&)> damage;
  };
  const auto first_key = [](const Store& store, const Txn& txn) {
    Cursor cursor(txn, store.tables().audit_index.table);
    return copy_of(cursor.first()->key);
  };
  const Row rows[] = {
      {"all of it is gone",
       [](Store& store, WriteTxn& txn) { txn.clear(store.tables().audit_index.table); }},
      {"a row is gone",
       [&](Store& store, WriteTxn& txn) {
         txn.erase(store.tables().audit_index.table, first_key(store, txn));
       }},
      {"a row is too many",
       [&](Store& store, WriteTxn& txn) {
         Buffer key = first_key(store, txn);
         key.back() ^= 0x40U;
         txn.put(store.tables().audit_index.table, key, {});
       }},
  };
  prune();
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      with_store([&](Store& store) {
        WriteTxn txn(store.env());
        row.damage(store, txn);
        std::move(txn).commit();
      });
      BOOST_TEST(faults().size() == 1U);
      BOOST_TEST(reindex_audit(folder) == 6U);
      check_sound();
    }
  }
}

BOOST_AUTO_TEST_CASE(takes_the_master_key_from_where_it_is_named) {
  Folder named = folder;
  named.master_file = folder.path / "elsewhere.key";
  std::filesystem::rename(folder.master_key(), named.master_file);
  BOOST_CHECK_THROW(reindex_audit(folder), FileError);
  BOOST_TEST(reindex_audit(named) == 16U);
}

BOOST_AUTO_TEST_CASE(is_not_done_while_the_folder_is_in_use) {
  const FolderLock served = lock_folder(folder.path);
  BOOST_CHECK_THROW(reindex_audit(folder), FileError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_pruning_test
