#include <sstream>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tools/command.h"

namespace waybill::test::command_line_test {

using namespace tools;
namespace {

namespace bdata = boost::unit_test::data;
using namespace std::chrono_literals;

struct Fixture {
  std::ostringstream data, messages;
  Ui ui{data, messages, {}};

  std::string type, queue;
  CommandLine::Text input, rest;
  std::vector<std::string> actions;
  std::optional<Seconds> life;
  std::optional<std::uint64_t> number;
  bool wait = false;

  tools::Outcome<Done> parse(const Arguments& arguments) {
    CommandLine line("waybill test", "A command for the test.");
    line.argument("TYPE", type, "type")
        .optional_argument("REST", rest, "rest")
        .required("--queue", queue, "QUEUE", "queue")
        .option("--input", input, "FILE", "input")
        .list("-a,--action", actions, "ACTION", "action")
        .duration("-l", life, "life")
        .count("-n", number, "number")
        .flag("--wait", wait, "wait")
        .note("A note.")
        .example("waybill test now");
    return line.parse(ui, arguments);
  }
};

struct Wrong {
  const char* name;
  Arguments arguments;
  const char* says;
};
const Wrong wrong[] = {
    {"nothing", {}, "required"},
    {"no positional", {"--queue", "q"}, "TYPE"},
    {"no required option", {"t"}, "--queue"},
    {"an option without its value", {"t", "--queue"}, "--queue"},
    {"an unknown option", {"t", "--queue", "q", "--wat"}, "--wat"},
    {"an unknown letter", {"t", "--queue", "q", "-z"}, "-z"},
    {"one word too many", {"t", "u", "v", "--queue", "q"}, "v"},
    {"the same option twice", {"t", "--queue", "q", "--queue", "r"}, "--queue"},
    {"a value for a flag", {"t", "--queue", "q", "--wait=maybe"}, "wait"},
    {"no duration", {"t", "--queue", "q", "-l", "8x"}, "8x"},
    {"no number", {"t", "--queue", "q", "-n", "1x"}, "1x"},
    {"a negative number", {"t", "--queue", "q", "-n", "-1"}, "-1"},
    {"a control character", {"t", "--queue", "q", "--\x1b"}, "\\x1b"},
};
std::ostream& operator<<(std::ostream& out, const Wrong& row) { return out << row.name; }

tools::Outcome<Done> say(Context& context, const Arguments& arguments) {
  for (const std::string& argument : arguments) context.ui.print(argument);
  return done();
}

constexpr Subcommand table[] = {
    {"init", say, "log in"},
    {"list", say, "show"},
};

class StoppedClock final : public Clock {
 public:
  Time now() const override { return {}; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_command_line, Fixture)

BOOST_AUTO_TEST_CASE(fills_what_it_was_told) {
  BOOST_TEST(bool(parse({"t", "--queue", "q", "--input", "-", "-a", "x,y", "--action", "z", "-l",
                         "1d8h", "-n", "7", "--wait"})));
  BOOST_TEST(type == "t");
  BOOST_TEST(queue == "q");
  BOOST_TEST(*input == "-");
  BOOST_TEST((actions == std::vector<std::string>{"x", "y", "z"}));
  BOOST_TEST((life == 32h));
  BOOST_TEST((number == 7U));
  BOOST_TEST(wait);
  BOOST_TEST(!rest.has_value());
}

BOOST_AUTO_TEST_CASE(does_not_take_the_next_word_for_another_value_of_a_list) {
  BOOST_TEST(bool(parse({"--queue", "q", "--action", "x", "t"})));
  BOOST_TEST(type == "t");
  BOOST_TEST((actions == std::vector<std::string>{"x"}));
}

BOOST_DATA_TEST_CASE_F(Fixture, refuses_what_it_does_not_understand, bdata::make(wrong), row) {
  const auto outcome = parse(row.arguments);
  BOOST_TEST_REQUIRE(!outcome);
  BOOST_TEST((outcome.error().exit == Exit::usage));
  BOOST_TEST(outcome.error().sentence.find(row.says) != std::string::npos,
             outcome.error().sentence);
  BOOST_TEST(outcome.error().hint == "`waybill test --help` shows the options");
}

BOOST_AUTO_TEST_CASE(prints_its_help_as_data) {
  for (const char* asked : {"--help", "-h"}) {
    const auto outcome = parse({asked});
    BOOST_TEST_REQUIRE(!outcome);
    BOOST_TEST((outcome.error().exit == Exit::done));
    BOOST_TEST(outcome.error().sentence.empty());
  }
  const std::string help = data.str();
  for (const char* part :
       {"A command for the test.", "waybill test [OPTIONS] TYPE", "--queue QUEUE", "A note.",
        "Examples:\n  waybill test now", "Exit status: 0 done; 1", "-l DURATION"}) {
    BOOST_TEST(help.find(part) != std::string::npos, part << " in\n" << help);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_table_of_commands, Fixture)

BOOST_AUTO_TEST_CASE(runs_the_one_that_is_named_with_the_rest) {
  const StoppedClock clock;
  Context context{ui, clock};
  BOOST_TEST(bool(dispatch(context, table, "waybill", {"list", "a", "b"})));
  BOOST_TEST(data.str() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(lists_itself) {
  const StoppedClock clock;
  Context context{ui, clock};
  BOOST_TEST(bool(dispatch(context, table, "waybill", {"--help"})));
  BOOST_TEST(data.str().find("  init  log in\n  list  show\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(helps_with_a_misspelt_name) {
  struct Row {
    const char* name;
    const char* hint;
  };
  const Row rows[] = {
      {"lsit", "did you mean `waybill list`?"},
      {"inti", "did you mean `waybill init`?"},
      {"lists", "did you mean `waybill list`?"},
      {"frobnicate", "`waybill --help` lists the commands"},
      {"\x1b", "`waybill --help` lists the commands"},
  };
  const StoppedClock clock;
  Context context{ui, clock};
  for (const Row& row : rows) {
    const auto outcome = dispatch(context, table, "waybill", {row.name});
    BOOST_TEST_REQUIRE(!outcome);
    BOOST_TEST((outcome.error().exit == Exit::usage));
    BOOST_TEST(outcome.error().hint == row.hint);
    BOOST_TEST(outcome.error().sentence.find('\x1b') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(wants_a_name) {
  const StoppedClock clock;
  Context context{ui, clock};
  const auto outcome = dispatch(context, table, "waybill", {});
  BOOST_TEST_REQUIRE(!outcome);
  BOOST_TEST(outcome.error().sentence == "`waybill` wants one of: init, list");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::command_line_test
