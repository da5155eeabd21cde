#include "kdc/backup.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "kdc/high_water.h"
#include "kdc/store_keys.h"
#include "tests/kdc/made_realm.h"

namespace waybill::test::backup_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

namespace {

struct Fixture : MadeRealm {
  fs::path backup = scratch / "backup";

  /// Something more happens, and the mark is raised, as by a daemon.
  std::uint64_t go_on() {
    Store store(folder.store(), master());
    Epochs epochs(store);
    Issuer(store, epochs, clock).record({"test", std::nullopt, {}});
    HighWater(folder.high_water(), store).raise(store.view());
    return Audit::position(store.view()).sequence;
  }
  std::uint64_t position() const {
    const Store store(folder.store(), master());
    return Audit::position(store.view()).sequence;
  }
  std::vector<std::string> names(const fs::path& in) const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(in)) out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
  }
};

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  BOOST_REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_backup, Fixture)

BOOST_AUTO_TEST_CASE(is_a_closed_folder_without_any_key) {
  const Backup made = back_up(folder, backup);
  BOOST_TEST(made.audit_records == position());
  BOOST_TEST((names(backup) == std::vector<std::string>{"kdc.toml", "realm.toml", "store"}));
  BOOST_TEST(mode_of(backup) == 0700U);
  BOOST_TEST(mode_of(backup / "store") == 0700U);
  BOOST_TEST(mode_of(backup / "store" / "data.mdb") == 0600U);
  BOOST_TEST(mode_of(backup / "kdc.toml") == 0600U);
  BOOST_TEST((names(scratch.path()) == std::vector<std::string>{"backup", "kdc"}));
}

BOOST_AUTO_TEST_CASE(is_never_written_over) {
  back_up(folder, backup);
  const std::uint64_t before = position();
  go_on();
  BOOST_CHECK_THROW(back_up(folder, backup), BackupRefused);
  fs::create_directory(scratch / "empty");
  BOOST_CHECK_THROW(back_up(folder, scratch / "empty"), BackupRefused);
  fs::remove_all(folder.store());
  BOOST_TEST(restore(backup, folder).report.audit_records == before);
}

BOOST_AUTO_TEST_CASE(is_put_back_beside_what_was_there) {
  back_up(folder, backup);
  const std::uint64_t before = position();
  const std::uint64_t newer = go_on();
  const Restored restored = restore(backup, folder);
  BOOST_TEST(restored.report.faults.empty());
  BOOST_REQUIRE(restored.older.has_value());
  BOOST_TEST(restored.older->find("older backup") != std::string::npos);
  BOOST_TEST(position() == before);
  const Store old(*restored.replaced, master());
  BOOST_TEST(Audit::position(old.view()).sequence == newer);
  BOOST_CHECK_THROW(restore(backup, folder), BackupRefused);  // would lose that one
}

BOOST_AUTO_TEST_CASE(is_older_than_a_store_that_was_ahead_of_the_mark) {
  back_up(folder, backup);
  const Buffer mark = read_file(folder.high_water(), 256);
  go_on();
  write_file_atomic(folder.high_water(), mark, 0600);  // the daemon was killed before it raised it
  BOOST_TEST(restore(backup, folder).older.has_value());
  BOOST_TEST((read_file(folder.high_water(), 256) != mark));
}

BOOST_AUTO_TEST_CASE(takes_the_place_of_a_store_that_is_beyond_reading) {
  back_up(folder, backup);
  write_file_atomic(folder.store() / "data.mdb", Buffer(100'000, 7), 0600);
  BOOST_TEST(!restore(backup, folder).older.has_value());
  BOOST_TEST(check_store(folder).faults.empty());
}

BOOST_AUTO_TEST_CASE(tells_how_far_it_is) {
  std::vector<std::string> stages;
  const Tell tell = [&](const Stage& stage) {
    stages.push_back(stage.what);
    if (stage.total > 0) BOOST_TEST(stage.done() == 0U);  // nothing is there yet
  };
  back_up(folder, backup, tell);
  restore(backup, folder, tell);
  BOOST_TEST((stages == std::vector<std::string>{"copying the store", "copying the store",
                                                 "checking the backup"}));
}

BOOST_AUTO_TEST_CASE(of_the_newest_state_needs_no_word) {
  go_on();
  back_up(folder, backup);
  BOOST_TEST(!restore(backup, folder).older.has_value());
}

BOOST_AUTO_TEST_CASE(makes_a_realm_on_a_new_machine_that_has_the_master_key) {
  back_up(folder, backup);
  const Folder there{scratch / "there"};
  BOOST_CHECK_THROW(restore(backup, there), BackupRefused);
  create_file(there.master_key(), read_secret_file(folder.master_key()).expose(), 0400);
  const Restored restored = restore(backup, there);
  BOOST_TEST(restored.report.faults.empty());
  BOOST_TEST(restored.older.has_value());  // there is no mark
  BOOST_TEST(!restored.replaced.has_value());
  BOOST_TEST(mode_of(there.config()) == 0600U);
  BOOST_TEST(mode_of(there.realm_file()) == 0644U);
  BOOST_TEST(check_store(there).faults.size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_not_put_back_while_the_folder_is_in_use) {
  back_up(folder, backup);
  const FolderLock served = lock_folder(folder.path);
  BOOST_CHECK_THROW(restore(backup, folder), FileError);
}

BOOST_AUTO_TEST_CASE(is_not_put_back_under_another_master_key) {
  back_up(folder, backup);
  fs::remove(folder.master_key());
  create_file(folder.master_key(), Secret<32>::random().expose(), 0400);
  BOOST_CHECK_THROW(restore(backup, folder), StoreUnusable);
  BOOST_TEST((names(folder.path) == std::vector<std::string>{"high-water", "kdc.toml", "master.key",
                                                             "operator.keytab", "realm.toml",
                                                             "root.key", "store"}));
}

BOOST_AUTO_TEST_CASE(that_was_changed_is_not_put_back) {
  back_up(folder, backup);
  {
    Store changed(backup / "store", master());
    WriteTxn txn(changed.env());
    const Buffer forged(64, 7);
    txn.put(changed.tables().principals.table, Key().text("operator"), forged);
    std::move(txn).commit();
  }
  const std::uint64_t before = go_on();
  BOOST_TEST(!restore(backup, folder).report.faults.empty());
  BOOST_TEST(position() == before);
}

BOOST_AUTO_TEST_CASE(is_found_where_one_is) {
  BOOST_CHECK_THROW(restore(scratch / "nothing", folder), BackupRefused);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::backup_test
