#include "trigger/folder.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "tests/support/manual_clock.h"
#include "trigger/answers.h"

namespace waybill::test::folder_test {
namespace {

using trigger::Folder;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  BOOST_TEST_REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

std::string said_by(const std::function<void()>& wrong) {
  try {
    wrong();
  } catch (const FileError& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_triggers_folder)

BOOST_AUTO_TEST_CASE(is_made_closed_and_keeps_its_key) {
  const Scratch scratch;
  MasterKey first = MasterKey::random();
  {
    const Folder folder(scratch / "trigger");
    first = folder.store_key();
    BOOST_TEST(mode_of(scratch / "trigger") == 0700U);
    BOOST_TEST(mode_of(scratch / "trigger" / "store.key") == 0400U);
  }
  BOOST_TEST((Folder(scratch / "trigger").store_key() == first));
}

BOOST_AUTO_TEST_CASE(is_held_by_one_process) {
  const Scratch scratch;
  const Folder held(scratch / "trigger");
  BOOST_CHECK_THROW(Folder(scratch / "trigger"), FileError);
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_open_to_others) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "trigger");
  ::chmod((scratch / "trigger").c_str(), 0750);
  BOOST_TEST(said_by([&] { const Folder folder(scratch / "trigger"); }).find("chmod 700") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_a_key_that_is_not_one) {
  const Scratch scratch;
  const Folder folder(scratch / "trigger");
  const auto key = scratch / "trigger" / "store.key";
  create_file(key, Buffer(31), 0400);
  BOOST_TEST(said_by([&] { folder.store_key(); }).find("32 bytes") != std::string::npos);
  std::filesystem::remove(key);
  create_file(key, Buffer(32), 0440);
  BOOST_TEST(said_by([&] { folder.store_key(); }).find("chmod 600") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(makes_no_new_key_for_a_store_that_is_there) {
  const Scratch scratch;
  const Folder folder(scratch / "trigger");
  make_private_folder(folder.store());
  create_file(folder.store() / "data.mdb", Buffer(1), 0600);
  BOOST_TEST(said_by([&] { folder.store_key(); }).find("store.key is missing") !=
             std::string::npos);
  BOOST_TEST(!std::filesystem::exists(scratch / "trigger" / "store.key"));
}

BOOST_AUTO_TEST_CASE(remembers_the_newest_realm_document) {
  const Scratch scratch;
  const Folder folder(scratch / "trigger");
  BOOST_TEST(folder.realm_serial() == 0U);
  folder.save_realm_serial(18446744073709551615U);
  BOOST_TEST(folder.realm_serial() == 18446744073709551615U);
  for (const char* text : {"", "7", "x\n", "-1\n", "7 \n", "99999999999999999999999\n"}) {
    write_file_atomic(scratch / "trigger" / "realm.serial", bytes_of(text), 0600);
    BOOST_CHECK_THROW(folder.realm_serial(), FileError);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_time_in_json)

BOOST_AUTO_TEST_CASE(is_utc_in_whole_seconds) {
  BOOST_TEST(trigger::print_time(Time{}) == "1970-01-01T00:00:00Z");
  BOOST_TEST(trigger::print_time(noon) == "2026-09-21T14:13:20Z");
  BOOST_TEST(trigger::print_time(Time{Seconds{951'782'399}}) == "2000-02-28T23:59:59Z");
  BOOST_TEST(trigger::print_time(Time{Seconds{951'782'400}}) == "2000-02-29T00:00:00Z");
  BOOST_TEST(trigger::print_time(Time{Seconds{253'402'300'799}}) == "9999-12-31T23:59:59Z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::folder_test
