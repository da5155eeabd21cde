#include "worker/store.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"
#include "ticket/adapters/files.h"
#include "worker/expiring_table.h"

namespace waybill::test::store_test {
namespace {

using worker::ExpiringTable;
using worker::Store;

Buffer key_of(std::string_view text) { return copy_of(bytes_of(text)); }

// What somebody with access to the disk, but not to the key, may do.
void tamper(Store& store, const char* table, Bytes key, Bytes value) {
  const Table raw = store.env().open_table(table);
  store.writer().run([&](WriteTxn& txn) { txn.put(raw, key, value); });
}

Buffer raw_record(Store& store, const char* table, Bytes key) {
  const Table raw = store.env().open_table(table);
  const ReadTxn txn(store.env());
  return copy_of(txn.get(raw, key).value());
}

template <class Action>
std::string failure(Action action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_workers_store)

BOOST_AUTO_TEST_CASE(is_private_and_opens_again) {
  const Scratch scratch;
  const auto folder = scratch / "worker";
  { const Store store(folder, quick_store()); }
  struct stat info {};
  BOOST_TEST(::stat((folder / "store.key").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0600U);
  BOOST_TEST(::stat(folder.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0700U);
  BOOST_TEST(failure([&] { const Store again(folder, quick_store()); }) == "");
}

BOOST_AUTO_TEST_CASE(is_not_opened_without_its_key_or_with_another) {
  const Scratch scratch;
  const auto folder = scratch / "worker";
  { const Store store(folder, quick_store()); }
  const auto key = folder / "store.key";
  std::filesystem::rename(key, scratch / "elsewhere");
  const auto missing = failure([&] { const Store again(folder, quick_store()); });
  BOOST_TEST(missing.find("is missing") != std::string::npos, missing);
  BOOST_TEST(!std::filesystem::exists(key));
  create_file(key, Secret<32>::random().expose(), 0600);
  const auto other = failure([&] { const Store again(folder, quick_store()); });
  BOOST_TEST(other.find("was not made with") != std::string::npos, other);
  std::filesystem::remove(key);
  create_file(key, bytes_of("short"), 0600);
  const auto damaged = failure([&] { const Store again(folder, quick_store()); });
  BOOST_TEST(damaged.find("32 bytes") != std::string::npos, damaged);
  std::filesystem::rename(scratch / "elsewhere", key);
  BOOST_TEST(failure([&] { const Store again(folder, quick_store()); }) == "");
}

BOOST_AUTO_TEST_CASE(is_not_opened_with_a_key_that_others_can_read) {
  const Scratch scratch;
  const auto folder = scratch / "worker";
  { const Store store(folder, quick_store()); }
  ::chmod((folder / "store.key").c_str(), 0644);
  const auto why = failure([&] { const Store again(folder, quick_store()); });
  BOOST_TEST(why.find("chmod 600") != std::string::npos, why);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_record_that_ends)

BOOST_AUTO_TEST_CASE(is_read_back_and_replaced) {
  const Scratch scratch;
  Store store(scratch / "worker", quick_store());
  const ExpiringTable table(store.env(), store.guard(), "things");
  store.writer().run([&](WriteTxn& txn) {
    table.put(txn, key_of("a"), {noon, key_of("one")});
    table.put(txn, key_of("a"), {noon + 5s, key_of("two")});
    BOOST_TEST(table.sweep(txn, noon + 4s, 10) == 0U);  // not by the time that was replaced
  });
  const ReadTxn txn(store.env());
  const auto row = table.get(txn, key_of("a"));
  BOOST_TEST_REQUIRE(row.has_value());
  BOOST_TEST((row->until == noon + 5s));
  BOOST_TEST(text_of(row->value) == "two");
  BOOST_TEST(!table.has(txn, key_of("b")));
}

BOOST_AUTO_TEST_CASE(is_swept_in_the_second_in_which_it_ends_oldest_first) {
  const Scratch scratch;
  Store store(scratch / "worker", quick_store());
  const ExpiringTable table(store.env(), store.guard(), "things");
  store.writer().run([&](WriteTxn& txn) {
    table.put(txn, key_of("late"), {noon + 9s, {}});
    table.put(txn, key_of("soon"), {noon + 1s, {}});
    table.put(txn, key_of("soon too"), {noon + 1s, {}});
    BOOST_TEST(table.sweep(txn, noon, 10) == 0U);
    BOOST_TEST(table.sweep(txn, noon + 1s, 1) == 1U);
    BOOST_TEST(!table.has(txn, key_of("soon")));
    BOOST_TEST(table.sweep(txn, noon + 8s, 10) == 1U);
    BOOST_TEST(table.count(txn) == 1U);
  });
}

BOOST_AUTO_TEST_CASE(is_not_believed_when_the_disk_was_changed) {
  const Scratch scratch;
  Store store(scratch / "worker", quick_store());
  const ExpiringTable table(store.env(), store.guard(), "things");
  store.writer().run([&](WriteTxn& txn) {
    table.put(txn, key_of("a"), {noon, key_of("one")});
    table.put(txn, key_of("b"), {noon, key_of("two")});
  });
  const auto read = [&](const char* key) {
    const ReadTxn txn(store.env());
    table.get(txn, key_of(key));
  };
  tamper(store, "things", key_of("a"), raw_record(store, "things", key_of("b")));
  BOOST_CHECK_THROW(read("a"), StoreError);
  Buffer flipped = raw_record(store, "things", key_of("b"));
  flipped.front() ^= 1;
  tamper(store, "things", key_of("b"), flipped);
  BOOST_CHECK_THROW(read("b"), StoreError);
  tamper(store, "things", key_of("b"), {});
  BOOST_CHECK_THROW(read("b"), StoreError);
}

BOOST_AUTO_TEST_CASE(is_not_swept_because_its_place_in_time_was_changed) {
  Desk desk;
  BOOST_TEST(desk.judge(desk.job()) == accepted);
  const Table raw = desk.store.env().open_table("uses_by_end");
  desk.store.writer().run([&](WriteTxn& txn) {
    Buffer key = copy_of(Cursor(txn, raw).first()->key);
    txn.clear(raw);
    std::fill_n(key.begin(), 8, std::uint8_t{0});  // the year 1970
    txn.put(raw, key, {});
  });
  BOOST_TEST(desk.uses.sweep(noon + 1h, 100) == 0U);
  BOOST_TEST(desk.uses.count() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::store_test
