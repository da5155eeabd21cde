#include "kdc/init.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "kdc/high_water.h"
#include "kdc/store_check.h"
#include "kdc/store_keys.h"
#include "tests/kdc/test_kdc.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/realm_file.h"

namespace waybill::test::init_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

namespace {

struct Fixture {
  Scratch scratch;
  ManualClock clock;
  InitPlan plan{{scratch / "kdc"}, *Realm::parse("DEMO.TEST"), {"127.0.0.1", 8088}};
  const Folder& folder = plan.folder;

  MasterKey master() { return MasterKey(read_key_file(folder.master_key())); }
};

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  BOOST_REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(making_a_realm, Fixture)

BOOST_AUTO_TEST_CASE(makes_each_file_with_the_right_mode) {
  init_realm(plan, clock);
  BOOST_TEST(mode_of(folder.path) == 0700U);
  BOOST_TEST(mode_of(folder.store()) == 0700U);
  BOOST_TEST(mode_of(folder.root_key()) == 0400U);
  BOOST_TEST(mode_of(folder.master_key()) == 0400U);
  BOOST_TEST(mode_of(folder.operator_keytab()) == 0600U);
  BOOST_TEST(mode_of(folder.config()) == 0600U);
  BOOST_TEST(mode_of(folder.realm_file()) == 0644U);
}

BOOST_AUTO_TEST_CASE(makes_an_operator_whose_keytab_has_the_registered_key) {
  init_realm(plan, clock);
  const SecretBytes file = read_secret_file(folder.operator_keytab());
  const auto keytab = Keytab::decode(file.expose());
  BOOST_REQUIRE(outcome(keytab) == accepted);
  BOOST_TEST(keytab->principal().text() == "operator@DEMO.TEST");
  const Store store(folder.store(), master());
  const auto record = store.view().principal("operator");
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->has_role("operator"));
  BOOST_TEST((record->newest().key == keytab->newest().key.public_key()));
  BOOST_TEST((record->newest().kvno == keytab->newest().kvno));
}

BOOST_AUTO_TEST_CASE(makes_a_realm_file_that_pins_the_key_which_signed_the_realm_document) {
  init_realm(plan, clock);
  const RealmFile file = RealmFile::load(folder.realm_file());
  BOOST_TEST(file.realm.text() == "DEMO.TEST");
  BOOST_TEST(file.kdcs == std::vector<std::string>{"http://127.0.0.1:8088"});
  const Store store(folder.store(), master());
  const Epochs epochs(store);
  BOOST_TEST(outcome(RealmDocument::parse(epochs.signed_document(), file.realm, file.root)) ==
             accepted);
  BOOST_TEST((RootKey::from_seed(read_key_file(folder.root_key())).public_key() == file.root));
}

BOOST_AUTO_TEST_CASE(makes_settings_that_serve_can_read) {
  plan.listen = {"::1", 9000};
  init_realm(plan, clock);
  BOOST_TEST(Config::load(folder.config()).listen.text() == "[::1]:9000");
}

BOOST_AUTO_TEST_CASE(leaves_a_store_that_is_sound) {
  init_realm(plan, clock);
  const StoreReport report = check_store(folder);
  BOOST_TEST(report.faults.empty());
  BOOST_TEST(report.audit_records == 1U);
  BOOST_TEST(report.records.records > 8U);
}

BOOST_AUTO_TEST_CASE(never_touches_a_realm_that_is_there) {
  init_realm(plan, clock);
  const Secret<32> before = read_key_file(folder.root_key());
  BOOST_CHECK_THROW(init_realm(plan, clock), FileError);
  BOOST_TEST((read_key_file(folder.root_key()) == before));
  BOOST_TEST(check_store(folder).faults.empty());
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_with_any_of_its_files) {
  for (const char* name : {"root.key", "master.key", "store", "operator.keytab", "realm.toml",
                           "kdc.toml", "high-water", "feed"}) {
    const Scratch other;
    const InitPlan again{{other / "kdc"}, plan.realm, plan.listen};
    make_private_folder(again.folder.path);
    create_file(again.folder.path / name, bytes_of("mine"), 0600);
    BOOST_CHECK_THROW(init_realm(again, clock), FileError);
    BOOST_TEST(text_of(read_file(again.folder.path / name, 100)) == "mine");
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(again.folder.path))
      files += entry.exists() ? 1U : 0U;
    BOOST_TEST(files == 1U);
  }
}

BOOST_AUTO_TEST_CASE(takes_back_what_it_made_when_it_fails) {
  clock.set(Time{Seconds{-5}});  // no time that can be written down
  BOOST_CHECK_THROW(init_realm(plan, clock), std::exception);
  BOOST_TEST(fs::is_empty(folder.path));
}

BOOST_AUTO_TEST_CASE(wants_to_know_where_clients_reach_a_kdc_that_listens_everywhere) {
  plan.listen = {"0.0.0.0", 8088};
  BOOST_CHECK_THROW(init_realm(plan, clock), ConfigError);
  BOOST_TEST(!fs::exists(folder.path));
  plan.url = "http://kdc.example.org:8088";
  init_realm(plan, clock);
  BOOST_TEST(RealmFile::load(folder.realm_file()).kdcs.front() == plan.url);
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_that_is_open_to_others) {
  fs::create_directory(folder.path);
  fs::permissions(folder.path, fs::perms(0755));
  BOOST_CHECK_THROW(init_realm(plan, clock), FileError);
  BOOST_TEST(fs::is_empty(folder.path));
}

BOOST_AUTO_TEST_CASE(refuses_a_key_file_that_is_open_to_others_or_of_another_size) {
  init_realm(plan, clock);
  fs::permissions(folder.master_key(), fs::perms(0440));
  BOOST_CHECK_THROW(read_key_file(folder.master_key()), FileError);
  create_file(scratch / "short.key", Buffer(31), 0400);
  BOOST_CHECK_THROW(read_key_file(scratch / "short.key"), FileError);
  create_file(scratch / "long.key", Buffer(33), 0400);
  BOOST_CHECK_THROW(read_key_file(scratch / "long.key"), FileError);
  BOOST_CHECK_THROW(read_key_file(scratch / "none.key"), FileError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(checking_a_store, Fixture)

BOOST_AUTO_TEST_CASE(names_a_record_that_was_changed) {
  init_realm(plan, clock);
  {
    Store store(folder.store(), master());
    WriteTxn txn(store.env());
    txn.put(store.tables().principals.table, bytes_of("operator"), bytes_of("somebody else"));
    std::move(txn).commit();
  }
  const auto faults = check_store(folder).faults;
  BOOST_REQUIRE(faults.size() == 1U);
  BOOST_TEST(faults[0].find("principals operator") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(finds_an_audit_record_that_was_taken_out_with_its_checkpoint_left) {
  init_realm(plan, clock);
  {
    Store store(folder.store(), master());
    WriteTxn txn(store.env());
    txn.clear(store.tables().audit.table);
    std::move(txn).commit();
  }
  const auto faults = check_store(folder).faults;
  BOOST_REQUIRE(faults.size() == 3U);
  BOOST_TEST(faults[0].find("record 1 and all after it were cut off") != std::string::npos);
  BOOST_TEST(faults[1].starts_with("the index of the audit chain has rows that belong to no"));
}

BOOST_AUTO_TEST_CASE(finds_a_revocation_that_was_taken_out) {
  init_realm(plan, clock);
  const auto write = [&](const std::function<void(Store&, WriteTxn&)>& change) {
    Store store(folder.store(), master());
    WriteTxn txn(store.env());
    change(store, txn);
    std::move(txn).commit();
  };
  const Key in_force = Key().byte(2).text("carol@DEMO.TEST");
  write([&](Store& store, WriteTxn& txn) {
    StoreChange change(store, txn);
    for (const char* name : {"carol@DEMO.TEST", "dave@DEMO.TEST"}) {
      change.revoke({RevokedBy::subject, name, noon, noon, noon + 24h, ""});
    }
  });
  BOOST_TEST(check_store(folder).faults.empty());
  write([&](Store& store, WriteTxn& txn) {
    BOOST_TEST(txn.erase(store.tables().revocations.table, in_force));
  });
  auto faults = check_store(folder).faults;
  BOOST_REQUIRE(faults.size() == 1U);
  BOOST_TEST(faults[0] == "revocation 1 is in the feed and not in force");
  write([&](Store& store, WriteTxn& txn) {
    BOOST_TEST(txn.erase(store.tables().feed.table, Key().number(1)));
  });
  faults = check_store(folder).faults;
  BOOST_REQUIRE(faults.size() == 1U);
  BOOST_TEST(faults[0] == "revocation 1 is missing from the feed");
}

BOOST_AUTO_TEST_CASE(follows_the_feed_from_its_base) {
  init_realm(plan, clock);
  const auto write = [&](const std::function<void(StoreChange&, WriteTxn&)>& effects) {
    Store store(folder.store(), master());
    WriteTxn txn(store.env());
    StoreChange change(store, txn);
    effects(change, txn);
    std::move(txn).commit();
  };
  const auto fault = [&] {
    const auto faults = check_store(folder).faults;
    return faults.empty() ? "" : faults.front();
  };
  write([&](StoreChange& change, WriteTxn&) {
    for (int i = 0; i < 16'700; ++i) {
      change.revoke({RevokedBy::workflow, "w-" + std::to_string(i), noon, Revocation::for_ever,
                     noon + (i == 7 ? 240h : 1h), ""});
    }
  });
  write([&](StoreChange& change, WriteTxn&) {
    change.compact_feed(noon + 2h, 100);
    BOOST_TEST(change.feed_base().position.sequence == 16'640U);
    BOOST_TEST(change.feed_position().sequence == 16'701U);
    change.sweep(noon - 24h, 100'000);
  });
  BOOST_TEST(fault().empty());

  const Key carried = Key().number(16'701);
  Buffer kept;
  write([&](StoreChange& change, WriteTxn& txn) {
    kept = copy_of(txn.get(change.store().tables().feed.table, carried).value());
    txn.erase(change.store().tables().feed.table, carried);
  });
  BOOST_TEST(fault() == "revocation 16701 is in force and not in the feed for those who begin now");
  write([&](StoreChange& change, WriteTxn& txn) {
    txn.put(change.store().tables().feed.table, carried, kept);
    txn.erase(change.store().tables().feed.table, Key().number(16'500));
  });
  BOOST_TEST(fault() == "revocation 16500 is missing from the feed");
  write([&](StoreChange& change, WriteTxn& txn) {
    txn.erase_below(change.store().tables().feed.table, Key().number(16'641), 1'000);
  });
  BOOST_TEST(fault() == "the feed has no base");
}

BOOST_AUTO_TEST_CASE(says_that_there_is_no_realm) {
  BOOST_CHECK_THROW(check_store(folder), FileError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_high_water_mark, Fixture)

BOOST_AUTO_TEST_CASE(notices_a_store_that_was_put_back_from_a_backup) {
  init_realm(plan, clock);
  const fs::path backup = scratch / "backup";
  {
    Store store(folder.store(), master());
    store.env().copy_to(backup);
    Epochs epochs(store);
    Issuer issuer(store, epochs, clock);
    issuer.record({"event", std::nullopt, {}});
    HighWater mark(folder.high_water(), store);
    BOOST_TEST(!mark.fault(store.view()).has_value());  // ahead of the mark is well
    mark.raise(store.view());
    BOOST_TEST(!mark.fault(store.view()).has_value());
  }
  fs::remove_all(folder.store());
  fs::rename(backup, folder.store());
  const Store store(folder.store(), master());
  const auto fault = HighWater(folder.high_water(), store).fault(store.view());
  BOOST_REQUIRE(fault.has_value());
  BOOST_TEST(fault->find("put back from an older backup") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(notices_a_store_that_went_back_and_then_on_another_way) {
  init_realm(plan, clock);
  const fs::path backup = scratch / "backup";
  const auto go_on = [&](const char* event) {
    Store store(folder.store(), master());
    Epochs epochs(store);
    Issuer issuer(store, epochs, clock);
    issuer.record({event, std::nullopt, {}});
    return HighWater(folder.high_water(), store).fault(store.view());
  };
  {
    Store store(folder.store(), master());
    store.env().copy_to(backup);
  }
  BOOST_TEST(!go_on("one").has_value());
  {
    const Store store(folder.store(), master());
    HighWater(folder.high_water(), store).raise(store.view());
  }
  fs::remove_all(folder.store());
  fs::rename(backup, folder.store());
  const auto fault = go_on("another");
  BOOST_REQUIRE(fault.has_value());
  BOOST_TEST(fault->find("is not the one that this KDC wrote") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_believed_only_when_this_kdc_wrote_it) {
  init_realm(plan, clock);
  const Store store(folder.store(), master());
  const HighWater mark(folder.high_water(), store);
  const Buffer good = read_file(folder.high_water(), 1000);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Buffer bad = good;
    bad[i] ^= 1U;
    write_file_atomic(folder.high_water(), bad, 0600);
    BOOST_TEST(mark.fault(store.view()).has_value());
  }
  fs::remove(folder.high_water());
  BOOST_TEST(mark.fault(store.view()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::init_test
