#include "ticket/adapters/log.h"

#include <limits>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/captured.h"

namespace waybill::test::log_test {
namespace {

// Digits as 'd', so that a time has a known shape.
std::string shape_of(std::string text) {
  for (char& c : text) {
    if (c >= '0' && c <= '9') c = 'd';
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_log_line)

BOOST_AUTO_TEST_CASE(has_its_fields_in_order) {
  const LogFields fields = {{"name", "alice@TEST"}, {"count", 3}, {"text", "two words"}};
  BOOST_TEST(format_log_line(true, "listening", fields) ==
             R"("event":"listening","name":"alice@TEST","count":3,"text":"two words")");
  BOOST_TEST(format_log_line(false, "listening", fields) ==
             R"(listening name=alice@TEST count=3 text="two words")");
  BOOST_TEST(format_log_line(false, "bare", {}) == "bare");
}

BOOST_AUTO_TEST_CASE(prints_integers_of_any_width) {
  BOOST_TEST(format_log_line(false, "e",
                             {{"a", std::numeric_limits<std::uint64_t>::max()},
                              {"b", std::numeric_limits<std::int64_t>::min()},
                              {"c", std::uint8_t{7}}}) ==
             "e a=18446744073709551615 b=-9223372036854775808 c=7");
}

BOOST_AUTO_TEST_CASE(cannot_be_broken_by_a_value) {
  const struct {
    const char* name;
    std::string value;
    std::string quoted;
  } rows[] = {
      {"a line end", "a\nb", R"("a\u000ab")"},
      {"a second field", "a level=error", R"("a level=error")"},
      {"a quote", "a\"b", R"("a\"b")"},
      {"a backslash", "a\\", R"("a\\")"},
      {"an escape sequence", "\x1b[31m", R"("\u001b[31m")"},
      {"a zero byte", std::string("a\0b", 3), R"("a\u0000b")"},
      {"a C1 control", "\xc2\x9b", R"("\u009b")"},
      {"delete", "\x7f", R"("\u007f")"},
      {"a reversed line", "\xe2\x80\xae", R"("\u202e")"},
      {"a line separator", "\xe2\x80\xa8", R"("\u2028")"},
      {"a tag character", "\xf3\xa0\x80\x81", R"("\udb40\udc01")"},
      {"broken UTF-8", "a\xff\xc3", R"("a\ufffd\ufffd")"},
      {"an overlong form", "\xc0\xaf", R"("\ufffd\ufffd")"},
      {"a surrogate", "\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
      {"above Unicode", "\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"letters of all lengths", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
       "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
      {"nothing", "", "\"\""},
      {"a very long text", std::string(2000, 'x'), '"' + std::string(1024, 'x') + "...\""},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(format_log_line(false, "e", {{"k", row.value}}) == "e k=" + row.quoted);
      BOOST_TEST(format_log_line(true, "e", {{"k", row.value}}) ==
                 R"("event":"e","k":)" + row.quoted);
    }
  }
}

BOOST_AUTO_TEST_CASE(carries_time_and_level) {
  const auto json = stderr_of([] { log_warning("odd", {{"n", 1}, {"format", "%v {} %s"}}); });
  BOOST_TEST(shape_of(json) ==
             R"({"time":"dddd-dd-ddTdd:dd:dd.dddZ","level":"warning","event":"odd",)"
             R"("n":d,"format":"%v {} %s"})"
             "\n");
  const auto text = stderr_of([] {
    set_log_form(LogForm::text, LogLevel::warning);
    log_info("quiet");
    log_error("loud");
  });
  BOOST_TEST(shape_of(text) == "dddd-dd-ddTdd:dd:dd.dddZ error loud\n");
}

BOOST_AUTO_TEST_CASE(is_written_whole_by_many_threads) {
  const auto text = stderr_of([] {
    set_log_form(LogForm::json);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 100; ++i) log_info("event", {{"text", std::string(100, 'x')}});
      });
    }
    for (auto& thread : threads) thread.join();
  });
  std::size_t lines = 0;
  std::size_t at = 0;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', at)) {
    BOOST_REQUIRE(text[at] == '{');
    BOOST_REQUIRE(text[end - 1] == '}');
    at = end + 1;
    ++lines;
  }
  BOOST_TEST(lines == 400U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::log_test
