#include <boost/test/unit_test.hpp>

#include "tests/integration/live_realm.h"
#include "tests/support/soft_token.h"
#include "tests/support/unsanitized.h"
#include "ticket/adapters/files.h"

namespace waybill::test::token_test {
namespace {

struct Fixture {
  Scratch scratch;
  SoftToken token;
  const std::uint16_t port = free_port();

  Command command(std::vector<std::string> arguments) const {
    auto environment = token.environment();
    environment.insert(no_search_for_leaks);
    return {WAYBILL_KDC_PROGRAM, std::move(arguments), scratch.path(), std::move(environment)};
  }
  Ended kdc(std::vector<std::string> arguments) const { return run(command(std::move(arguments))); }
  void must(std::vector<std::string> arguments) const {
    const std::string what = arguments.at(0) + " " + arguments.at(1);
    const Ended ended = kdc(std::move(arguments));
    BOOST_TEST_REQUIRE(ended.status == 0, what + ": " + ended.out + ended.err);
  }
  void init(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"init",
                                       "--dir",
                                       "kdc",
                                       "--realm",
                                       "TEST.WAYBILL",
                                       "--listen",
                                       "127.0.0.1:" + std::to_string(port)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    must(arguments);
  }
  void serves() const {
    Daemon daemon(command({"serve", "--dir", "kdc"}), scratch / "kdc.log");
    daemon.start();
    daemon.wait_until_listening(port);
    must({"store", "check", "--dir", "kdc"});  // beside it
    BOOST_TEST(daemon.terminate() == 0);
  }
  bool has(const char* file) const { return std::filesystem::exists(scratch / "kdc" / file); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_kdc_whose_master_key_a_token_wraps, Fixture,
                         *boost::unit_test::precondition(SoftToken::is_here))

BOOST_AUTO_TEST_CASE(starts_and_gets_new_keys_in_the_token_and_out_of_it) {
  must({"master", "token-key", "--token", token.address()});
  init({"--token", token.address()});
  BOOST_TEST(!has("master.key"));
  serves();
  must({"master", "rotate", "--dir", "kdc"});
  serves();
  must({"master", "rotate", "--dir", "kdc", "--to", "file"});
  BOOST_TEST((has("master.key") && !has("master.token")));
  serves();
  must({"master", "rotate", "--dir", "kdc", "--to", token.address()});
  BOOST_TEST((!has("master.key") && has("master.token")));
  serves();
}

BOOST_AUTO_TEST_CASE(does_not_start_without_the_right_pin_or_key) {
  must({"master", "token-key", "--token", token.address()});
  init({"--token", token.address()});
  token.write_pin("000000");
  const Ended pin = kdc({"serve", "--dir", "kdc"});
  BOOST_TEST(pin.status == 1);  // systemd must not try it again
  BOOST_TEST(pin.err.find("[WB-TOKEN-PIN]") != std::string::npos, pin.err);
  BOOST_TEST(pin.err.find("000000") == std::string::npos, pin.err);
  BOOST_TEST(kdc({"serve", "--dir", "kdc", "--check-config"}).status == 0);  // tries no PIN
  std::filesystem::remove(token.pin_file());
  BOOST_TEST(kdc({"serve", "--dir", "kdc", "--check-config"}).status == 5);
  const Ended none = kdc({"master", "rotate", "--dir", "kdc"});
  BOOST_TEST(none.status == 5);
  BOOST_TEST(none.err.find(token.pin_file().string()) != std::string::npos, none.err);
}

BOOST_AUTO_TEST_CASE(is_not_made_in_a_token_without_the_key) {
  const Ended ended = kdc({"init", "--dir", "kdc", "--realm", "TEST.WAYBILL", "--listen",
                           "127.0.0.1:1", "--token", token.address()});
  BOOST_TEST(ended.status == 5);
  BOOST_TEST(ended.err.find("master token-key") != std::string::npos, ended.err);
  BOOST_TEST(!has("store"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::token_test
