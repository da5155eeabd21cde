#include "ticket/adapters/request_id.h"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/captured.h"
#include "ticket/adapters/log.h"

namespace waybill::test::request_id_test {

BOOST_AUTO_TEST_SUITE(the_id_of_a_request)

BOOST_AUTO_TEST_CASE(is_taken_over_when_it_is_a_plain_word) {
  for (const std::string& good : {std::string("a"), std::string("Zz09._-"), std::string(64, 'x')}) {
    BOOST_TEST(RequestScope(good).id() == good);
  }
}

BOOST_AUTO_TEST_CASE(is_not_taken_over_when_it_could_mean_something_in_a_log) {
  for (const std::string& bad :
       {std::string(), std::string(65, 'x'), std::string("a b"),
        std::string("a\n{\"level\":\"error\"}"), std::string("\"},{"), std::string("a=b"),
        std::string("\xc3\xa4"), std::string(1, '\0')}) {
    BOOST_TEST(RequestScope(bad).id().empty());
  }
}

BOOST_AUTO_TEST_CASE(is_made_when_there_is_none_and_only_then) {
  RequestScope first({});
  RequestScope second("");
  first.make();
  second.make();
  BOOST_TEST(first.id().size() == 16U);
  BOOST_TEST(first.id() != second.id());
  RequestScope given("given");
  BOOST_TEST(given.make().id() == "given");
}

BOOST_AUTO_TEST_CASE(is_of_its_thread_and_ends_with_its_scope) {
  BOOST_TEST(current_request_id().empty());
  {
    const RequestScope outer("outer");
    {
      const RequestScope inner("inner");
      BOOST_TEST(current_request_id() == "inner");
    }
    BOOST_TEST(current_request_id() == "outer");
    std::thread([] { BOOST_TEST(current_request_id().empty()); }).join();
  }
  BOOST_TEST(current_request_id().empty());
}

BOOST_AUTO_TEST_CASE(stands_in_each_line_that_is_logged_meanwhile) {
  const std::string json = stderr_of([] {
    set_log_form(LogForm::json);
    const RequestScope scope("abc.1");
    log_info("refused", {{"code", "WB-POLICY"}});
  });
  BOOST_TEST(
      json.ends_with("\"event\":\"refused\",\"code\":\"WB-POLICY\",\"request_id\":\"abc.1\"}\n"));
  const std::string text = stderr_of([] {
    set_log_form(LogForm::text);
    const RequestScope scope("abc.1");
    log_info("refused");
  });
  BOOST_TEST(text.ends_with("info refused request_id=abc.1\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::request_id_test
