#include "ticket/adapters/refused_requests.h"

#include <boost/test/unit_test.hpp>

#include "tests/adapters/captured.h"
#include "tests/support/manual_clock.h"
#include "ticket/adapters/log.h"

namespace waybill::test::refused_requests_test {
namespace {

/// How often `word` stands in `text`.
std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refused_requests)

BOOST_AUTO_TEST_CASE(are_told_of_in_one_line_a_minute_however_many_there_are) {
  const std::string text = stderr_of([] {
    RefusedRequests refused;
    for (int second = 0; second < 120; ++second) {
      for (int i = 0; i < 50; ++i) refused.note(Errc::bad_tag);
      refused.note(Errc::malformed);
      refused.tick(noon + Seconds(second));
    }
  });
  BOOST_TEST(count_of(text, "\n") == 2U, text);
  BOOST_TEST(text.find(R"("event":"requests_refused","count":51,"codes":"WB-AUTH-TAG:50,)") !=
             text.npos);
  BOOST_TEST(text.find(R"("count":3060,"codes":"WB-AUTH-TAG:3000,)") != text.npos, text);
}

BOOST_AUTO_TEST_CASE(are_told_of_at_the_end_and_not_twice) {
  const std::string text = stderr_of([] {
    RefusedRequests refused;
    refused.note(Errc::bad_tag);
    refused.tick(noon);
    refused.note(Errc::busy);
    refused.tick(noon + 1s);
    refused.finish();
    refused.finish();
    refused.tick(noon + 10min);
  });
  BOOST_TEST(count_of(text, "\n") == 2U, text);
}

BOOST_AUTO_TEST_CASE(are_told_of_when_the_clock_was_set_back) {
  const std::string text = stderr_of([] {
    RefusedRequests refused;
    for (const Time now : {noon, noon - 24h}) {
      refused.note(Errc::bad_tag);
      refused.tick(now);
    }
  });
  BOOST_TEST(count_of(text, "\n") == 2U, text);
}

BOOST_AUTO_TEST_CASE(name_the_most_frequent_codes_and_no_more) {
  const std::string text = stderr_of([] {
    RefusedRequests refused;
    for (const ErrorText& error : all_errors()) refused.note(error.code);
    refused.note(Errc::job_failed);
    refused.tick(noon);
  });
  BOOST_TEST(count_of(text, "WB-") == RefusedRequests::most_codes, text);
  BOOST_TEST(text.find(std::string(describe(Errc::job_failed).name) + ":2,") != text.npos, text);
}

BOOST_AUTO_TEST_CASE(are_silent_where_there_are_none) {
  BOOST_TEST(stderr_of([] {
               RefusedRequests refused;
               refused.tick(noon);
               refused.finish();
               log_debug("refused");
             }).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::refused_requests_test
