#include "tools/ui.h"

#include <algorithm>
#include <sstream>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"
#include "ticket/exchange/fields.h"
#include "tools/failure.h"
#include "tools/progress.h"
#include "tools/rows.h"
#include "tools/table.h"

namespace waybill::test::ui_test {

using namespace tools;
namespace {

using namespace std::chrono_literals;

constexpr Time noon{Seconds{1'790'000'000}};

struct Fixture {
  std::ostringstream data, messages;
  Ui ui{data, messages, {}};
  int ends_with(const Stop& stop) { return finish(ui, stop); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_message, Fixture)

BOOST_AUTO_TEST_CASE(of_a_refusal_is_code_and_sentence) {
  BOOST_TEST(ends_with(Error{Errc::wrong_audience}) == 1);
  BOOST_TEST(messages.str() ==
             "refused: WB-TICKET-QUEUE  this ticket is addressed to another queue or service\n");
  BOOST_TEST(data.str().empty());
}

BOOST_AUTO_TEST_CASE(has_the_refusers_own_sentence_made_safe) {
  BOOST_TEST(ends_with(Stop(Error{Errc::already_exists}, "rule \x1b[2J 7")) == 1);
  BOOST_TEST(messages.str() == "refused: WB-EXISTS  it exists already: rule \\x1b[2J 7\n");
}

BOOST_AUTO_TEST_CASE(of_other_trouble_has_error_and_hint) {
  BOOST_TEST(ends_with({Exit::no_credentials, "nobody is logged in", "run `waybill init`"}) == 4);
  BOOST_TEST(messages.str() ==
             "waybill: error: nobody is logged in\nwaybill: hint: run `waybill init`\n");
}

BOOST_AUTO_TEST_CASE(may_be_none) {
  BOOST_TEST(ends_with({Exit::no_credentials, ""}) == 4);
  BOOST_TEST(finish(ui, done()) == 0);
  BOOST_TEST(messages.str().empty());
}

BOOST_AUTO_TEST_CASE(of_an_exception_says_what_kind_of_trouble_it_is) {
  BOOST_TEST(ends_with(failure(HttpError(HttpError::Cause::timed_out, "no reply"))) == 3);
  BOOST_TEST(ends_with(failure(FileError("cannot open x", "x", 2))) == 5);
  BOOST_TEST(ends_with(failure(std::bad_alloc())) == 5);
  BOOST_TEST(ends_with(failure(std::runtime_error("\x07"))) == 5);
  BOOST_TEST(messages.str().find('\x07') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_coloured_only_where_the_look_says_so) {
  Ui coloured(data, messages, {.terminal = true, .colour = true, .data_colour = true});
  coloured.fail(Error{Errc::revoked});
  BOOST_TEST(messages.str().find("\x1b[31mrefused:\x1b[0m WB-TICKET-REVOKED") == 0U);
  BOOST_TEST(coloured.strong("x") == "\x1b[1mx\x1b[0m");
  BOOST_TEST(ui.strong("x") == "x");
}

BOOST_AUTO_TEST_CASE(that_data_could_not_be_written_is_trouble) {
  data.setstate(std::ios::badbit);
  BOOST_TEST(finish(ui, done()) == 5);
  BOOST_TEST(messages.str() == "waybill: error: standard output is closed\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(progress, Fixture)

BOOST_AUTO_TEST_CASE(is_silent_without_a_terminal) {
  { const Progress progress(ui, "waiting"); }
  BOOST_TEST(messages.str().empty());
}

BOOST_AUTO_TEST_CASE(is_silent_when_it_is_quick) {
  Ui terminal(data, messages, {.terminal = true});
  { const Progress progress(terminal, "waiting"); }
  BOOST_TEST(messages.str().empty());
}

BOOST_AUTO_TEST_CASE(leaves_an_empty_line) {
  Ui terminal(data, messages, {.terminal = true});
  {
    Progress progress(terminal, "waiting");
    std::this_thread::sleep_for(400ms);
    progress.update("nearly\nthere");
    std::this_thread::sleep_for(300ms);
  }
  const std::string drawn = messages.str();
  BOOST_TEST(drawn.find("waiting") != std::string::npos);
  BOOST_TEST(drawn.find("nearly\\x0athere") != std::string::npos);
  BOOST_TEST(drawn.ends_with("\r\x1b[K"));
  BOOST_TEST(drawn.find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_table, Fixture)

BOOST_AUTO_TEST_CASE(has_aligned_columns_and_no_blanks_at_the_end) {
  tools::Table table({"NAME", "KIND"});
  table.row({"carol", "user"});
  table.row({"trigger/orders", ""});
  table.row({"größer", "x"});
  table.print(ui);
  BOOST_TEST(data.str() ==
             "NAME            KIND\n"
             "carol           user\n"
             "trigger/orders\n"
             "größer          x\n");
}

BOOST_AUTO_TEST_CASE(goes_on_below_where_the_terminal_is_narrow) {
  Ui narrow(data, messages, {.data_width = 30});
  tools::Table table({"NAME", "CREATED"});
  table.row({"carol", "2026-11-27 14:50:20 (1 min 11 s ago)"});
  table.row({"größer", "-"});
  table.print(narrow);
  BOOST_TEST(data.str() ==
             "NAME    CREATED\n"
             "carol   2026-11-27 14:50:20\n"
             "        (1 min 11 s ago)\n"
             "größer  -\n");
}

BOOST_AUTO_TEST_CASE(keeps_a_row_in_one_line_where_there_is_no_terminal) {
  tools::Table table({"NAME", "WORKFLOW"});
  table.row({std::string(100, 'n'), std::string(200, 'w') + " (far away)"});
  table.print(ui);
  BOOST_TEST(std::ranges::count(data.str(), '\n') == 2);
}

BOOST_AUTO_TEST_CASE(becomes_records_when_a_word_does_not_fit_beside_the_others) {
  Ui narrow(data, messages, {.data_width = 30});
  tools::Table table({"ID", "SUBJECT", "QUEUE"});
  table.row({"5bc055dd875e35c2", "carol@DEMO.TEST", ""});
  table.row({"1", "operator@DEMO.TEST", "queue-alice"});
  table.print(narrow);
  BOOST_TEST(data.str() ==
             "ID       5bc055dd875e35c2\n"
             "SUBJECT  carol@DEMO.TEST\n"
             "\n"
             "ID       1\n"
             "SUBJECT  operator@DEMO.TEST\n"
             "QUEUE    queue-alice\n");
}

BOOST_AUTO_TEST_CASE(breaks_between_words_alone) {
  for (std::size_t width = 1; width < 40; ++width) {
    std::string joined;
    for (const std::string& line : tools::wrapped("a long (1 d 8 h) wayoverthetop word", width)) {
      BOOST_TEST(
          (width_of(line) <= width || line.find(' ') == std::string::npos || line == "(1 d 8 h)"));
      joined += (joined.empty() ? "" : " ") + line;
    }
    BOOST_TEST(joined == "a long (1 d 8 h) wayoverthetop word");
  }
}

BOOST_AUTO_TEST_CASE(makes_its_cells_safe) {
  tools::Table table;
  table.row({"a\x1b", "b\nc"});
  table.print(ui);
  BOOST_TEST(data.str() == "a\\x1b  b\\x0ac\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(rows_of_the_kdc, Fixture)

BOOST_AUTO_TEST_CASE(become_json_by_the_names_of_their_fields) {
  const Fields row{{"id", "7"},         {"action", "a"},           {"action", "b"},
                   {"max_run", "3600"}, {"created", "1790000000"}, {"role", "operator"},
                   {"queue", "x"},      {"issued_at", "soon"}};
  BOOST_TEST(to_json(row) ==
             nlohmann::json::parse(
                 R"({"id":"7","action":["a","b"],"max_run":3600,"created":"2026-09-21T14:13:20Z",
                     "role":["operator"],"queue":"x","issued_at":"soon"})"));
}

BOOST_AUTO_TEST_CASE(become_a_table_of_all_that_they_have) {
  print_rows(ui,
             {Fields{{"id", "1"}, {"max_run", "3600"}},
              Fields{{"id", "2"}, {"action", "a"}, {"action", "b"}, {"public_key", "00"}}},
             noon);
  BOOST_TEST(data.str() == "ID  MAX RUN  ACTION\n1   1 h\n2            a, b\n");
}

BOOST_AUTO_TEST_CASE(that_are_none_are_no_data) {
  print_rows(ui, {}, noon);
  BOOST_TEST(data.str().empty());
  BOOST_TEST(messages.str() == "waybill: there are none\n");
}

BOOST_AUTO_TEST_CASE(may_stand_in_one_line) {
  BOOST_TEST(print_brief(Fields{{"by", "carol"}, {"reason", "left\nus"}}) ==
             "by=carol  reason=left\\x0aus");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(json, Fixture)

BOOST_AUTO_TEST_CASE(is_ascii_whatever_is_in_it) {
  ui.print_json_line({{"name", "\x1b\xc2\x9bgrö\xff"}});
  BOOST_TEST(data.str() == "{\"name\":\"\\u001b\\u009bgr\\u00f6\\ufffd\"}\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::ui_test
