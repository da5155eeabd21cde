#include "ticket/adapters/confinement.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/integration/live_realm.h"
#include "tests/support/unsanitized.h"
#include "ticket/adapters/files.h"

namespace waybill::test::confinement_test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t nobody = 65534;  // and nogroup, in Debian

// A line of /proc/PID/task/TID/status, of all threads: each value once.
std::set<std::string> of_all_threads(pid_t pid, const std::string& name) {
  std::set<std::string> values;
  for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream status(thread.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name + ":")) values.insert(line.substr(line.find('\t') + 1));
    }
  }
  return values;
}

std::set<std::string> once(const std::string& value) { return {value}; }

// A realm that nobody serves yet, as that user would have made it.
struct Unserved {
  LiveRealm realm;

  Unserved() { realm.kdc().terminate(); }
  void give_to(uid_t uid, gid_t gid) const {
    BOOST_REQUIRE(::chmod(realm.folder().c_str(), 0711) == 0);  // to be passed through
    const fs::path folder = realm.folder() / "kdc";
    BOOST_REQUIRE(::lchown(folder.c_str(), uid, gid) == 0);
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
      BOOST_REQUIRE(::lchown(file.path().c_str(), uid, gid) == 0);
    }
  }
  Daemon serving(std::vector<std::string> more) const {
    std::vector<std::string> words{"serve", "--dir", "kdc"};
    words.insert(words.end(), more.begin(), more.end());
    return {realm.program(WAYBILL_KDC_PROGRAM, words), realm.folder() / "again.log"};
  }
};

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) { return is_root(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(a_kdc_that_serves)

BOOST_AUTO_TEST_CASE(is_confined_with_all_its_threads,
                     *boost::unit_test::precondition(unsanitized)) {
  LiveRealm realm;
  const pid_t pid = realm.kdc().pid();
  BOOST_TEST(of_all_threads(pid, "Seccomp") == once("2"));
  BOOST_TEST(of_all_threads(pid, "NoNewPrivs") == once("1"));
  realm.init("carol");  // and those that came since
  BOOST_TEST(of_all_threads(pid, "Seccomp") == once("2"));
}

BOOST_AUTO_TEST_CASE(says_when_it_is_not_confined) {
  const Unserved unserved;
  Daemon kdc = unserved.serving({"--insecure-no-sandbox"});
  kdc.start();
  BOOST_TEST(kdc.says("no_sandbox"));
  BOOST_TEST(kdc.says("\"ready\""));
  BOOST_TEST(of_all_threads(kdc.pid(), "Seccomp") == once("0"));
}

BOOST_AUTO_TEST_CASE(is_another_user_when_root_starts_it,
                     *boost::unit_test::precondition(as_root)) {
  const Unserved unserved;
  unserved.give_to(nobody, nobody);
  Daemon kdc = unserved.serving({"--user", "nobody", "--group", "nogroup"});
  kdc.start();
  BOOST_REQUIRE(kdc.says("\"ready\""));
  BOOST_TEST(of_all_threads(kdc.pid(), "Uid") == once("65534\t65534\t65534\t65534"));
  BOOST_TEST(of_all_threads(kdc.pid(), "Gid") == once("65534\t65534\t65534\t65534"));
  BOOST_TEST(of_all_threads(kdc.pid(), "CapEff") == once("0000000000000000"));
  BOOST_TEST(kdc.log().find("runs_as_root") == std::string::npos);
  unserved.realm.init("carol");  // it writes its store, its feed and its mark
  BOOST_TEST(kdc.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(warns_when_it_is_root, *boost::unit_test::precondition(as_root)) {
  LiveRealm realm;
  BOOST_TEST(realm.kdc().says("runs_as_root"));
}

BOOST_AUTO_TEST_CASE(does_not_serve_what_belongs_to_another_user,
                     *boost::unit_test::precondition(as_root)) {
  const Unserved unserved;  // root's
  BOOST_REQUIRE(::chmod(unserved.realm.folder().c_str(), 0711) == 0);
  const Ended refused = run(
      unserved.realm.program(WAYBILL_KDC_PROGRAM, {"serve", "--dir", "kdc", "--user", "nobody"}));
  BOOST_TEST(refused.status == 5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::confinement_test
