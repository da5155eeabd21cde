#include "worker/sources.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/worker/small_kdc.h"
#include "tests/worker/small_trigger.h"
#include "ticket/wire/limits.h"

namespace waybill::test::sources_test {
namespace {

using nlohmann::json;
using worker::Lease;
using worker::TriggerSource;

const std::string poll_path = "/v1/queues/queue-alice/poll";
const Lease lease{"run-1", "00ff", 30s};

json some_job() {
  return {{"namespace", "default"}, {"workflow_id", "w-1"}, {"workflow_type", "t"},
          {"run_id", "run-1"},      {"attempt", 1},         {"started_at", 1'790'000'000},
          {"ticket", "AAEC"},       {"input", "AAEC"},      {"lease", "00ff"},
          {"lease_seconds", 30}};
}

struct Fixture {
  ManualClock clock;
  TestRealm realm;
  TestFeed feed{realm};
  SmallKdc kdc{realm, feed, clock};
  SmallTrigger trigger{realm, clock};
  KdcClient client{kdc.realm_file(), clock};
  ServicePrincipal self{client, realm.keytab("queue-alice"), clock};
  TriggerSource source{trigger.url(), {}, self, clock};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_trigger_as_a_source, Fixture)

BOOST_AUTO_TEST_CASE(gives_a_job_to_a_worker_that_presents_its_own_ticket) {
  trigger.hand_out(some_job());
  const auto jobs = source.poll(1s);
  BOOST_TEST_REQUIRE(bool(jobs));
  BOOST_TEST_REQUIRE(jobs->size() == 1U);
  BOOST_TEST(jobs->front().lease.run_id == "run-1");
  BOOST_TEST(bool(jobs->front().job));
  const auto none = source.poll(1s);
  BOOST_TEST_REQUIRE(bool(none));
  BOOST_TEST(none->empty());
  BOOST_TEST(trigger.count("/v1/info") == 1);
  BOOST_TEST(kdc.count("/v1/as") == 1);
  BOOST_TEST(kdc.count("/v1/call") == 1);
}

BOOST_AUTO_TEST_CASE(hears_each_kind_of_report) {
  BOOST_TEST(outcome(source.heartbeat(lease, {})) == accepted);
  BOOST_TEST(trigger.count("/v1/jobs/run-1/heartbeat") == 1);
  BOOST_TEST(outcome(source.complete(lease, Buffer{0, 1, 2})) == accepted);
  BOOST_TEST(outcome(source.fail(lease, "no disk", true)) == accepted);
  BOOST_TEST(outcome(source.refuse(lease, Errc::bad_proof)) == accepted);
  const auto completed = trigger.report();
  BOOST_TEST_REQUIRE(completed.has_value());
  BOOST_TEST(completed->path == "run-1/complete");
  BOOST_TEST(completed->caller == "queue-alice@DEMO.TEST");
  BOOST_TEST(completed->body == json({{"lease", "00ff"}, {"result", "AAEC"}}));
  const auto failed = trigger.report();
  BOOST_TEST_REQUIRE(failed.has_value());
  BOOST_TEST(failed->path == "run-1/fail");
  BOOST_TEST(failed->body == json({{"lease", "00ff"}, {"message", "no disk"}, {"retry", true}}));
  const auto refused = trigger.report();
  BOOST_TEST_REQUIRE(refused.has_value());
  BOOST_TEST(refused->path == "run-1/refuse");
  BOOST_TEST(refused->body.at("code") == "WB-TICKET-PROOF");
}

BOOST_AUTO_TEST_CASE(takes_a_result_as_large_as_there_may_be, *boost::unit_test::label("slow")) {
  BOOST_TEST(outcome(source.complete(lease, Buffer(limits::max_input + 72, 7))) == accepted);
}

BOOST_AUTO_TEST_CASE(is_asked_once_more_when_it_is_another_instance_now) {
  BOOST_TEST(outcome(source.heartbeat(lease, {})) == accepted);
  trigger.restart();
  BOOST_TEST(outcome(source.heartbeat(lease, {})) == accepted);
  BOOST_TEST(trigger.count("/v1/jobs/run-1/heartbeat") == 3);
  BOOST_TEST(outcome(source.heartbeat(lease, {})) == accepted);
  BOOST_TEST(trigger.count("/v1/jobs/run-1/heartbeat") == 4);  // the new one is remembered
  BOOST_TEST(kdc.count("/v1/call") == 1);                      // the ticket is the same
}

BOOST_AUTO_TEST_CASE(that_never_takes_our_ticket_is_asked_twice_and_no_more) {
  trigger.answer_with("/v1/jobs/run-1/heartbeat", error_reply(401, Errc::unknown_kvno));
  BOOST_TEST(outcome(source.heartbeat(lease, {})) == Errc::unknown_kvno);
  BOOST_TEST(trigger.count("/v1/jobs/run-1/heartbeat") == 2);
  BOOST_TEST(kdc.count("/v1/call") == 2);  // with a new ticket
  trigger.answer_as_usual("/v1/jobs/run-1/heartbeat");
  BOOST_TEST(outcome(source.heartbeat(lease, {})) == accepted);
}

BOOST_AUTO_TEST_CASE(may_refuse_and_says_why) {
  const std::string path = "/v1/jobs/run-1/complete";
  trigger.answer_with(path, error_reply(409, Errc::lease_lost));
  BOOST_TEST(outcome(source.complete(lease, {})) == Errc::lease_lost);
  BOOST_TEST(trigger.count(path) == 1);
  trigger.answer_with(path, {503});
  BOOST_TEST(outcome(source.complete(lease, {})) == Errc::busy);
}

BOOST_AUTO_TEST_CASE(that_does_not_speak_as_a_trigger_is_an_environment_that_fails) {
  trigger.answer_with(poll_path, {500, "text/html", "<h1>oops</h1>"});
  BOOST_CHECK_THROW(source.poll(1s), HttpError);
  trigger.answer_with("/v1/info", {200, "application/json", "{}"});
  TriggerSource other(trigger.url(), {}, self, clock);
  BOOST_CHECK_THROW(other.poll(1s), HttpError);
  TriggerSource nobody("http://127.0.0.1:1", {}, self, clock);
  BOOST_CHECK_THROW(nobody.poll(1s), HttpError);
}

BOOST_AUTO_TEST_CASE(may_not_hand_out_nonsense) {
  const auto judge = [&](const json& body) {
    trigger.answer_with(poll_path, {200, "application/json", body.dump()});
    return outcome(source.poll(1s));
  };
  BOOST_TEST(judge({{"jobs", "none"}}) == Errc::malformed);
  BOOST_TEST(judge({{"jobs", {some_job(), some_job()}}}) == Errc::limit_exceeded);
  BOOST_TEST(judge({{"jobs", {{{"run_id", "run-1"}}}}}) == Errc::malformed);
  const json large{{"jobs", json::array()}, {"padding", std::string(7 << 20, 'x')}};
  BOOST_CHECK_THROW(judge(large), HttpError);
}

// What we present to it opens for the principal that it claims to be, and for nobody else.
BOOST_AUTO_TEST_CASE(gains_nothing_by_another_services_name) {
  trigger.call_itself("trigger/other@DEMO.TEST");
  BOOST_TEST(outcome(source.poll(1s)) == Errc::wrong_audience);
  BOOST_TEST(!trigger.count("/v1/jobs/run-1/heartbeat"));
}

BOOST_AUTO_TEST_CASE(of_another_realm_is_shown_nothing) {
  trigger.call_itself("trigger/orders@OTHER.TEST");
  BOOST_TEST(outcome(source.poll(1s)) == Errc::wrong_realm);
  BOOST_TEST(trigger.count(poll_path) == 0);
}

BOOST_AUTO_TEST_CASE(is_introduced_with_a_ticket_or_not_at_all) {
  const auto introduced = source.introduce();
  BOOST_TEST_REQUIRE(bool(introduced));
  BOOST_TEST(introduced->text() == "trigger/orders@DEMO.TEST");
  const Keytab wrong_key(realm.principal("queue-alice"), {Kvno{1}, noon, PrincipalKey::random()});
  ServicePrincipal stranger(client, wrong_key, clock);
  TriggerSource other(trigger.url(), {}, stranger, clock);
  BOOST_TEST(outcome(other.introduce()) == Errc::login_failed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::sources_test
