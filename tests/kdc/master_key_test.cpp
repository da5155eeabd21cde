#include "kdc/master_key.h"

#include <boost/test/unit_test.hpp>

#include "kdc/high_water.h"
#include "kdc/store_check.h"
#include "kdc/store_keys.h"
#include "tests/kdc/made_realm.h"

namespace waybill::test::master_key_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

namespace {

struct Fixture : MadeRealm {
  fs::path next = folder.path / "master.key.next";

  Fixture() {
    Store store(folder.store(), master());
    Epochs epochs(store);
    Issuer issuer(store, epochs, clock);
    for (int burst = 0; burst < 3; ++burst) {  // more than are read at a time
      std::vector<Issuer::Pending> waiting;
      for (int i = 0; i < 400; ++i) {
        waiting.push_back(issuer.submit({{"test", std::nullopt, {}}, {}, std::nullopt}));
      }
    }
    issuer.record({"test", std::nullopt, {}});
    HighWater(folder.high_water(), store).raise(store.view());
  }
  Buffer read(const fs::path& file) const { return read_file(file, 1 << 12); }
  void replace(const fs::path& file, Bytes bytes, mode_t mode) const {
    write_file_atomic(file, bytes, mode);
  }
  /// The realm is whole, with its secrets, under the master.key that is there.
  void check_whole() const {
    const StoreReport report = check_store(folder);
    BOOST_TEST(report.faults.empty(), (report.faults.empty() ? "" : report.faults.front()));
    BOOST_TEST(!fs::exists(next));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_new_master_key, Fixture)

BOOST_AUTO_TEST_CASE(opens_all_that_the_old_one_did_and_the_old_one_nothing) {
  const Buffer old = read(folder.master_key());
  const std::uint64_t before = check_store(folder).audit_records;
  rotate_master_key(folder, {}, clock);
  check_whole();
  BOOST_TEST((read(folder.master_key()) != old));
  BOOST_TEST(check_store(folder).audit_records == before + 1);
  BOOST_CHECK_THROW(
      Store(folder.store(), MasterKey(Secret<32>::copy(std::span<const std::uint8_t, 32>(old)))),
      StoreUnusable);
}

BOOST_AUTO_TEST_CASE(is_forgotten_when_the_process_died_before_the_commit) {
  const Buffer old = read(folder.master_key());
  create_file(next, Secret<32>::random().expose(), 0400);
  finish_master_rotation(folder);
  check_whole();
  BOOST_TEST((read(folder.master_key()) == old));
}

BOOST_AUTO_TEST_CASE(is_taken_when_the_process_died_after_the_commit) {
  const Buffer old_key = read(folder.master_key());
  const Buffer old_mark = read(folder.high_water());
  rotate_master_key(folder, {}, clock);
  const Buffer key = read(folder.master_key());
  const Buffer mark = read(folder.high_water());
  // What lies there after each of the writes that follow the commit.
  for (const auto& [mark_then, key_then] :
       {std::pair{old_mark, old_key}, {mark, old_key}, {mark, key}}) {
    replace(next, key, 0400);
    replace(folder.high_water(), mark_then, 0600);
    replace(folder.master_key(), key_then, 0400);
    finish_master_rotation(folder);
    check_whole();
    BOOST_TEST((read(folder.master_key()) == key));
  }
}

BOOST_AUTO_TEST_CASE(is_not_given_to_a_store_that_is_damaged) {
  const Buffer old = read(folder.master_key());
  {
    Store store(folder.store(), master());
    WriteTxn txn(store.env());
    txn.put(store.tables().principals.table, Key().text("operator"), Buffer(64, 7));
    std::move(txn).commit();
  }
  BOOST_CHECK_THROW(rotate_master_key(folder, {}, clock), RecordDamaged);
  BOOST_TEST((read(folder.master_key()) == old));
  BOOST_TEST(!fs::exists(next));
}

BOOST_AUTO_TEST_CASE(is_not_given_to_a_store_that_went_back) {
  const Buffer old = read(folder.master_key());
  fs::remove(folder.high_water());
  BOOST_CHECK_THROW(rotate_master_key(folder, {}, clock), StoreUnusable);
  BOOST_TEST((read(folder.master_key()) == old));
  BOOST_TEST(!fs::exists(next));
}

BOOST_AUTO_TEST_CASE(is_not_made_while_the_folder_is_in_use) {
  const FolderLock served = lock_folder(folder.path);
  BOOST_CHECK_THROW(rotate_master_key(folder, {}, clock), FileError);
  BOOST_TEST(!fs::exists(next));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::master_key_test
