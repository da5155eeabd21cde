#include <boost/test/unit_test.hpp>

#include "tests/temporal/front_end_run.h"
#include "tests/temporal/temporal_queue.h"
#include "ticket/adapters/temporal_messages.h"
#include "trigger/temporal_engine.h"

namespace waybill::test::engine_test {
namespace {

using trigger::NewRun;
using trigger::Status;
using trigger::TemporalEngine;
using End = worker::Worker::End;

/// The trigger's half in front of the worker's.
struct BothHalves : TemporalQueue {
  std::unique_ptr<TemporalEngine> engine = open();

  std::unique_ptr<TemporalEngine> open(TemporalEngine::Options options = {}) {
    options.store = quick_store();
    return std::make_unique<TemporalEngine>(
        desk.scratch / "engine", MasterKey(Secret<32>::copy(FixedBytes<32>{7})),
        desk.realm.principal("trigger/orders"), *server, clock, options);
  }
  Result<trigger::Run> submit(TemporalEngine& to, std::uint8_t submission = 1) {
    const IssuedTicket issued = desk.realm.issue(desk.body());
    return submit(to, issued, submission);
  }
  Result<trigger::Run> submit(TemporalEngine& to, const IssuedTicket& issued,
                              std::uint8_t submission) {
    const worker::Job job = desk.job(issued, *desk.body().work);
    const Body body = desk.audience.open(issued.ticket)->body();
    return to.start({body.id, job.workflow_id, job.workflow_type, "queue-alice", body.subject,
                     issued, Digest{submission}, job.sealed_input});
  }
  Status status() { return engine->describe(work_id)->status; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_temporal_engine, BothHalves)

BOOST_AUTO_TEST_CASE(gives_the_owner_the_result_that_his_worker_sealed) {
  const auto run = submit(*engine);
  BOOST_TEST_REQUIRE(bool(run));
  BOOST_TEST((status() == Status::queued));
  BOOST_TEST(outcome(engine->result(run->id)) == Errc::not_ended);
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  BOOST_TEST((status() == Status::completed));
  const auto result = engine->result(run->id);
  BOOST_TEST_REQUIRE(bool(result));
  BOOST_TEST(text_of(*result) == "NUMBER,AMOUNT\n1,100\n");
  BOOST_TEST(engine->unreported({}, 10).size() == 1U);
  engine->reported({run->id});
  BOOST_TEST(engine->unreported({}, 10).empty());
}

BOOST_AUTO_TEST_CASE(does_not_believe_a_result_that_a_thief_of_the_queue_reported) {
  const auto run = submit(*engine);
  BOOST_TEST_REQUIRE(bool(run));
  BOOST_TEST(turn());
  front.steal_activity(work_id,
                       temporal::payload_of(temporal::result_encoding, bytes_of("all is well")));
  BOOST_TEST(turn());
  BOOST_TEST(state() == "COMPLETED");
  BOOST_TEST((status() == Status::failed));
  BOOST_TEST((engine->describe(work_id)->trouble->code == Errc::bad_result));
  BOOST_TEST(outcome(engine->result(run->id)) == Errc::already_ended);
}

BOOST_AUTO_TEST_CASE(opens_what_lies_at_the_server_for_who_names_its_workflow) {
  const auto opened = [&](const temporal::Payload& payload, PayloadKind kind) {
    const auto clear = engine->open(payload.work, {kind, payload.data});
    return clear ? std::string(text_of(*clear)) : std::string(outcome(clear).text());
  };
  BOOST_TEST(bool(submit(*engine)));
  const temporal::Execution current{work_id, server->describe({work_id, {}})->run_id};
  temporal::Payload input = server->first_event(current)->started->input.at(0);
  BOOST_TEST(input.work == work_id);
  BOOST_TEST(opened(input, PayloadKind::input) == "number,amount\n1,100\n");
  BOOST_TEST(opened(input, PayloadKind::result) == "WB-PAYLOAD");
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  const temporal::Payload result = server->last_event(current)->result.at(0);
  BOOST_TEST(result.work == work_id);
  BOOST_TEST(opened(result, PayloadKind::result) == "NUMBER,AMOUNT\n1,100\n");
  BOOST_TEST(opened(result, PayloadKind::input) == "WB-PAYLOAD");
  input.data.back() ^= 1U;
  BOOST_TEST(opened(input, PayloadKind::input) == "WB-PAYLOAD");
  input.work = "invoice-report-2";
  BOOST_TEST(opened(input, PayloadKind::input) == "WB-NOT-OWNER");
  BOOST_TEST(!engine->evidence("invoice-report-2"));
  BOOST_TEST(engine->evidence(work_id).has_value());
}

BOOST_AUTO_TEST_CASE(tells_why_a_worker_refused) {
  BOOST_TEST(bool(submit(*engine)));
  kdc.change([&] { desk.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST"); });
  BOOST_TEST(upkeep.sync_feed());
  BOOST_TEST(turn());
  BOOST_TEST((status() == Status::refused));
  BOOST_TEST((engine->describe(work_id)->trouble->code == Errc::revoked));
}

BOOST_AUTO_TEST_CASE(keeps_work_over_a_restart_and_starts_it_once) {
  const IssuedTicket issued = desk.realm.issue(desk.body());
  const auto run = submit(*engine, issued, 1);
  BOOST_TEST_REQUIRE(bool(run));
  engine.reset();
  engine = open();
  const auto again = submit(*engine, issued, 1);
  BOOST_TEST_REQUIRE(bool(again));
  BOOST_TEST((again->id == run->id));
  engine->sweep();
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  engine->sweep();
  BOOST_TEST(outcome(engine->result(run->id)) == accepted);
}

BOOST_AUTO_TEST_CASE(refuses_a_workflow_id_that_somebody_else_took_at_the_server) {
  auto other = request(desk.body());
  const auto begun = server->start(other);
  BOOST_TEST_REQUIRE(bool(begun));
  BOOST_TEST(outcome(submit(*engine)) == Errc::already_exists);
  BOOST_TEST((engine->holder(work_id) == begun->run_id));
  BOOST_TEST(!engine->holder("w-nobody").has_value());
  BOOST_TEST(!engine->describe(work_id).has_value());
}

BOOST_AUTO_TEST_CASE(keeps_work_while_the_server_is_away_and_gives_up_at_start_by,
                     *boost::unit_test::label("slow")) {
  const auto nobody = temporal::connect({"127.0.0.1:1", "default", {}, {}, {}});
  TemporalEngine::Options options;
  options.store = quick_store();
  TemporalEngine alone(desk.scratch / "alone", MasterKey(Secret<32>::copy(FixedBytes<32>{7})),
                       desk.realm.principal("trigger/orders"), *nobody, clock, options);
  const auto run = submit(alone);
  BOOST_TEST_REQUIRE(bool(run));
  BOOST_TEST((run->status == Status::queued));
  clock.set(desk.body().start_by);
  alone.sweep();
  BOOST_TEST((alone.describe(work_id)->status == Status::dead));
}

BOOST_AUTO_TEST_CASE(follows_a_reset_and_no_copy) {
  const auto run = submit(*engine);
  BOOST_TEST_REQUIRE(bool(run));
  BOOST_TEST(turn());
  front.reset(work_id);
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  BOOST_TEST((status() == Status::completed));
  BOOST_TEST(outcome(engine->result(run->id)) == accepted);
}

BOOST_AUTO_TEST_CASE(cancels_through_the_server) {
  const auto run = submit(*engine);
  BOOST_TEST_REQUIRE(bool(run));
  BOOST_TEST(outcome(engine->cancel(run->id)) == accepted);
  BOOST_TEST(turn());
  BOOST_TEST((status() == Status::cancelled));
  BOOST_TEST(outcome(engine->cancel(run->id)) == Errc::already_ended);
}

BOOST_AUTO_TEST_CASE(writes_an_index_only_when_it_is_asked_to) {
  BOOST_TEST(bool(submit(*engine)));
  BOOST_TEST(front.last("StartWorkflowExecution").find("carol") == std::string::npos);
  engine.reset();
  std::filesystem::remove_all(desk.scratch / "engine");
  TemporalEngine::Options options;
  options.index = TemporalEngine::Index::memo;
  FrontEnd other;
  const auto there = other.connect();
  options.store = quick_store();
  TemporalEngine indexed(desk.scratch / "indexed", MasterKey(Secret<32>::copy(FixedBytes<32>{7})),
                         desk.realm.principal("trigger/orders"), *there, clock, options);
  BOOST_TEST(bool(submit(indexed)));
  BOOST_TEST(other.last("StartWorkflowExecution").find("carol@DEMO.TEST") != std::string::npos);
}

// An SDK's workflow fails because its activity did, and says so around the activity's own failure.
BOOST_AUTO_TEST_CASE(reads_why_an_activity_failed_inside_the_failure_of_its_workflow) {
  const auto read = [](const wire::Failure& failure) {
    wire::GetWorkflowExecutionHistoryResponse history;
    auto& event = *history.mutable_history()->add_events();
    event.set_event_type(wire::EVENT_TYPE_WORKFLOW_EXECUTION_FAILED);
    *event.mutable_workflow_execution_failed_event_attributes()->mutable_failure() = failure;
    std::vector<temporal::Event> events;
    BOOST_TEST(bool(temporal::add_history(history.SerializeAsString(), events)));
    return events.at(0).failure;
  };
  wire::Failure outer;
  outer.set_message("Activity task failed");
  BOOST_TEST((temporal::code_of(read(outer)) == Errc::job_failed));
  outer.mutable_cause()->set_message("revoked");
  auto& info = *outer.mutable_cause()->mutable_application_failure_info();
  info.set_type("WB-TICKET-REVOKED");
  const temporal::Failure seen = read(outer);
  BOOST_TEST((temporal::code_of(seen) == Errc::revoked));
  BOOST_TEST(seen.message == "revoked");
  BOOST_TEST(seen.wire == outer.SerializeAsString());
  outer.mutable_cause()->clear_application_failure_info();
  outer.mutable_cause()->mutable_timeout_failure_info();
  BOOST_TEST(read(outer).is_timeout);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::engine_test
