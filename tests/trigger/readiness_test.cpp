#include "trigger/readiness.h"

#include <cerrno>

#include <boost/test/unit_test.hpp>

#include "tests/trigger/workshop.h"
#include "trigger/kdc_link.h"

namespace waybill::test::readiness_test {
namespace {

using trigger::lacks;

struct Fixture : Workshop {
  Fixture() { parts().standing->kdc_answers = true; }
  Answered ready() { return send(request_of("GET", "/readyz"), ""); }
  static bool says(std::string_view text) {
    return metrics().text().find(text) != std::string::npos;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_trigger_is_ready, Fixture)

BOOST_AUTO_TEST_CASE(while_its_kdc_and_its_engine_are_there) {
  BOOST_TEST(lacks(parts()).empty());
  BOOST_TEST(ready().status == 200);
  parts().standing->kdc_answers = false;
  BOOST_TEST(ready().status == 503);
  parts().standing->kdc_answers = true;
  parts().standing->engine_works = false;
  BOOST_TEST(ready().status == 503);
}

BOOST_AUTO_TEST_CASE(not_before_a_kdc_has_said_what_the_realm_is) {
  restart_without_realm();
  parts().standing->kdc_answers = true;
  BOOST_TEST_REQUIRE(lacks(parts()).size() == 1U);
  BOOST_TEST(lacks(parts()).front() == "no KDC has answered since the start");
}

BOOST_AUTO_TEST_CASE(as_its_link_says_after_each_tick) {
  std::vector<bool> said;
  trigger::KdcLink link({clock,
                         identity(),
                         engine(),
                         kdc,
                         feed_sync(),
                         "http://trigger.example",
                         {},
                         {},
                         [&](bool answers) { said.push_back(answers); }});
  link.tick();
  Errand errand;
  errand.workflow_id = "w-1";
  BOOST_TEST(submit("carol", errand).status == 202);
  BOOST_TEST(ask("carol", "POST", "/v1/workflows/w-1/cancel").status == 200);
  kdc.away = true;
  link.tick();  // it has an end to report
  kdc.away = false;
  link.tick();
  BOOST_TEST(said == (std::vector<bool>{true, false, true}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_trigger_counts, Fixture)

BOOST_AUTO_TEST_CASE(leases_and_work_of_the_moment) {
  const HttpServer none({}, [](const HttpRequest&) { return HttpReply{}; });
  const auto text = [&] { return metrics().text(figures(parts(), none)); };
  submit("carol");
  BOOST_TEST(text().find("\nwaybill_work_open 1\n") != std::string::npos);
  BOOST_TEST(text().find("\nwaybill_leases 0\n") != std::string::npos);
  poll("queue-alice");
  BOOST_TEST(text().find("\nwaybill_leases 1\n") != std::string::npos);
  for (const char* name : {"carol", "queue-alice", "trigger/orders", "invoice-report"}) {
    BOOST_TEST(text().find(name) == std::string::npos, name);
  }
}

BOOST_AUTO_TEST_CASE(requests_by_operation_and_refusals_by_code) {
  submit("carol");
  BOOST_TEST(says(R"(waybill_operations_total{operation="submit",outcome="done"})"));
  const std::string code(describe(Errc::grant_missing).name);
  const auto refused = [&code] {  // whatever the order of the labels; others have counted before
    const std::string text = metrics().text();
    for (const std::string& labels : {"operation=\"submit\",code=\"" + code + "\"} ",
                                      "code=\"" + code + "\",operation=\"submit\"} "}) {
      const auto at = text.find(labels);
      if (at != std::string::npos) return std::stod(text.substr(at + labels.size()));
    }
    return 0.0;
  };
  const double before = refused();
  kdc.policy = Errc::grant_missing;
  Errand other;
  other.workflow_id = "w-2";
  BOOST_TEST(submit("carol", other).status == 403);
  BOOST_TEST(refused() == before + 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_request, Fixture)

BOOST_AUTO_TEST_CASE(keeps_the_id_that_it_came_with) {
  HttpRequest request = request_of("GET", "/v1/nothing");
  request.headers["X-Request-Id"] = "from-the-client.1";
  const HttpReply reply = api().answer(request);
  BOOST_TEST(reply.headers.at("X-Request-Id") == "from-the-client.1");
  BOOST_TEST(reply.body.find("\"request_id\":\"from-the-client.1\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(gets_an_id_when_it_has_none_or_one_that_is_not_plain) {
  HttpRequest request = request_of("GET", "/healthz");
  const std::string first = api().answer(request).headers.at("X-Request-Id");
  request.headers["X-Request-Id"] = "a\nb";
  const std::string second = api().answer(request).headers.at("X-Request-Id");
  BOOST_TEST(first.size() == 16U);
  BOOST_TEST(second.size() == 16U);
  BOOST_TEST(first != second);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::readiness_test
