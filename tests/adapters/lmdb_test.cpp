#include "ticket/adapters/lmdb.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"

namespace waybill::test::lmdb_test {

using waybill::test::Scratch;

namespace {

std::string string_of(Bytes bytes) { return std::string(text_of(bytes)); }

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  BOOST_REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

struct Fixture {
  Scratch scratch;
  Env env{scratch / "store", {.map_bytes = std::size_t{64} << 20}};
  Table table = env.open_table("letters");

  void fill(const std::vector<std::string>& keys) {
    WriteTxn txn(env);
    for (const auto& key : keys) txn.put(table, bytes_of(key), bytes_of("value of " + key));
    std::move(txn).commit();
  }
  std::string keys() {
    std::string all;
    visit_from(ReadTxn(env), table, {}, [&](const Cursor::Entry& entry) {
      all += string_of(entry.key) + " ";
      return true;
    });
    return all;
  }
};

int code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const StoreError& error) {
    return error.code();
  }
  return 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_store, Fixture)

BOOST_AUTO_TEST_CASE(appends_what_comes_after_all_that_is_there_and_nothing_else) {
  fill({"b"});
  WriteTxn txn(env);
  txn.append(table, bytes_of("c"), bytes_of("1"));
  for (const char* key : {"a", "b", "c"}) {
    BOOST_CHECK_THROW(txn.append(table, bytes_of(key), bytes_of("2")), StoreError);
  }
  txn.append(table, bytes_of("d"), bytes_of("3"));
  std::move(txn).commit();
  BOOST_TEST(keys() == "b c d ");
}

BOOST_AUTO_TEST_CASE(is_closed_to_other_users) {
  BOOST_TEST(mode_of(scratch / "store") == 0700U);
  BOOST_TEST(mode_of(scratch / "store/data.mdb") == 0600U);
  BOOST_TEST(mode_of(scratch / "store/lock.mdb") == 0600U);
}

BOOST_AUTO_TEST_CASE(refuses_to_be_opened_twice_in_one_process) {
  BOOST_TEST(code_of([&] { Env again(scratch / "store"); }) == EBUSY);
  std::filesystem::create_directory_symlink(scratch / "store", scratch / "alias");
  BOOST_TEST(code_of([&] { Env again(scratch / "alias/."); }) == EBUSY);
  fill({"a"});
  BOOST_TEST(keys() == "a ");
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_that_is_open_to_others_or_none) {
  const auto open = scratch / "open";
  std::filesystem::create_directory(open);
  BOOST_REQUIRE(::chmod(open.c_str(), 0750) == 0);
  BOOST_TEST(code_of([&] { Env env2(open); }) == EPERM);
  std::filesystem::create_directory_symlink(scratch / "store", scratch / "link");
  BOOST_TEST(code_of([&] { Env env2(scratch / "link"); }) == ENOTDIR);
  BOOST_TEST(code_of([&] { Env env2(scratch / "no/such"); }) == ENOENT);
}

BOOST_AUTO_TEST_CASE(keeps_what_was_committed_and_nothing_else) {
  fill({"a"});
  {
    WriteTxn txn(env);
    txn.put(table, bytes_of("b"), bytes_of("lost"));
    BOOST_TEST(txn.has(table, bytes_of("b")));
  }
  ReadTxn txn(env);
  BOOST_TEST(string_of(txn.get(table, bytes_of("a")).value()) == "value of a");
  BOOST_TEST(!txn.get(table, bytes_of("b")).has_value());
  BOOST_TEST(txn.count(table) == 1U);
}

BOOST_AUTO_TEST_CASE(shows_a_reader_the_state_at_its_beginning) {
  fill({"a"});
  ReadTxn before(env);
  fill({"b"});
  BOOST_TEST(before.count(table) == 1U);
  BOOST_TEST(ReadTxn(env).count(table) == 2U);
}

BOOST_AUTO_TEST_CASE(takes_back_a_nested_transaction_alone) {
  WriteTxn txn(env);
  txn.put(table, bytes_of("a"), bytes_of("1"));
  {
    WriteTxn good = WriteTxn::inside(txn);
    good.put(table, bytes_of("b"), bytes_of("2"));
    std::move(good).commit();
  }
  {
    WriteTxn bad = WriteTxn::inside(txn);
    bad.put(table, bytes_of("c"), bytes_of("3"));
    bad.erase(table, bytes_of("a"));
  }
  std::move(txn).commit();
  BOOST_TEST(keys() == "a b ");
}

BOOST_AUTO_TEST_CASE(says_whether_a_key_was_new_or_there) {
  WriteTxn txn(env);
  BOOST_TEST(txn.put_new(table, bytes_of("a"), bytes_of("1")));
  BOOST_TEST(!txn.put_new(table, bytes_of("a"), bytes_of("2")));
  BOOST_TEST(string_of(txn.get(table, bytes_of("a")).value()) == "1");
  BOOST_TEST(txn.erase(table, bytes_of("a")));
  BOOST_TEST(!txn.erase(table, bytes_of("a")));
}

BOOST_AUTO_TEST_CASE(keeps_an_empty_value_apart_from_none) {
  WriteTxn txn(env);
  txn.put(table, bytes_of("empty"), {});
  const auto found = txn.get(table, bytes_of("empty"));
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->empty());
}

BOOST_AUTO_TEST_CASE(refuses_keys_of_a_wrong_size) {
  WriteTxn txn(env);
  const std::string longest(511, 'k');
  const std::string longer(512, 'k');
  txn.put(table, bytes_of(longest), bytes_of("v"));
  BOOST_TEST(code_of([&] { txn.put(table, bytes_of(longer), bytes_of("v")); }) < -30000);
  BOOST_TEST(code_of([&] { txn.put(table, {}, bytes_of("v")); }) < -30000);
  BOOST_TEST(code_of([&] { (void)txn.get(table, {}); }) < -30000);
}

BOOST_AUTO_TEST_CASE(finds_neighbours_in_both_directions) {
  fill({"b", "d", "f"});
  const ReadTxn txn(env);
  Cursor cursor(txn, table);
  const auto key = [](const std::optional<Cursor::Entry>& entry) {
    return entry ? string_of(entry->key) : "none";
  };
  BOOST_TEST(key(cursor.at_or_after(bytes_of("c"))) == "d");
  BOOST_TEST(key(cursor.next()) == "f");
  BOOST_TEST(key(cursor.next()) == "none");
  BOOST_TEST(key(cursor.at_or_after(bytes_of("g"))) == "none");
  BOOST_TEST(key(cursor.at_or_before(bytes_of("d"))) == "d");
  BOOST_TEST(key(cursor.at_or_before(bytes_of("e"))) == "d");
  BOOST_TEST(key(cursor.at_or_before(bytes_of("z"))) == "f");
  BOOST_TEST(key(cursor.previous()) == "d");
  BOOST_TEST(key(cursor.at_or_before(bytes_of("a"))) == "none");
  BOOST_TEST(key(cursor.first()) == "b");
  BOOST_TEST(key(cursor.last()) == "f");
}

BOOST_AUTO_TEST_CASE(scans_a_prefix_and_stops_at_its_end) {
  fill({"a", "ab", "ab1", "ab2", "ac", "\xff\xff", "\xff\xff\x01"});
  const auto scan = [&](std::string_view prefix) {
    std::string all;
    visit_prefix(ReadTxn(env), table, bytes_of(prefix), [&](const Cursor::Entry& entry) {
      all += string_of(entry.value) + ";";
      return all.size() < 40;
    });
    return all;
  };
  BOOST_TEST(scan("ab") == "value of ab;value of ab1;value of ab2;");
  BOOST_TEST(scan("b") == "");
  BOOST_TEST(scan("\xff\xff") == "value of \xff\xff;value of \xff\xff\x01;");
  BOOST_TEST(scan("") == "value of a;value of ab;value of ab1;value of ab2;");
}

BOOST_AUTO_TEST_CASE(scans_backwards_from_a_key) {
  fill({"a", "b", "c", "d"});
  std::string all;
  visit_back_from(ReadTxn(env), table, bytes_of("bz"), [&](const Cursor::Entry& entry) {
    all += string_of(entry.key);
    return true;
  });
  BOOST_TEST(all == "ba");
}

BOOST_AUTO_TEST_CASE(erases_the_oldest_first_and_no_more_than_asked) {
  fill({"1", "2", "3", "4"});
  WriteTxn txn(env);
  BOOST_TEST(txn.erase_below(table, bytes_of("4"), 2) == 2U);
  BOOST_TEST(txn.erase_below(table, bytes_of("4"), 9) == 1U);
  BOOST_TEST(txn.erase_below(table, bytes_of("4"), 9) == 0U);
  std::move(txn).commit();
  BOOST_TEST(keys() == "4 ");
}

BOOST_AUTO_TEST_CASE(can_be_copied_while_it_is_used) {
  fill({"a", "b"});
  const ReadTxn reader(env);
  env.copy_to(scratch / "copy");
  fill({"c"});
  BOOST_TEST(mode_of(scratch / "copy/data.mdb") == 0600U);
  BOOST_TEST(code_of([&] { env.copy_to(scratch / "copy"); }) == EEXIST);
  Env copy(scratch / "copy", {.map_bytes = std::size_t{64} << 20, .read_only = true});
  const Table copied = copy.open_table("letters");
  BOOST_TEST(ReadTxn(copy).count(copied) == 2U);
  BOOST_TEST(code_of([&] { WriteTxn txn(copy); }) == EACCES);
  BOOST_TEST(code_of([&] { copy.open_table("missing"); }) < -30000);
}

BOOST_AUTO_TEST_CASE(says_that_it_is_full_and_goes_on) {
  Env small(scratch / "small", {.map_bytes = 256 * 1024});
  const Table few = small.open_table("few");
  const std::string large(300 * 1024, 'x');
  try {
    WriteTxn txn(small);
    txn.put(few, bytes_of("large"), bytes_of(large));
    BOOST_ERROR("a value larger than the map was stored");
  } catch (const StoreError& error) {
    BOOST_TEST(error.is_full());
  }
  WriteTxn txn(small);
  txn.put(few, bytes_of("little"), bytes_of("x"));
  std::move(txn).commit();
  BOOST_TEST(ReadTxn(small).count(few) == 1U);
}

BOOST_AUTO_TEST_CASE(takes_address_space_but_no_disk_for_its_limit) {
  Env large(scratch / "large");
  BOOST_TEST(large.usage().map_bytes == std::uint64_t{64} << 30);
  BOOST_TEST(std::filesystem::file_size(scratch / "large/data.mdb") < 1024U * 1024U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::lmdb_test
