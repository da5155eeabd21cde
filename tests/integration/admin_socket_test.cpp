#include <sys/stat.h>

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/integration/live_realm.h"

namespace waybill::test::admin_socket_test {
namespace {

/// A KDC with an admin socket, and a realm file by which nobody finds its port.
struct Fixture : LiveRealm {
  const std::filesystem::path socket = folder() / "kdc" / "admin.sock";
  const std::string address = "unix:" + socket.string();

  Fixture() : LiveRealm(Settings{{"admin_socket", "\"admin.sock\""}}) {
    write_lost_realm("", "lost.toml");
  }

  void write_lost_realm(const std::string& kdc, const std::string& name) const {
    RealmFile realm = RealmFile::load(realm_file());
    realm.kdcs = {kdc.empty() ? "http://127.0.0.1:1" : kdc};
    write(name, realm.print());
  }
  Ended lost(std::vector<std::string> arguments, const std::string& kdc,
             const std::string& file = "lost.toml") const {
    Command command = program(WAYBILL_PROGRAM, std::move(arguments), "operators");
    command.environment["WAYBILL_REALM"] = (folder() / file).string();
    if (!kdc.empty()) command.environment["WAYBILL_KDC"] = kdc;
    return run(command);
  }
  Command serving(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"serve", "--dir", "kdc"});
    return program(WAYBILL_KDC_PROGRAM, std::move(more));
  }
  // Before it is ready, and by who only asks.
  void check_refused(std::string_view why) {
    if (kdc().is_running()) BOOST_TEST(kdc().terminate() == 0);
    for (const Ended& ended : {run(serving({"--check-config"})), run(serving())}) {
      BOOST_TEST(ended.status == 5);
      BOOST_TEST(ended.err.find(why) != std::string::npos, ended.err);
      BOOST_TEST(ended.err.find("\"ready\"") == std::string::npos, ended.err);
    }
  }
  Ended log_in(const std::string& kdc) const {
    return lost({"init", "-k", "-t", "kdc/operator.keytab", "operator"}, kdc);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_admin_socket_of_a_kdc, Fixture)

BOOST_AUTO_TEST_CASE(leads_to_it_when_the_network_does_not) {
  BOOST_TEST(log_in("").status == 3);
  const Ended login = log_in(address);
  BOOST_TEST(login.status == 0, login.err);
  const Ended disabled = lost({"admin", "queue", "disable", "queue-bob"}, address);
  BOOST_TEST(disabled.status == 0, disabled.err);
  write_lost_realm(address, "local.toml");
  const Ended listed = lost({"admin", "queue", "list"}, "", "local.toml");
  BOOST_TEST(listed.status == 0, listed.err);
  BOOST_TEST(listed.out.find(" yes ") != std::string::npos, listed.out);
}

BOOST_AUTO_TEST_CASE(gives_no_rights) {
  BOOST_TEST(lost({"admin", "principal", "list"}, address).status == 4);  // not logged in
  BOOST_TEST(lost({"init", "-k", "-t", "carol.keytab", "carol"}, address).status == 0);
  BOOST_TEST(lost({"admin", "principal", "list"}, address).status == 1);
}

BOOST_AUTO_TEST_CASE(is_closed_to_other_users_and_gone_with_the_kdc) {
  struct stat info {};
  BOOST_TEST_REQUIRE(::lstat(socket.c_str(), &info) == 0);
  BOOST_TEST(S_ISSOCK(info.st_mode));
  BOOST_TEST((info.st_mode & 07777) == 0600U);
  kdc().kill();
  BOOST_TEST(std::filesystem::exists(socket));  // nobody could take it away
  start_kdc();
  BOOST_TEST(log_in(address).status == 0);
  BOOST_TEST(kdc().terminate() == 0);
  BOOST_TEST(!std::filesystem::exists(socket));
}

BOOST_AUTO_TEST_CASE(is_named_in_the_log_when_it_listens) {
  BOOST_TEST(kdc().says("\"event\":\"admin_listening\""));
  BOOST_TEST(kdc().log().find("\"address\":\"unix:kdc/admin.sock\"") != std::string::npos,
             kdc().log());
}

BOOST_AUTO_TEST_CASE(is_not_put_in_the_place_of_a_file) {
  BOOST_TEST(kdc().terminate() == 0);
  write("kdc/admin.sock", "somebody's");
  check_refused("something is there already that is no socket");
  BOOST_TEST(lines_of(socket) == std::vector<std::string>{"somebody's"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_put_into_no_folder_that_is_not_there_or_that_others_write_in) {
  change_settings({{"admin_socket", "\"../run/admin.sock\""}});
  check_refused("there is no folder kdc/../run: make it first");
  std::filesystem::create_directory(folder() / "run");
  std::filesystem::permissions(folder() / "run", std::filesystem::perms(0777));
  check_refused("others may write in the folder kdc/../run: chmod go-w kdc/../run");
  std::filesystem::permissions(folder() / "run", std::filesystem::perms(0755));
  BOOST_TEST(run(serving({"--check-config"})).status == 0);
  start_kdc();
  BOOST_TEST(log_in("unix:" + (folder() / "run" / "admin.sock").string()).status == 0);
}

BOOST_AUTO_TEST_CASE(has_a_path_that_fits_into_an_address) {
  const std::string longest(107 - std::string("kdc/").size(), 'a');
  change_settings({{"admin_socket", "\"" + longest + "a\""}});
  check_refused("has at most 107 bytes and this one has 108: name a shorter one");
  change_settings({{"admin_socket", "\"" + longest + "\""}});
  BOOST_TEST(run(serving({"--check-config"})).status == 0);
  start_kdc();
  BOOST_TEST(kdc().says("unix:kdc/" + longest));
}

BOOST_AUTO_TEST_CASE(is_looked_at_while_a_kdc_has_it) {
  BOOST_TEST(run(serving({"--check-config"})).status == 0);
  BOOST_TEST(log_in(address).status == 0);
}

BOOST_AUTO_TEST_CASE(is_named_by_an_address_and_nothing_else) {
  for (const char* wrong : {"unix:admin.sock", "/run/admin.sock", "ftp://kdc"}) {
    const Ended ended = log_in(wrong);
    BOOST_TEST(ended.status == 5, wrong);
    BOOST_TEST(ended.err.find("WAYBILL_KDC") != std::string::npos, ended.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::admin_socket_test
