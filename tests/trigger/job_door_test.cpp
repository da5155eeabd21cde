#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"
#include "ticket/exchange/fields.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test::job_door_test {
namespace {

using nlohmann::json;

std::string name_of(Errc code) { return std::string(describe(code).name); }

void check_refusal(const Answered& reply, int status, Errc expected) {
  BOOST_TEST(reply.status == status, reply.body.dump());
  BOOST_TEST(reply.code() == name_of(expected));
}

struct Working : BusyWorkshop {
  Working()
      : path("/v1/jobs/" + job.at("run_id").get<std::string>()),
        lease{{"lease", job.at("lease")}} {}
  Answered tell(const std::string& verb, const json& body, const std::string& who = "queue-alice") {
    return ask(who, "POST", path + verb, body);
  }
  json report(const json& more) const {
    json body = lease;
    body.update(more);
    return body;
  }
  std::string status() { return ask("carol", "GET", "/v1/workflows/" + workflow).text("status"); }
  json trouble() { return ask("carol", "GET", "/v1/workflows/" + workflow).body.at("error"); }

  std::string path;
  json lease;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_poll)

BOOST_AUTO_TEST_CASE(is_for_the_queue_of_that_name_alone) {
  Workshop shop;
  BOOST_TEST(shop.submit("carol").status == 202);
  const json body{{"wait_seconds", 0}, {"max", 1}};
  for (const char* stranger : {"queue-bob", "carol", "alice", "trigger/orders"}) {
    check_refusal(shop.ask(stranger, "POST", "/v1/queues/queue-alice/poll", body), 403,
                  Errc::not_permitted);
  }
  BOOST_TEST(shop.poll("queue-bob").body.at("jobs").empty());
  BOOST_TEST(shop.poll("queue-alice").body.at("jobs").size() == 1U);
}

BOOST_AUTO_TEST_CASE(knows_queues_with_a_slash_in_their_name) {
  Workshop shop;
  Errand errand;
  errand.queue = "tenants/alice/poll";
  BOOST_TEST(shop.submit("carol", errand).status == 202);
  BOOST_TEST(shop.poll("tenants/alice/poll").body.at("jobs").size() == 1U);
}

BOOST_AUTO_TEST_CASE(gives_what_a_worker_needs_and_nothing_more) {
  Working shop;
  const json expected{"attempt",   "input",       "lease",        "lease_seconds",
                      "namespace", "request_id",  "run_id",       "started_at",
                      "ticket",    "workflow_id", "workflow_type"};
  json names = json::array();
  for (const auto& [name, value] : shop.job.items()) names.push_back(name);
  BOOST_TEST(names == expected);
  BOOST_TEST(shop.job.at("lease_seconds") == 30);
  BOOST_TEST(shop.job.at("attempt") == 1);
}

BOOST_AUTO_TEST_CASE(refuses_what_it_was_not_made_for) {
  Workshop shop;
  const auto poll = [&](const json& body) {
    return shop.ask("queue-alice", "POST", "/v1/queues/queue-alice/poll", body);
  };
  BOOST_TEST(poll(json::object()).status == 200);
  check_refusal(poll({{"max", 0}}), 400, Errc::malformed);
  check_refusal(poll({{"max", 17}}), 413, Errc::limit_exceeded);
  check_refusal(poll({{"wait_seconds", 31}}), 413, Errc::limit_exceeded);
  check_refusal(poll({{"wait_seconds", -1}}), 400, Errc::malformed);
  check_refusal(poll({{"queue", "queue-bob"}}), 400, Errc::malformed);
  check_refusal(poll(json::array()), 400, Errc::malformed);
  check_refusal(shop.ask("queue-alice", "POST", "/v1/queues/queue-alice/poll"), 400,
                Errc::malformed);
}

BOOST_AUTO_TEST_CASE(waits_for_work) {
  Workshop shop;
  const Buffer delegation = shop.delegation("carol", Errand{});
  shop.ticket("queue-alice");
  Answered polled{};
  std::thread worker([&] { polled = shop.poll("queue-alice", 20); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  BOOST_TEST(shop.submit(delegation, body_of(Errand{})).status == 202);
  worker.join();
  BOOST_TEST(polled.body.at("jobs").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_job)

BOOST_AUTO_TEST_CASE(ends_with_the_result_of_its_worker) {
  Working shop;
  BOOST_TEST(shop.tell("/heartbeat", shop.lease).status == 200);
  BOOST_TEST(shop.complete(shop.job, "r").body == json::object());
  BOOST_TEST(shop.status() == "completed");
  BOOST_TEST(shop.complete(shop.job, "r").status == 200);  // said twice
  check_refusal(shop.tell("/heartbeat", shop.lease), 409, Errc::already_ended);
}

BOOST_AUTO_TEST_CASE(is_for_who_holds_its_lease) {
  Working shop;
  const json guessed{{"lease", to_hex(random_bytes<16>())}};
  check_refusal(shop.tell("/heartbeat", guessed), 409, Errc::lease_lost);
  check_refusal(shop.tell("/heartbeat", shop.lease, "queue-bob"), 404, Errc::not_owner);
  check_refusal(shop.tell("/heartbeat", shop.lease, "carol"), 404, Errc::not_owner);
  const json failed = shop.report({{"message", "m"}, {"retry", false}});
  const json refused = shop.report({{"code", "WB-TICKET-QUEUE"}, {"message", "m"}});
  const json completed = shop.report({{"result", to_base64(shop.sealed_result(shop.job, "r"))}});
  check_refusal(shop.tell("/fail", failed, "queue-bob"), 404, Errc::not_owner);
  check_refusal(shop.tell("/refuse", refused, "queue-bob"), 404, Errc::not_owner);
  check_refusal(shop.tell("/complete", completed, "queue-bob"), 404, Errc::not_owner);
  shop.path = "/v1/jobs/" + std::string(32, '0');
  check_refusal(shop.tell("/heartbeat", shop.lease), 404, Errc::not_owner);
  shop.path = "/v1/jobs/not-hex";
  check_refusal(shop.tell("/heartbeat", shop.lease), 404, Errc::not_owner);
  BOOST_TEST(shop.status() == "running");
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_forged_result) {
  Working shop;
  const Buffer forged = seal_result(
      SessionKey::random(), {{}, shop.workflow, shop.job.at("run_id")}, bytes_of("all paid"));
  check_refusal(shop.tell("/complete", shop.report({{"result", to_base64(forged)}})), 403,
                Errc::bad_result);
  BOOST_TEST(shop.status() == "running");
  shop.clock.advance(30s);
  shop.engine().sweep();
  BOOST_TEST(shop.status() == "queued");
  shop.clock.advance(1s);
  const json again = shop.poll("queue-alice").body.at("jobs").at(0);
  BOOST_TEST(again.at("attempt") == 2);
  BOOST_TEST(again.at("run_id") == shop.job.at("run_id"));
  BOOST_TEST(shop.complete(again, "r").status == 200);
  BOOST_TEST(shop.status() == "completed");
}

BOOST_AUTO_TEST_CASE(is_tried_again_after_a_failure) {
  Working shop;
  BOOST_TEST(shop.tell("/fail", shop.report({{"message", "exit 1"}, {"retry", true}})).status ==
             200);
  BOOST_TEST(shop.status() == "queued");
  const json expected{{"code", "WB-JOB-FAILED"}, {"message", "exit 1"}};
  BOOST_TEST(shop.trouble() == expected);
  check_refusal(shop.tell("/heartbeat", shop.lease), 409, Errc::lease_lost);
}

BOOST_AUTO_TEST_CASE(is_not_tried_again_after_a_refusal) {
  struct Row {
    const char* code;
    const char* kept;
  };
  for (const Row& row : {Row{"WB-TICKET-REVOKED", "WB-TICKET-REVOKED"},
                         {"WB-HANDLER", "WB-HANDLER"},
                         {"WB-OF-TOMORROW", "WB-POLICY"},
                         {"", "WB-POLICY"}}) {
    Working shop;
    const Answered told =
        shop.tell("/refuse", shop.report({{"code", row.code}, {"message", "sentence"}}));
    BOOST_TEST(told.status == 200);
    BOOST_TEST(shop.status() == "refused");
    const json expected{{"code", row.kept}, {"message", "sentence"}};
    BOOST_TEST(shop.trouble() == expected);
    shop.clock.advance(24h);
    shop.engine().sweep();
    BOOST_TEST(shop.poll("queue-alice").body.at("jobs").empty());
  }
}

BOOST_AUTO_TEST_CASE(is_not_ended_by_a_report_of_another_form) {
  Working shop;
  const std::string sealed = to_base64(shop.sealed_result(shop.job, "r"));
  struct Row {
    const char* verb;
    json body;
    int status;
    Errc expected;
  };
  const Row rows[] = {
      {"/heartbeat", json::object(), 400, Errc::malformed},
      {"/heartbeat", {{"lease", 7}}, 400, Errc::malformed},
      {"/heartbeat", {{"lease", "00"}}, 400, Errc::malformed},
      {"/heartbeat", {{"lease", std::string(32, 'A')}}, 400, Errc::malformed},
      {"/heartbeat", shop.report({{"more", 1}}), 400, Errc::malformed},
      {"/complete", shop.lease, 400, Errc::malformed},
      {"/complete", shop.report({{"result", "*"}}), 400, Errc::malformed},
      {"/complete", shop.report({{"result", sealed + "\n"}}), 400, Errc::malformed},
      {"/complete", shop.report({{"result", ""}}), 403, Errc::bad_result},
      {"/complete", {{"result", sealed}}, 400, Errc::malformed},
      {"/complete",
       shop.report({{"result", to_base64(Buffer(limits::max_input + seal_overhead + 1))}}), 413,
       Errc::limit_exceeded},
      {"/fail", shop.report({{"message", "m"}}), 400, Errc::malformed},
      {"/fail", shop.report({{"retry", true}}), 400, Errc::malformed},
      {"/fail", shop.report({{"message", "m"}, {"retry", "true"}}), 400, Errc::malformed},
      {"/fail", shop.report({{"message", std::string(20'000, 'x')}, {"retry", true}}), 413,
       Errc::limit_exceeded},
      {"/refuse", shop.report({{"message", "m"}}), 400, Errc::malformed},
      {"/refuse", shop.report({{"code", "WB-POLICY"}}), 400, Errc::malformed},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.verb << " " << row.body.dump().substr(0, 100)) {
      check_refusal(shop.tell(row.verb, row.body), row.status, row.expected);
    }
  }
  BOOST_TEST(shop.status() == "running");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::job_door_test
