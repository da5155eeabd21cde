// Stores of earlier formats, brought up to date.
#include "kdc/store_migration.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include <boost/test/unit_test.hpp>

#include "kdc/backup.h"
#include "kdc/serve.h"
#include "kdc/store_check.h"
#include "tests/kdc/feed_files.h"
#include "tests/kdc/old_realm.h"
#include "ticket/wire/hex.h"

namespace waybill::test::store_migration_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

namespace {

struct Fixture : OldRealm {
  Store open() const { return {folder.store(), master(), small_store(false)}; }
  struct Migrated : Store {
    Migrated(const fs::path& store, MasterKey key, const Options& options)
        : Store(store, std::move(key), options) {
      migrate(*this);
    }
  };
  Migrated migrated(std::size_t map_bytes = small_map) const {
    Store::Options options = small_store(false, map_bytes);
    options.takes_over = true;
    return {folder.store(), master(), options};
  }
  /// A start of the daemon and its end.
  void serve_once(bool accept_older_store = false) const {
    Shutdown shutdown;
    shutdown.request();
    serve({folder, accept_older_store, ListenAddress{"127.0.0.1", 0}}, clock, shutdown,
          [](const std::string&) {});
  }
  std::vector<AuditRecord> audit() const {
    const Store store = open();
    std::vector<AuditRecord> out;
    for (const AuditRow& row : Audit::rows(store.view(), 0, 100)) {
      out.push_back(*AuditRecord::decode(row.record));
    }
    return out;
  }
  void check_sound() const {
    const StoreReport report = check_store(folder);
    BOOST_TEST(report.faults.empty(), (report.faults.empty() ? "" : report.faults.front()));
  }
  template <class Failure>
  void check_refused(std::string_view why) const {
    const Records before = records();
    BOOST_CHECK_EXCEPTION(migrated(), Failure, [&](const Failure& error) {
      BOOST_TEST_MESSAGE(error.what());
      return std::string_view(error.what()).find(why) != std::string_view::npos;
    });
    BOOST_TEST((records() == before));
  }
  // One byte of the first record's value.
  void flip(const GuardedTable& table, Env& env) const {
    Buffer key;
    Buffer value;
    visit_from(ReadTxn(env), table.table, {}, [&](const Cursor::Entry& entry) {
      key = copy_of(entry.key);
      value = copy_of(entry.value);
      return false;
    });
    BOOST_TEST_REQUIRE(!key.empty());
    value.front() ^= 1U;
    WriteTxn txn(env);
    txn.put(table.table, key, value);
    std::move(txn).commit();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_store_of_format_1, Fixture)

BOOST_AUTO_TEST_CASE(is_brought_up_to_date_by_the_daemon_which_says_so_first) {
  fill();
  serve_once();
  const auto records = audit();
  BOOST_TEST_REQUIRE(records.size() == 3U);
  BOOST_TEST(records[1].event == "store.migrated");
  BOOST_TEST(records[1].fields.get("from") == "1");
  BOOST_TEST(records[1].fields.get("to") == "2");
  BOOST_TEST(records[2].event == "kdc.started");
  check_sound();
  serve_once();
  BOOST_TEST(audit().size() == 4U);  // it is said once
  BOOST_TEST(audit().back().event == "kdc.started");
}

BOOST_AUTO_TEST_CASE(has_what_reached_further_in_force_under_the_newest_number) {
  fill();
  const Migrated store = migrated();
  const auto view = store.view();
  const auto carol = view.standing(RevokedBy::subject, "carol@DEMO.TEST");
  BOOST_TEST_REQUIRE(carol.has_value());
  BOOST_TEST(carol->sequence == 3U);
  BOOST_TEST((carol->entry.issued_until == noon + 60s));
  BOOST_TEST((carol->entry.matters_until == noon + 48h));
  BOOST_TEST(view.standing(RevokedBy::queue, "queue-bob@DEMO.TEST")->sequence == 2U);
  BOOST_TEST(view.standing(RevokedBy::completed, value_of(ended))->sequence == 4U);
  BOOST_TEST(view.standing(RevokedBy::ticket, value_of(stolen))->sequence == 5U);
  BOOST_TEST(view.feed_position().sequence == 5U);
  BOOST_TEST((view.feed_base().position == FeedPosition{}));
  const auto count = [&](const GuardedTable& table) { return view.txn().count(table.table); };
  BOOST_TEST(count(store.tables().revocations) == 4U);
  BOOST_TEST(count(store.tables().feed_ends) == 4U);
}

BOOST_AUTO_TEST_CASE(keeps_the_links_of_a_feed_in_which_nothing_reached_further) {
  append({row(by_name(RevokedBy::workflow, "invoice-1", Revocation::for_ever)),
          row(by_ticket(RevokedBy::ticket, stolen))});
  BOOST_TEST((migrated().view().feed_position() == FeedPosition{2, link}));
}

BOOST_AUTO_TEST_CASE(is_followed_from_zero) {
  fill();
  serve_once();
  FileFollower follower;
  const Store store = open();
  const Epochs epochs(store);
  BOOST_TEST(follower.catch_up(folder.feed(), epochs.document(), clock.now()));
  const Mattering found = mattering(follower.revoked, clock.now());
  BOOST_TEST(found.size() == 4U);
  const auto carol = found.at({RevokedBy::subject, "carol@DEMO.TEST"});
  BOOST_TEST((carol.first == noon + 60s));
  BOOST_TEST((carol.second == noon + 48h));
}

BOOST_AUTO_TEST_CASE(may_have_entries_as_its_programs_wrote_them) {
  append({numbered(RevokedBy::ticket, to_hex(stolen), "stolen")});
  append({numbered(RevokedBy::subject, "carol@DEMO.TEST", "left")});
  append({numbered(RevokedBy::ticket, to_hex(ended), "completed")});
  serve_once();
  check_sound();
  const Store store = open();
  const auto view = store.view();
  BOOST_TEST(view.standing(RevokedBy::ticket, value_of(stolen))->entry.reason == "stolen");
  BOOST_TEST((view.standing(RevokedBy::ticket, value_of(stolen))->entry.issued_until ==
              Revocation::for_ever));
  BOOST_TEST((view.standing(RevokedBy::subject, "carol@DEMO.TEST")->entry.issued_until == noon));
  BOOST_TEST(view.standing(RevokedBy::completed, value_of(ended))->sequence == 3U);
  BOOST_TEST(!view.standing(RevokedBy::ticket, value_of(ended)).has_value());
}

BOOST_AUTO_TEST_CASE(has_no_entry_of_a_kind_that_came_later) {
  append({numbered(RevokedBy::realm, "DEMO.TEST", "")});
  check_refused<RecordDamaged>("in the table feed");
}

BOOST_AUTO_TEST_CASE(without_a_revocation_is_brought_up_to_date_too) {
  serve_once();
  BOOST_TEST(audit()[1].event == "store.migrated");
  check_sound();
}

// --- What is refused, and leaves it as it was ------------------------------------------------

BOOST_AUTO_TEST_CASE(is_left_alone_by_who_reads_and_by_a_command_beside_the_daemon) {
  fill();
  const Records before = records();
  for (const bool read_only : {false, true}) {
    Store::Options options = small_store(false);
    options.read_only = read_only;
    options.takes_over = read_only;  // who only reads takes nothing over
    BOOST_CHECK_EXCEPTION(
        Store(folder.store(), master(), options), StoreUnusable, [](const StoreUnusable& error) {
          return std::string_view(error.what())
                     .find("start `waybill-kdc serve`, which brings it") != std::string_view::npos;
        });
  }
  BOOST_CHECK_THROW(check_store(folder), StoreUnusable);
  BOOST_TEST((records() == before));
}

BOOST_AUTO_TEST_CASE(that_went_back_is_refused_before_it_is_changed) {
  in_the_file(
      [&](Env& env, const StoreTables&, const RecordGuard&) { env.copy_to(scratch / "old"); });
  serve_once();
  fs::remove_all(folder.store());
  fs::rename(scratch / "old", folder.store());
  const Records before = records();
  BOOST_CHECK_THROW(serve_once(), StoreWentBack);
  BOOST_TEST((records() == before));
}

BOOST_AUTO_TEST_CASE(with_a_byte_changed_in_any_table_that_is_read_is_refused) {
  fill();
  for (const char* name : {"feed", "revocations", "feed_ends"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto flip_it = [&](Env& env, const StoreTables& tables, const RecordGuard&) {
        for (const GuardedTable& table : tables.all()) {
          if (table.name == name) flip(table, env);
        }
      };
      in_the_file(flip_it);
      check_refused<RecordDamaged>(std::string("in the table ") + name);
      in_the_file(flip_it);  // back
    }
  }
  const auto flip_format = [&](Env& env, const StoreTables& tables, const RecordGuard&) {
    flip(tables.meta, env);  // "format" is the first
  };
  in_the_file(flip_format);
  check_refused<StoreUnusable>("the master key is not the one");
  in_the_file(flip_format);
  BOOST_TEST(migrated().view().feed_position().sequence == 5U);
}

BOOST_AUTO_TEST_CASE(with_a_row_gone_from_its_feed_is_refused) {
  fill();
  in_the_file([&](Env& env, const StoreTables& tables, const RecordGuard&) {
    WriteTxn txn(env);
    txn.erase(tables.feed.table, Key().number(2));
    std::move(txn).commit();
  });
  check_refused<RecordDamaged>("in the table feed");
}

// Found when all is written but not committed.
BOOST_AUTO_TEST_CASE(with_a_revocation_that_its_feed_does_not_know_is_refused) {
  fill();
  in_the_file([&](Env& env, const StoreTables& tables, const RecordGuard& guard) {
    const Revocation entry = by_name(RevokedBy::actor, "trigger/orders@DEMO.TEST", noon);
    WriteTxn txn(env);
    put(txn, tables.revocations, guard, Key().byte(3).text(entry.value), entry.encode());
    std::move(txn).commit();
  });
  check_refused<RecordDamaged>("in the table revocations");
}

BOOST_AUTO_TEST_CASE(is_whole_when_there_is_no_room_for_the_new_one) {
  fill_with_many();
  const Records before = records();
  const auto size = fs::file_size(folder.store() / "data.mdb");
  BOOST_CHECK_EXCEPTION(migrated(size + size / 8), StoreError,
                        [](const StoreError& error) { return error.is_full(); });
  BOOST_TEST((records() == before));
  serve_once();
  check_sound();
}

BOOST_AUTO_TEST_CASE(that_is_killed_on_its_way_is_the_old_one_or_the_new_one) {
  fill_with_many();
  const Records before = records();
  bool is_old = true;
  for (int milliseconds = 2; is_old; milliseconds += milliseconds / 2 + 1) {
    const pid_t child = ::fork();
    BOOST_TEST_REQUIRE(child >= 0);
    if (child == 0) {
      const Migrated store = migrated();
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    ::kill(child, SIGKILL);
    int status = 0;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    const Records after = records();
    is_old = !after.at("meta").contains(copy_of(bytes_of("migrated_from")));
    if (is_old) BOOST_TEST((after == before));
  }
  serve_once();
  check_sound();
  BOOST_TEST(open().view().feed_position().sequence == 20'000U);
}

// --- Backups ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(is_put_back_out_of_a_backup_and_brought_up_to_date) {
  fill();
  const fs::path backup = scratch / "backup";
  fs::create_directory(backup);
  fs::copy(folder.config(), backup);
  in_the_file([&](Env& env, const StoreTables&, const RecordGuard&) {
    env.copy_to(backup / "store");  // as the program of that time does
  });
  const Buffer bytes = read_file(backup / "store" / "data.mdb", std::size_t{1} << 30);
  serve_once();
  const Restored restored = restore(backup, folder);
  BOOST_TEST(restored.report.faults.empty());
  BOOST_TEST(restored.older.has_value());
  BOOST_TEST((read_file(backup / "store" / "data.mdb", std::size_t{1} << 30) == bytes));
  BOOST_TEST(migrated_from(open().view()).value() == 1U);
  serve_once(true);
  BOOST_TEST(audit()[1].event == "store.migrated");
  check_sound();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::store_migration_test
