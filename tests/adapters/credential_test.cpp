#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/files.h"

namespace waybill::test::credential_test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t somebody = 65534;

/// A folder with a secret that the manager hands to this process, for as long as it lives.
struct Fixture {
  Scratch scratch;
  fs::path folder = scratch / "unit";
  fs::path key = folder / "key";

  Fixture() {
    BOOST_REQUIRE(::chmod(scratch.path().c_str(), 0711) == 0);
    fs::create_directory(folder);
    create_file(key, bytes_of("secret"), 0400);
    set_mode(folder, 0500);
    ::setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
  ~Fixture() {
    ::unsetenv("CREDENTIALS_DIRECTORY");
    ::chmod(folder.c_str(), 0700);  // to be removed
  }
  static void set_mode(const fs::path& path, mode_t mode) {
    BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
  }
  void give(uid_t user, gid_t group) const {
    BOOST_REQUIRE(::chown(key.c_str(), user, group) == 0);
  }
  /// What read_secret_file() says against it; empty when it reads.
  std::string fault() const {
    try {
      return text_of(read_secret_file(key).expose()) == "secret" ? "" : "other bytes";
    } catch (const FileError& error) {
      return error.what();
    }
  }
  bool refused_as(std::string_view why) const { return fault().find(why) != std::string::npos; }
};

// As systemd does for a unit with User=: an ACL by which that user may read it too. False where the
// file system has none. Each entry is a kind, rights and whom, little-endian.
bool let_somebody_in(const fs::path& path, char rights) {
  const std::string nobody_named(4, '\xff');
  const auto entry = [](char kind, char allowed, const std::string& whom) {
    return std::string{kind, 0, allowed, 0} + whom;
  };
  static_assert(somebody == 0xfffe);
  const std::string acl = std::string{2, 0, 0, 0} + entry(0x01, rights, nobody_named) +
                          entry(0x02, rights, {'\xfe', '\xff', 0, 0}) +
                          entry(0x04, 0, nobody_named) + entry(0x10, rights, nobody_named) +
                          entry(0x20, 0, nobody_named);
  return ::setxattr(path.c_str(), "system.posix_acl_access", acl.data(), acl.size(), 0) == 0;
}

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result root(::geteuid() == 0);
  root.message() << "only root can make a credential for somebody else";
  return root;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_credential, Fixture)

BOOST_AUTO_TEST_CASE(is_read_from_a_folder_that_is_this_users) { BOOST_TEST(fault() == ""); }

BOOST_AUTO_TEST_CASE(of_roots_is_read_by_the_user_whom_an_acl_lets_in,
                     *boost::unit_test::precondition(as_root)) {
  BOOST_TEST_REQUIRE(let_somebody_in(key, 4));
  BOOST_TEST_REQUIRE(let_somebody_in(folder, 5));
  BOOST_REQUIRE(::seteuid(somebody) == 0);
  const std::string there = fault();
  ::unsetenv("CREDENTIALS_DIRECTORY");
  const std::string not_a_credential = fault();
  BOOST_REQUIRE(::seteuid(0) == 0);
  BOOST_TEST(there == "");
  BOOST_TEST(not_a_credential.find("belongs to another user") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(may_show_the_mask_of_an_acl_and_no_other_right,
                     *boost::unit_test::precondition(as_root)) {
  set_mode(key, 0440);
  BOOST_TEST(fault() == "");
  for (const mode_t mode : {0444U, 0460U, 0450U, 0404U, 0640U}) {
    set_mode(key, mode);
    BOOST_TEST(refused_as("is open to group or others"), mode);
  }
  set_mode(key, 0440);
  give(0, somebody);  // these rights are a group's
  BOOST_TEST(refused_as("is open to group or others"));
  give(somebody, 0);
  BOOST_TEST(refused_as("belongs to another user"));
}

BOOST_AUTO_TEST_CASE(is_none_in_a_folder_that_others_can_write,
                     *boost::unit_test::precondition(as_root)) {
  set_mode(key, 0440);
  set_mode(folder, 0770);
  BOOST_TEST(refused_as("is open to group or others"));
  set_mode(folder, 0500);
  BOOST_TEST(fault() == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::credential_test
