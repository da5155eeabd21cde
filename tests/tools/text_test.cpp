#include "tools/text.h"

#include <stdlib.h>
#include <time.h>

#include <ostream>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace waybill::test::text_test {

using namespace tools;
namespace {

namespace bdata = boost::unit_test::data;
using namespace std::chrono_literals;

constexpr Time noon{Seconds{1'790'000'000}};  // 2026-09-21T14:13:20Z

struct Duration {
  const char* text;
  std::optional<Seconds> value;
};
const Duration durations[] = {
    {"15m", 15min},
    {"8h", 8h},
    {"7d", 7 * 24h},
    {"90s", 90s},
    {"1d8h", 32h},
    {"1d8h30m15s", 32h + 30min + 15s},
    {"3660d", 3660 * 24h},
    {"0h5m", 5min},
    {"", std::nullopt},
    {"15", std::nullopt},
    {"m", std::nullopt},
    {"15 m", std::nullopt},
    {" 15m", std::nullopt},
    {"15m ", std::nullopt},
    {"-15m", std::nullopt},
    {"+15m", std::nullopt},
    {"1.5h", std::nullopt},
    {"15M", std::nullopt},
    {"15x", std::nullopt},
    {"15min", std::nullopt},
    {"1h1h", std::nullopt},
    {"30m1h", std::nullopt},
    {"1h30", std::nullopt},
    {"0m", std::nullopt},
    {"3661d", std::nullopt},
    {"3660d1s", std::nullopt},
    {"87841h", std::nullopt},
    {"99999999999999999999d", std::nullopt},
    {"18446744073709551615s", std::nullopt},
    {"0x10m", std::nullopt},
};
std::ostream& operator<<(std::ostream& out, const Duration& row) { return out << row.text; }

struct Relative {
  Seconds away;
  const char* text;
};
const Relative relatives[] = {
    {0s, "now"},
    {1s, "in 1 s"},
    {-1s, "1 s ago"},
    {59s, "in 59 s"},
    {60s, "in 1 min"},
    {61s, "in 1 min 1 s"},
    {7h + 58min + 59s, "in 7 h 58 min"},
    {8h, "in 8 h"},
    {8h + 59s, "in 8 h"},
    {-(24h * 3 + 5h), "3 d 5 h ago"},
};
std::ostream& operator<<(std::ostream& out, const Relative& row) { return out << row.text; }

struct Rfc3339 {
  const char* text;
  std::optional<Time> value;
};
const Rfc3339 times[] = {
    {"2026-09-21T14:13:20Z", noon},
    {"2026-09-21T14:13:20.999Z", noon},
    {"1970-01-01T00:00:00Z", Time()},
    {"2024-02-29T00:00:00Z", Time(Seconds(1'709'164'800))},
    {"", std::nullopt},
    {"2026-09-21", std::nullopt},
    {"2026-09-21 14:13:20Z", std::nullopt},
    {"2026-09-21T14:13:20", std::nullopt},
    {"2026-09-21T14:13:20z", std::nullopt},
    {"2026-09-21T14:13:20+02:00", std::nullopt},
    {"2026-09-21T14:13Z", std::nullopt},
    {"2026-9-21T14:13:20Z", std::nullopt},
    {"2026-13-21T14:13:20Z", std::nullopt},
    {"2026-02-29T14:13:20Z", std::nullopt},
    {"2026-09-21T24:00:00Z", std::nullopt},
    {"2026-09-21T14:60:20Z", std::nullopt},
    {"2026-09-21T14:13:60Z", std::nullopt},
    {"2026-09-21T14:13:20.Z", std::nullopt},
    {"2026-09-21T14:13:20Z ", std::nullopt},
    {"+026-09-21T14:13:20Z", std::nullopt},
};
std::ostream& operator<<(std::ostream& out, const Rfc3339& row) { return out << row.text; }

struct Escape {
  const char* name;
  std::string_view text;
  std::string_view safe;
};
const Escape escapes[] = {
    {"plain text", "queue-alice", "queue-alice"},
    {"letters of all kinds", "Größe 量 ✓", "Größe 量 ✓"},
    {"a backslash", "a\\b", "a\\b"},
    {"a line end", "a\nb", "a\\x0ab"},
    {"a tab", "a\tb", "a\\x09b"},
    {"the null character", {"a\0b", 3}, "a\\x00b"},
    {"colour", "\x1b[31mred", "\\x1b[31mred"},
    {"delete", "\x7f", "\\x7f"},
    {"a control character in two bytes",
     "\xc2\x9b"
     "31m",
     "\\x9b31m"},
    {"from right to left",
     "a\xe2\x80\xae"
     "b",
     "a\\u{202e}b"},
    {"an isolate", "\xe2\x81\xa6", "\\u{2066}"},
    {"a line separator", "\xe2\x80\xa8", "\\u{2028}"},
    {"a byte order mark", "\xef\xbb\xbf", "\\u{feff}"},
    {"a lone continuation", "a\x80z", "a\\x80z"},
    {"a cut character", "a\xe2\x80", "a\\xe2\\x80"},
    {"an overlong form", "\xc0\xaf", "\\xc0\\xaf"},
    {"an overlong form of three", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
    {"a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
    {"beyond the last character", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
};
std::ostream& operator<<(std::ostream& out, const Escape& row) { return out << row.name; }

}  // namespace

BOOST_AUTO_TEST_SUITE(a_duration)

BOOST_DATA_TEST_CASE(is_numbers_with_units_from_large_to_small, bdata::make(durations), row) {
  BOOST_TEST((parse_duration(row.text) == row.value));
}

BOOST_AUTO_TEST_CASE(is_printed_in_its_two_largest_units) {
  BOOST_TEST(print_duration(0s) == "0 s");
  BOOST_TEST(print_duration(32h + 59min) == "1 d 8 h");
  BOOST_TEST(print_duration(24h + 59min) == "1 d");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_time)

BOOST_DATA_TEST_CASE(is_told_from_now, bdata::make(relatives), row) {
  BOOST_TEST(print_relative(noon + row.away, noon) == row.text);
}

BOOST_DATA_TEST_CASE(is_read_in_one_form, bdata::make(times), row) {
  BOOST_TEST((parse_rfc3339(row.text) == row.value));
}

BOOST_AUTO_TEST_CASE(is_printed_as_it_is_read) {
  for (const Time time : {Time(), noon, Time(Seconds(253'402'300'799))}) {
    BOOST_TEST((parse_rfc3339(print_rfc3339(time)) == time));
  }
  BOOST_TEST(print_rfc3339(noon) == "2026-09-21T14:13:20Z");
}

BOOST_AUTO_TEST_CASE(is_shown_in_the_zone_of_the_user) {
  ::setenv("TZ", "CET-1", 1);
  ::tzset();
  BOOST_TEST(print_local(noon) == "2026-09-21 15:13:20");
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  BOOST_TEST(print_local(noon) == "2026-09-21 14:13:20");
}

BOOST_AUTO_TEST_CASE(in_fields_is_decimal_seconds_up_to_the_year_9999) {
  BOOST_TEST((parse_unix("1790000000") == noon));
  BOOST_TEST((parse_unix("253402300799") == Time(Seconds(253'402'300'799))));
  for (const char* wrong : {"", "-1", "1.5", "1790000000 ", "x", "253402300800"}) {
    BOOST_TEST(!parse_unix(wrong).has_value(), wrong);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_text_of_somebody_else)

BOOST_DATA_TEST_CASE(cannot_act_on_a_terminal, bdata::make(escapes), row) {
  BOOST_TEST(escaped(row.text) == row.safe);
}

BOOST_AUTO_TEST_CASE(is_measured_in_characters) {
  BOOST_TEST(width_of("") == 0U);
  BOOST_TEST(width_of("abc") == 3U);
  BOOST_TEST(width_of("Größe") == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::text_test
