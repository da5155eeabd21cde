#include "ticket/adapters/settings_file.h"

#include <CLI/CLI.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/files.h"

namespace waybill::test::settings_file_test {
namespace {

/// A program with one command that has an option of each kind.
struct Fixture {
  Scratch scratch;
  std::string listen, keytab;
  std::vector<std::string> handlers;
  unsigned lease = 30;
  bool open = false, once = false;
  Settings settings;  // of the last run

  // What it complains of; nothing when it is content.
  std::string run(const std::string& toml, std::vector<std::string> more = {}) {
    CLI::App app("test", "test");
    app.require_subcommand(1);
    CLI::App* command = app.add_subcommand("serve");
    command->add_option("--listen", listen)->required();
    command->add_option("--keytab", keytab)->type_name("FILE");
    command->add_option("--handler", handlers)->allow_extra_args(false);
    command->add_option("--lease-seconds", lease)->check(CLI::Range(3U, 3600U));
    command->add_flag("--open", open);
    command->add_flag("--once", once)->configurable(false);
    take_settings_file(app, *command);
    const std::string file = (scratch / "my.toml").string();
    write_file_atomic(file, bytes_of(toml), 0600);
    std::vector<std::string> words{"serve", "--config", file};
    words.insert(words.end(), more.begin(), more.end());
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    try {
      app.parse(words);
      settings = settings_of(*command);
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return {};
  }
  std::string at(int line) const {
    return (scratch / "my.toml").string() + ", line " + std::to_string(line) + ": ";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_settings_file, Fixture)

BOOST_AUTO_TEST_CASE(holds_options_of_every_kind) {
  BOOST_TEST(run("listen = \"127.0.0.1:1\"\nlease_seconds = 60\nopen = true\n"
                 "handler = [\"a=x\", \"b=y\"]\n") == "");
  BOOST_TEST(listen == "127.0.0.1:1");
  BOOST_TEST(lease == 60U);
  BOOST_TEST(open);
  BOOST_TEST(handlers == (std::vector<std::string>{"a=x", "b=y"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gives_way_to_the_command_line) {
  BOOST_TEST(run("listen = \"file\"\nlease_seconds = 60\nhandler = [\"a=x\"]\n",
                 {"--listen", "line", "--handler", "b=y"}) == "");
  BOOST_TEST(listen == "line");
  BOOST_TEST(lease == 60U);
  BOOST_TEST(handlers == std::vector<std::string>{"b=y"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(names_files_from_its_own_folder) {
  BOOST_TEST(run("listen = \"a\"\nkeytab = \"my.keytab\"\n") == "");
  BOOST_TEST(keytab == (scratch / "my.keytab").string());
  keytab.clear();
  BOOST_TEST(run("listen = \"a\"\nkeytab = \"/etc/my.keytab\"\n") == "");
  BOOST_TEST(keytab == "/etc/my.keytab");
}

BOOST_AUTO_TEST_CASE(is_refused_with_the_line_of_what_is_wrong) {
  BOOST_TEST(run("listen = \"a\"\nlistem = \"b\"\n") ==
             at(2) + "there is no setting `listem`: correct or remove it");
  BOOST_TEST(run("\n\nonce = true\n").starts_with(at(3)));  // for the command line alone
  BOOST_TEST(run("listen = \"a\"\nhelp = true\n").starts_with(at(2)));
  BOOST_TEST(run("lease-seconds = 60\n").starts_with(at(1)));  // there is one way to write it
  BOOST_TEST(run("listen = \"a\"\nlease_seconds = 2\n").starts_with(at(2)));
  BOOST_TEST(run("listen = \"a\"\nlease_seconds = \"soon\"\n").starts_with(at(2)));
  BOOST_TEST(run("listen = \"a\"\nopen = \"yes\"\n").starts_with(at(2)));
  BOOST_TEST(run("listen = 1.5\n").starts_with(at(1)));
  BOOST_TEST(run("listen = \"a\"\nhandler = \"a=x\"\n").starts_with(at(2)));
  BOOST_TEST(run("listen = \"a\"\nlisten = \"b\"\n").starts_with(at(2)));
  BOOST_TEST(run("listen = \"a\"\n[more]\nx = 1\n").starts_with(at(2)));
  BOOST_TEST(run("listen = \n").starts_with(at(1)));
}

BOOST_AUTO_TEST_CASE(is_compared_with_what_was_said_before) {
  BOOST_TEST(run("listen = \"a\"\nlease_seconds = 60\nhandler = [\"a=x\"]\n") == "");
  const Settings before = settings;
  BOOST_TEST(changed(before, settings, {}).empty());
  BOOST_TEST(run("listen = \"b\"\nopen = true\nhandler = [\"a=y\"]\n") == "");
  BOOST_TEST(changed(before, settings, {"handler"}) ==
                 (std::vector<std::string>{"lease_seconds", "listen", "open"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(need_not_hold_everything_but_all_together_must) {
  BOOST_TEST(run("lease_seconds = 60\n").find("--listen") != std::string::npos);
  BOOST_TEST(run("", {"--listen", "a"}) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::settings_file_test
