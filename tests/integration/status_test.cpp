#include <signal.h>

#include <sstream>

#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"
#include "ticket/adapters/base64.h"

namespace waybill::test::status_test {
namespace {

using namespace std::chrono_literals;

/// Three daemons with their pages for operators.
struct Fixture {
  std::uint16_t kdc_port = free_port(), trigger_port = free_port(), worker_port = free_port();
  LiveRealm realm{{{"status_listen", "\"" + address(kdc_port) + "\""}}};
  LiveTrigger trigger{realm, "trigger/orders", {"--status-listen", address(trigger_port)}};
  LiveWorker worker{
      realm,
      trigger.url(),
      {.handlers = {{"invoice-report", "cat"}}, .more = {"--status-listen", address(worker_port)}}};

  static std::string address(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }
  static HttpReply get(std::uint16_t port, const char* path) {
    return HttpClient("http://" + address(port)).get(path);
  }
  static bool is_ready(std::uint16_t port) {
    try {
      return get(port, "/readyz").status == 200;
    } catch (const HttpError&) {
      return false;
    }
  }
  bool are_ready() const {
    return is_ready(kdc_port) && is_ready(trigger_port) && is_ready(worker_port);
  }
};

// A number of /metrics; -1: there is none.
double number(std::uint16_t port, const std::string& row) {
  const std::string text = "\n" + Fixture::get(port, "/metrics").body;
  const std::size_t at = text.find("\n" + row + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + row.size() + 2));
}

HttpReply submit_with_id(const Person& person, const Errand& errand, const std::string& url,
                         const std::string& id) {
  const nlohmann::json body{{"workflow_type", errand.type},
                            {"queue", errand.queue},
                            {"actions", errand.actions},
                            {"input", to_base64(bytes_of(errand.input))}};
  const HttpHeaders headers{{"Authorization", "Waybill " + to_base64url(person.delegation(errand))},
                            {"X-Request-Id", id}};
  return HttpClient(url).send("POST", "/v1/workflows", "application/json", body.dump(), headers);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_daemons_of_a_realm, Fixture)

BOOST_AUTO_TEST_CASE(count_the_work_that_went_through_them) {
  BOOST_TEST(eventually([&] { return are_ready(); }));
  Person carol(realm, "carol");
  FrontDoor door(trigger.url());
  const auto sent = door.submit(carol, {});
  BOOST_TEST_REQUIRE(sent.status == 202, sent.body.dump());
  BOOST_TEST(door.wait(carol, sent.body.at("workflow_id")).value("status", "") == "completed");
  BOOST_TEST(number(kdc_port, R"(waybill_operation_seconds_count{operation="tgs.delegate"})") == 1);
  BOOST_TEST(number(trigger_port, R"(waybill_operation_seconds_count{operation="submit"})") == 1);
  const char* verified = R"(waybill_operation_seconds_sum{operation="verify"})";
  const char* activity = R"(waybill_operation_seconds_sum{operation="activity"})";
  BOOST_TEST(eventually([&] { return number(worker_port, activity) > 0; }));
  BOOST_TEST(number(worker_port, verified) > 0);
  BOOST_TEST(number(worker_port, verified) < number(worker_port, activity));
  for (const std::uint16_t port : {kdc_port, trigger_port, worker_port}) {
    const std::string text = get(port, "/metrics").body;
    for (const char* name : {"carol", "queue-alice", "trigger/orders", "invoice", "WAYBILL"}) {
      BOOST_TEST(text.find(name) == std::string::npos, name);
    }
  }
}

BOOST_AUTO_TEST_CASE(say_what_they_lack_when_the_kdc_is_gone) {
  BOOST_TEST(eventually([&] { return are_ready(); }));
  realm.kdc().kill();
  BOOST_TEST(eventually([&] { return !is_ready(trigger_port); }));
  BOOST_TEST(get(trigger_port, "/readyz").body.find("KDC") != std::string::npos);
  BOOST_TEST(get(trigger_port, "/healthz").status == 200);
  BOOST_TEST(number(trigger_port, "waybill_ready") == 0);
  realm.start_kdc();
  BOOST_TEST(eventually([&] { return are_ready(); }));
}

BOOST_AUTO_TEST_CASE(log_one_request_under_one_id) {
  Person carol(realm, "carol");
  const HttpReply reply = submit_with_id(carol, {}, trigger.url(), "shop-42");
  BOOST_TEST_REQUIRE(reply.status == 202, reply.body);
  BOOST_TEST(reply.headers.at("X-Request-Id") == "shop-42");
  const std::string field = "\"request_id\":\"shop-42\"";
  BOOST_TEST(trigger.daemon().says(field));
  BOOST_TEST(realm.kdc().says(field));
}

BOOST_AUTO_TEST_CASE(log_a_piece_of_work_to_its_end_under_the_id_of_its_request) {
  Person carol(realm, "carol");
  BOOST_TEST_REQUIRE(submit_with_id(carol, {}, trigger.url(), "shop-43").status == 202);
  BOOST_TEST_REQUIRE(worker.daemon().says("job_completed"));
  const auto lines = [](const std::string& log) {
    std::string events;
    std::istringstream in(log);
    for (std::string line; std::getline(in, line);) {
      if (line.find("\"request_id\":\"shop-43\"") == std::string::npos) continue;
      events += std::string(nlohmann::json::parse(line)["event"]) + " ";
    }
    return events;
  };
  BOOST_TEST(lines(worker.daemon().log()) == "job_accepted job_completed ");
  BOOST_TEST(lines(trigger.daemon().log()) == "workflow_accepted job_handed_out job_ended ");
  BOOST_TEST(lines(realm.kdc().log()) == "operation ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_refused_request)

BOOST_AUTO_TEST_CASE(is_part_of_a_summary_and_a_line_for_who_asks_for_lines) {
  LiveRealm realm;
  const auto refused_at = [&](const std::string& path) {
    return HttpClient("http://127.0.0.1:" + std::to_string(realm.kdc_port())).get(path).status;
  };
  BOOST_TEST(refused_at("/nowhere") == 404);
  BOOST_TEST(realm.kdc().says("\"event\":\"requests_refused\""));
  BOOST_TEST(realm.kdc().log().find("\"request_refused\"") == std::string::npos);
  realm.change_settings({{"log_level", "\"debug\""}});
  ::kill(realm.kdc().pid(), SIGHUP);
  BOOST_TEST(realm.kdc().says("\"reloaded\""));
  BOOST_TEST(refused_at("/nowhere/else") == 404);
  BOOST_TEST(realm.kdc().says("\"path\":\"/nowhere/else\""));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::status_test
