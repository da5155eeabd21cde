#include <sstream>

#include <boost/test/unit_test.hpp>

#include "tests/support/daemon.h"
#include "ticket/adapters/page.h"

namespace waybill::test::help_test {
namespace {

using Words = std::vector<std::string>;

Ended waybill(Words words, const std::string& last) {
  words.insert(words.begin(), "--insecure-allow-swap");
  words.push_back(last);
  return run({WAYBILL_PROGRAM, words});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// As the program lists them itself: a command has options, a group has more commands.
void find_commands(const Words& before, std::vector<Words>& found) {
  const Ended words = waybill(before, "--list-words");
  BOOST_TEST_REQUIRE(words.status == 0, words.err);
  bool is_group = true;
  for (const std::string& line : lines_of(words.out)) {
    const std::string name = line.substr(0, line.find('\t'));
    is_group = is_group && !name.starts_with('-');
    if (!is_group) break;
    Words one = before;
    one.push_back(name);
    find_commands(one, found);
  }
  if (!is_group) found.push_back(before);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_help)

BOOST_AUTO_TEST_CASE(of_each_command_fits_a_terminal_and_has_examples,
                     *boost::unit_test::label("slow")) {
  std::vector<Words> commands;
  find_commands({}, commands);
  BOOST_TEST(commands.size() > 30U);
  for (const Words& words : commands) {
    const Ended help = waybill(words, "--help");
    BOOST_TEST_CONTEXT(help.out) {
      BOOST_TEST(help.status == 0);
      BOOST_TEST(help.out.find("Examples:\n  ") != std::string::npos);
      BOOST_TEST(help.out.find("Exit status: 0 done") != std::string::npos);
      for (const std::string& line : lines_of(help.out)) {
        BOOST_TEST(width_of(line) <= page_width, line);
      }
    }
  }
}

// For the shell's completion, to which a line is a word. Some options are told of in two lines.
BOOST_AUTO_TEST_CASE(lists_each_word_in_one_line_with_what_it_does) {
  const Ended words = waybill({"admin", "principal", "rekey"}, "--list-words");
  BOOST_TEST_REQUIRE(words.status == 0, words.err);
  for (const std::string& line : lines_of(words.out)) {
    BOOST_TEST(line.starts_with("--"), line);
    BOOST_TEST(line.find('\t') != line.npos, line);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::help_test
