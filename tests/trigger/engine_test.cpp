#include <boost/test/unit_test.hpp>

#include "tests/trigger/engine_bench.h"

namespace waybill::test::engine_test {
namespace {

using trigger::StoreDamaged;
using trigger::Trouble;

std::string text(const Result<Buffer>& result) {
  return result ? std::string(text_of(*result)) : std::string(describe(result.error().code).name);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_engine)

BOOST_AUTO_TEST_CASE(keeps_what_it_is_given) {
  EngineBench bench;
  const auto task = bench.task("w-1");
  const auto run = bench.start(task);
  BOOST_TEST_REQUIRE(bool(run));
  BOOST_TEST(run->workflow_id == "w-1");
  BOOST_TEST((run->status == Status::queued));
  BOOST_TEST(run->attempt == 0U);
  BOOST_TEST((run->submitted_at == noon));
  BOOST_TEST((run->start_by == noon + 15min));
  BOOST_TEST((run->run_until == noon + 1h));
  BOOST_TEST(run->subject.text() == "carol@DEMO.TEST");
  const auto found = bench.engine().describe("w-1");
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST((found->id == run->id));
  BOOST_TEST((found->ticket == task.ticket));
  BOOST_TEST(!bench.engine().describe("w-2").has_value());
  BOOST_TEST(!found->ended_at.has_value());
}

BOOST_AUTO_TEST_CASE(hands_a_job_out_with_its_ticket_and_input) {
  EngineBench bench;
  const auto task = bench.task("w-1");
  const auto run = bench.start(task);
  bench.clock.advance(5s);
  const Job job = bench.leased();
  BOOST_TEST((job.run.id == run->id));
  BOOST_TEST(job.run.attempt == 1U);
  BOOST_TEST((job.run.submitted_at == noon));
  BOOST_TEST(job.ticket == task.issued.ticket, boost::test_tools::per_element());
  BOOST_TEST(job.sealed_input == task.input, boost::test_tools::per_element());
  BOOST_TEST((bench.status(*run) == Status::running));
  BOOST_TEST(bench.now(*run).attempt == 1U);
}

BOOST_AUTO_TEST_CASE(gives_a_queue_its_own_jobs_alone) {
  EngineBench bench;
  bench.started("w-1", "queue-alice");
  for (const char* other : {"queue-bob", "queue-alic", "queue-alice2", "queue-alice/sub", "q"}) {
    BOOST_TEST(!bench.has_work(other), other);
  }
  BOOST_TEST(bench.has_work("queue-alice"));
}

BOOST_AUTO_TEST_CASE(gives_older_work_first_and_no_more_than_is_asked_for) {
  EngineBench bench;
  for (int i = 1; i <= 5; ++i) {
    bench.started("w-" + std::to_string(i));
    bench.clock.advance(1s);
  }
  const auto two = bench.engine().lease("queue-alice", 2, 0ms);
  BOOST_TEST_REQUIRE(two.size() == 2U);
  BOOST_TEST(two[0].run.workflow_id == "w-1");
  BOOST_TEST(two[1].run.workflow_id == "w-2");
  BOOST_TEST(bench.engine().lease("queue-alice", 9, 0ms).size() == 3U);
}

BOOST_AUTO_TEST_CASE(puts_no_more_payload_into_one_answer_than_a_client_takes) {
  EngineBench bench;
  const std::string large(3 * 1024 * 1024, 'x');
  for (const char* id : {"w-1", "w-2", "w-3"}) {
    BOOST_TEST(bool(bench.start(bench.task(id, "queue-alice", large))));
  }
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(bench.engine().lease("queue-alice", 9, 0ms).size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(starts_one_run_for_one_ticket) {
  EngineBench bench;
  const auto task = bench.task("w-1");
  const auto first = bench.start(task);
  bench.clock.advance(10s);
  const auto again = bench.start(task);
  BOOST_TEST_REQUIRE(bool(again));
  BOOST_TEST((again->id == first->id));
  BOOST_TEST((again->submitted_at == noon));
  // The KDC seals a repeated delegation under a new session key: the first one stays.
  auto renewed = bench.task("w-1");
  renewed.ticket = task.ticket;
  BOOST_TEST((bench.start(renewed)->id == first->id));
  BOOST_TEST(bench.leased().ticket == task.issued.ticket, boost::test_tools::per_element());
  BOOST_TEST(!bench.has_work());
  BOOST_TEST(bench.engine().counts().open == 1U);
}

BOOST_AUTO_TEST_CASE(refuses_a_workflow_id_that_another_ticket_has) {
  EngineBench bench;
  const Run first = bench.started("w-1");
  BOOST_TEST(outcome(bench.start(bench.task("w-1"))) == Errc::already_exists);
  BOOST_TEST((bench.engine().describe("w-1")->id == first.id));
  const Job job = bench.leased();
  BOOST_TEST(outcome(bench.engine().complete(EngineBench::holding(job),
                                             bench.result_of(job, "r"))) == accepted);
  // Ended work keeps its name for as long as it can be asked about.
  BOOST_TEST(outcome(bench.start(bench.task("w-1"))) == Errc::already_exists);
}

BOOST_AUTO_TEST_CASE(finds_a_run_by_its_very_presentation_alone) {
  EngineBench bench;
  const auto task = bench.task("w-1");
  const auto run = bench.start(task);
  const Digest submission = request_digest({task.ticket});
  const auto found = bench.engine().find(task.ticket, submission);
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST((found->id == run->id));
  BOOST_TEST(!bench.engine().find(task.ticket, Digest{1}).has_value());
  BOOST_TEST(!bench.engine().find(TicketId{1}, submission).has_value());
}

BOOST_AUTO_TEST_CASE(refuses_new_work_when_it_holds_too_much) {
  auto options = quick_engine();
  options.max_open = 2;
  EngineBench bench(options);
  const auto first = bench.task("w-1");
  BOOST_TEST(bool(bench.start(first)));
  bench.started("w-2");
  BOOST_TEST(outcome(bench.start(bench.task("w-3"))) == Errc::busy);
  BOOST_TEST(outcome(bench.start(first)) == accepted);  // it is there already
  BOOST_TEST(outcome(bench.engine().cancel(bench.engine().describe("w-2")->id)) == accepted);
  BOOST_TEST(outcome(bench.start(bench.task("w-3"))) == accepted);
}

BOOST_AUTO_TEST_CASE(gives_the_result_when_the_work_is_completed) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  BOOST_TEST(text(bench.engine().result(run.id)) == "WB-NOT-ENDED");
  const Job job = bench.leased();
  BOOST_TEST(text(bench.engine().result(run.id)) == "WB-NOT-ENDED");
  bench.clock.advance(3s);
  BOOST_TEST(outcome(bench.engine().complete(EngineBench::holding(job),
                                             bench.result_of(job, "the report"))) == accepted);
  BOOST_TEST(text(bench.engine().result(run.id)) == "the report");
  BOOST_TEST((bench.status(run) == Status::completed));
  BOOST_TEST((bench.now(run).ended_at == noon + 3s));
  BOOST_TEST(text(bench.engine().result(RunId{9})) == "WB-NOT-FOUND");
}

BOOST_AUTO_TEST_CASE(believes_no_result_but_the_one_of_this_job) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  bench.started("w-2");
  const Job job = bench.leased();
  const Job other = bench.leased();
  const SessionKey session = bench.session_of(job);
  const std::string id = print(run.id);
  Buffer flipped = bench.result_of(job, "r");
  flipped.back() ^= 1;
  struct Row {
    const char* name;
    Buffer sealed;
  };
  const Row rows[] = {
      {"empty", {}},
      {"in clear", copy_of(bytes_of("the report of somebody else, not sealed at all"))},
      {"one bit changed", flipped},
      {"under another key", seal_result(SessionKey::random(), {run.ticket, "w-1", id}, {})},
      {"of another job", bench.result_of(other, "r")},
      {"bound to another ticket", seal_result(session, {other.run.ticket, "w-1", id}, {})},
      {"bound to another workflow", seal_result(session, {run.ticket, "w-2", id}, {})},
      {"bound to another run", seal_result(session, {run.ticket, "w-1", print(other.run.id)}, {})},
      {"the input, sent back", job.sealed_input},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(outcome(bench.engine().complete(EngineBench::holding(job), row.sealed)) ==
                 Errc::bad_result);
      BOOST_TEST((bench.status(run) == Status::running));
    }
  }
  BOOST_TEST(outcome(bench.engine().complete(EngineBench::holding(job),
                                             bench.result_of(job, "r"))) == accepted);
}

BOOST_AUTO_TEST_CASE(forgets_ended_work_after_its_time) {
  EngineBench bench;
  const auto task = bench.task("w-1");
  const Run run = *bench.start(task);
  const Job job = bench.leased();
  BOOST_TEST(bool(bench.engine().complete(EngineBench::holding(job), bench.result_of(job, "r"))));
  bench.engine().reported({run.id});
  bench.clock.advance(7 * 24h - 1s);
  bench.engine().sweep();
  BOOST_TEST(text(bench.engine().result(run.id)) == "r");
  bench.clock.advance(1s);
  bench.engine().sweep();
  BOOST_TEST(!bench.engine().describe("w-1").has_value());
  BOOST_TEST(text(bench.engine().result(run.id)) == "WB-NOT-FOUND");
  BOOST_TEST(!bench.engine().find(task.ticket, request_digest({task.ticket})).has_value());
  const auto counts = bench.engine().counts();
  BOOST_TEST(counts.open + counts.ended + counts.unreported == 0U);
}

BOOST_AUTO_TEST_CASE(tells_which_ended_work_the_kdc_has_not_heard_of) {
  EngineBench bench;
  std::vector<Run> runs;
  for (int i = 1; i <= 5; ++i) {
    runs.push_back(bench.started("w-" + std::to_string(i)));
    bench.clock.advance(1s);
  }
  BOOST_TEST(bench.engine().unreported({}, 9).empty());
  for (const Run& run : runs) BOOST_TEST(bool(bench.engine().cancel(run.id)));
  const auto two = bench.engine().unreported({}, 2);
  BOOST_TEST_REQUIRE(two.size() == 2U);
  BOOST_TEST((two[0].run == runs[0].id));
  BOOST_TEST((Evidence::decode(two[0].evidence)->body.id == runs[0].ticket));
  const auto rest = bench.engine().unreported(two[1].run, 9);
  BOOST_TEST(rest.size() == 3U);
  bench.engine().reported({runs[0].id, runs[3].id});
  BOOST_TEST(bench.engine().unreported({}, 9).size() == 3U);
  bench.open();
  BOOST_TEST(bench.engine().unreported({}, 9).size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_store_of_an_engine)

BOOST_AUTO_TEST_CASE(opens_again_as_it_was) {
  EngineBench bench;
  const Run queued = bench.started("w-1", "queue-bob");
  const Run run = bench.started("w-2");
  const Job job = bench.leased();
  bench.open();
  BOOST_TEST((bench.status(queued) == Status::queued));
  BOOST_TEST((bench.status(run) == Status::running));
  BOOST_TEST(!bench.has_work("queue-alice"));  // the lease is still held
  BOOST_TEST(outcome(bench.engine().heartbeat(EngineBench::holding(job), nullptr)) == accepted);
  BOOST_TEST(bool(bench.engine().complete(EngineBench::holding(job), bench.result_of(job, "r"))));
  bench.open();
  BOOST_TEST(text(bench.engine().result(run.id)) == "r");
}

BOOST_AUTO_TEST_CASE(does_not_open_with_another_key_or_for_another_service) {
  const ManualClock clock;
  const TestRealm realm;
  const Scratch folder;
  const auto open_in = [&](MasterKey key, std::string_view service) {
    const LmdbEngine engine(folder / "store", std::move(key), realm.principal(service), clock,
                            quick_engine());
  };
  open_in(usual_store_key(), "trigger/orders");
  BOOST_CHECK_THROW(open_in(MasterKey::random(), "trigger/orders"), StoreDamaged);
  BOOST_CHECK_THROW(open_in(usual_store_key(), "trigger/other"), std::runtime_error);
  open_in(usual_store_key(), "trigger/orders");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::engine_test
