#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"

namespace waybill::test::audit_test {
namespace {

using namespace std::chrono_literals;

/// A trigger, a worker of queue-alice, and carol, who may have invoice-report done there.
struct Fixture {
  LiveRealm realm;
  LiveTrigger trigger{realm};
  LiveWorker worker{realm, trigger.url(), {.handlers = {{"invoice-report", "cat"}}}};
  Person carol{realm, "carol"};
  FrontDoor door{trigger.url()};

  std::string finished_work() {
    const auto reply = door.submit(carol, {});
    BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
    const std::string id = reply.body.at("workflow_id");
    const auto state = door.wait(carol, id, 30s);
    BOOST_TEST_REQUIRE(state.value("status", "") == "completed", state.dump());
    return id;
  }
  std::string trace(const std::string& id, const std::string& who) {
    return realm.waybill({"audit", "trace", id, "--json"}, who).out;
  }
  bool has_verdict(const std::string& id) {
    return trace(id, "carol").find("\"event\": \"verdict\"") != std::string::npos;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_audit_trail_of_real_processes, Fixture)

BOOST_AUTO_TEST_CASE(has_the_worker_s_verdict_also_when_the_kdc_was_away_meanwhile) {
  realm.init("carol");
  const std::string first = finished_work();
  BOOST_TEST(eventually([&] { return has_verdict(first); }), trace(first, "carol"));
  realm.kdc().kill();
  realm.start_kdc();
  const std::string second = finished_work();
  BOOST_TEST(eventually([&] { return has_verdict(second); }), trace(second, "carol"));
  realm.init("operator");
  const auto records = nlohmann::json::parse(trace(first, "operator"))["records"];
  std::vector<std::string> events;
  for (const auto& record : records) events.push_back(record["event"]);
  BOOST_TEST(std::ranges::count(events, "verdict") == 1);
  for (const char* event : {"login", "tgs.delegate", "complete"}) {
    BOOST_TEST(std::ranges::count(events, event) == 1, event);
  }
  BOOST_TEST(realm.waybill({"audit", "verify"}, "operator").status == 0);
  BOOST_TEST(realm.waybill({"why", first}, "carol").status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_test
