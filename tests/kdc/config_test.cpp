#include "kdc/config.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/files.h"

namespace waybill::test::config_test {

using namespace waybill::kdc;
using namespace std::chrono_literals;

namespace {

std::string refusal(std::string_view text) {
  try {
    Config::parse(text, "kdc.toml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kdc_settings)

BOOST_AUTO_TEST_CASE(are_read_as_they_are_printed) {
  Config config;
  config.listen = {"10.0.0.7", 88};
  config.tgt_life = 1h;
  config.max_threads = 7;
  config.epoch_days = 30;
  config.rotates_epochs = true;
  config.max_renew = 0s;
  const Config again = Config::parse(config.print(), "kdc.toml");
  BOOST_TEST(again.print() == config.print());
  BOOST_TEST(again.listen.text() == "10.0.0.7:88");
  BOOST_TEST((again.tgt_life == 1h));
  BOOST_TEST(again.max_threads == 7U);
  BOOST_TEST(again.epoch_days == 30U);
  BOOST_TEST(again.rotates_epochs);
}

BOOST_AUTO_TEST_CASE(say_how_to_log_and_where_the_pages_for_operators_are) {
  Config config;
  BOOST_TEST(!Config::parse(config.print(), "kdc.toml").status_listen.has_value());
  config.status_listen = ListenAddress{"127.0.0.1", 9088};
  config.log_format = LogForm::text;
  config.log_level = LogLevel::warning;
  const Config again = Config::parse(config.print(), "kdc.toml");
  BOOST_TEST(again.print() == config.print());
  BOOST_TEST_REQUIRE(again.status_listen.has_value());
  BOOST_TEST(again.status_listen->text() == "127.0.0.1:9088");
  BOOST_TEST((again.log_format == LogForm::text));
  BOOST_TEST((again.log_level == LogLevel::warning));
  const std::string listen = "listen = \"a:1\"\n";
  for (const char* wrong : {"log_format = \"yaml\"", "log_level = \"verbose\"", "log_level = 1",
                            "status_listen = \"9088\"", "status_listen = 9088"}) {
    BOOST_TEST(refusal(listen + wrong).starts_with("kdc.toml, line 2: "), wrong);
  }
}

BOOST_AUTO_TEST_CASE(name_the_files_for_tls_from_their_own_folder) {
  Config config;
  BOOST_TEST(!config.has_tls());
  config.tls_certificate = "/etc/waybill/a \"good\" certificate.pem";
  config.tls_key = "kdc.key";
  const Config again = Config::parse(config.print(), "/srv/kdc/kdc.toml");
  BOOST_TEST(again.has_tls());
  BOOST_TEST((again.tls_certificate == config.tls_certificate));
  BOOST_TEST((again.tls_key == "/srv/kdc/kdc.key"));
  config.tls_key = "/a\nlisten = \"b:1\"\x7f\\\xc3\xa4";  // a name may hold anything
  BOOST_TEST((Config::parse(config.print(), "kdc.toml").tls_key == config.tls_key));
}

BOOST_AUTO_TEST_CASE(name_the_admin_socket_from_their_own_folder) {
  BOOST_TEST(Config{}.admin_socket.empty());
  const std::string listen = "listen = \"a:1\"\n";
  const Config config =
      Config::parse(listen + "admin_socket = \"admin.sock\"", "/srv/kdc/kdc.toml");
  BOOST_TEST((config.admin_socket == "/srv/kdc/admin.sock"));
  BOOST_TEST((Config::parse(config.print(), "kdc.toml").admin_socket == config.admin_socket));
  BOOST_TEST(refusal(listen + "admin_socket = \"\"").starts_with("kdc.toml, line 2: "));
}

BOOST_AUTO_TEST_CASE(say_in_what_they_differ) {
  const Config before;
  BOOST_TEST(before.differing(before).empty());
  Config after = before;
  after.listen.port = 9;
  after.max_threads = 7;
  after.tls_certificate = "a.pem";  // a line that was not there
  after.tls_key = "a.key";
  const std::vector<std::string> expected{"listen", "max_threads", "tls_certificate", "tls_key"};
  for (auto names : {before.differing(after), after.differing(before)}) {
    std::ranges::sort(names);
    BOOST_TEST(names == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(have_a_default_for_everything_but_the_address) {
  const Config config = Config::parse("listen = \"127.0.0.1:8088\"", "kdc.toml");
  BOOST_TEST((config.tgt_life == 8h));
  BOOST_TEST((config.tgt_renewable == 7 * 24h));
  BOOST_TEST((config.service_ticket_life == 1h));
  BOOST_TEST((config.max_renew == 7 * 24h));
  BOOST_TEST((config.feed_interval == 2s));
  BOOST_TEST((config.max_staleness == 60s));
  BOOST_TEST(config.max_threads == 64U);
  BOOST_TEST(config.epoch_days == 365U);
  BOOST_TEST(!config.rotates_epochs);
}

BOOST_AUTO_TEST_CASE(are_refused_with_the_line_and_the_reason) {
  const std::string listen = "listen = \"127.0.0.1:8088\"\n";
  const std::pair<std::string, const char*> rows[] = {
      {"", "is missing"},
      {"listen = 8088", "line 1: listen is an address"},
      {"listen = \"8088\"", "line 1: listen is an address"},
      {listen + "tgt_lief = 60", "line 2: there is no setting `tgt_lief`"},
      {listen + "tgt_life = \"8h\"", "line 2: tgt_life is a whole number from 60"},
      {listen + "tgt_life = 59", "tgt_life is a whole number"},
      {listen + "tgt_life = 604801", "tgt_life is a whole number"},
      {listen + "tgt_life = -60", "tgt_life is a whole number"},
      {listen + "tgt_life = 60.0", "tgt_life is a whole number"},
      {listen + "feed_interval = 0", "feed_interval is a whole number"},
      {listen + "max_threads = 3", "max_threads is a whole number from 4 to 1024"},
      {listen + "epoch_days = 0", "epoch_days is a whole number from 1 to 3650"},
      {listen + "rotate_epochs = \"yes\"", "line 2: rotate_epochs is \"auto\" or \"by hand\""},
      {listen + "rotate_epochs = true", "line 2: rotate_epochs is \"auto\" or \"by hand\""},
      {listen + "tls_key = \"kdc.key\"", "tls_certificate and tls_key go together"},
      {listen + "tls_certificate = \"kdc.pem\"", "tls_certificate and tls_key go together"},
      {listen + "tls_key = 7", "line 2: tls_key is the name of a file"},
      {listen + "tls_certificate = \"\"", "line 2: tls_certificate is the name of a file"},
      {listen + "[table]", "there is no setting `table`"},
      {listen + "listen = \"127.0.0.1:8089\"", "line 2"},
      {listen + "max_threads =", "line 2"},
      {listen + "\xff\xfe", "kdc.toml, line"}};
  for (const auto& [text, reason] : rows) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(refusal(text).find(reason) != std::string::npos); }
  }
}

BOOST_AUTO_TEST_CASE(say_when_the_file_is_missing) {
  const test::Scratch scratch;
  BOOST_CHECK_THROW(Config::load(scratch / "kdc.toml"), FileError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::config_test
