#include <sstream>

#include <boost/test/unit_test.hpp>

#include "tests/support/daemon.h"
#include "ticket/adapters/page.h"

namespace waybill::test::help_test {
namespace {

using Words = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The names under "Subcommands:".
Words commands_in(const std::string& help) {
  Words names;
  bool are_listed = false;
  for (const std::string& line : lines_of(help)) {
    if (line == "Subcommands:") {
      are_listed = true;
    } else if (are_listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ') {
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
    } else if (line.empty()) {
      are_listed = false;
    }
  }
  return names;
}

// Of this command and all below it; gives how many there are.
std::size_t check(const std::string& program, const Words& words) {
  Words asked = words;
  asked.emplace_back("--help");
  const Ended help = run({program, asked, "/tmp"});
  std::size_t count = 1;
  BOOST_TEST_CONTEXT(help.out) {
    BOOST_TEST(help.status == 0);
    for (const std::string& line : lines_of(help.out)) {
      BOOST_TEST(width_of(line) <= page_width, line);
    }
  }
  for (const std::string& name : commands_in(help.out)) {
    Words below = words;
    below.push_back(name);
    count += check(program, below);
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_help_of_the_daemons)

BOOST_AUTO_TEST_CASE(fits_a_terminal) {
  BOOST_TEST(check(WAYBILL_KDC_PROGRAM, {}) > 20U);
  BOOST_TEST(check(WAYBILL_TRIGGER_PROGRAM, {}) == 2U);
  BOOST_TEST(check(WAYBILL_WORKER_PROGRAM, {}) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::help_test
