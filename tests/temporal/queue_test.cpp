#include <boost/test/unit_test.hpp>

#include "tests/temporal/temporal_queue.h"

namespace waybill::test::queue_test {
namespace {

using namespace waybill::worker;
using End = Worker::End;

struct Attack {
  const char* what;
  const char* type;  // of the failure that ends it; empty: it is not judged here
  void (*change)(TemporalQueue&, temporal::NewWorkflow&);
};

const Attack attacks[] = {
    {"no ticket", "WB-MALFORMED",
     [](TemporalQueue&, temporal::NewWorkflow& start) { start.header.clear(); }},
    {"a ticket that a codec wrapped", "WB-MALFORMED",
     [](TemporalQueue&, temporal::NewWorkflow& start) {
       start.header.begin()->second.encoding = "binary/encrypted";
     }},
    {"a ticket of a later version alone", "",
     [](TemporalQueue&, temporal::NewWorkflow& start) {
       start.header = {{"waybill-ticket-v2", start.header.begin()->second}};
     }},
    {"a header copied to another workflow", "WB-TICKET-WORKFLOW",
     [](TemporalQueue&, temporal::NewWorkflow& start) { start.id = "invoice-report-2"; }},
    {"a header copied to another type", "WB-TICKET-TYPE",
     [](TemporalQueue& queue, temporal::NewWorkflow& start) {
       BOOST_TEST(outcome(queue.handlers.add("pay=true")) == accepted);
       start.type = "pay";
     }},
    {"a swapped input", "WB-SEAL-INTEGRITY",
     [](TemporalQueue& queue, temporal::NewWorkflow& start) {
       start.input = {
           temporal::payload_of(temporal::input_encoding, queue.desk.job().sealed_input)};
     }},
    {"an input in clear", "WB-MALFORMED",
     [](TemporalQueue&, temporal::NewWorkflow& start) {
       start.input = {temporal::payload_of("json/plain", bytes_of("{}"))};
     }},
    {"two inputs", "WB-MALFORMED",
     [](TemporalQueue&, temporal::NewWorkflow& start) {
       start.input.push_back(start.input.front());
     }},
    {"another queue's ticket", "WB-TICKET-QUEUE",
     [](TemporalQueue& queue, temporal::NewWorkflow& start) {
       Body body = queue.desk.realm.workflow_body("carol", "queue-bob", *queue.desk.body().work);
       start.header = temporal::header_with(queue.desk.realm.issue(std::move(body)).ticket);
     }},
    {"a start that was stamped too late", "WB-TICKET-START",
     [](TemporalQueue& queue, temporal::NewWorkflow&) {
       queue.front.set_time(queue.desk.body().start_by);
     }},
    {"a type that nobody here handles", "WB-HANDLER",
     [](TemporalQueue&, temporal::NewWorkflow& start) { start.type = "other"; }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_temporal_queue, TemporalQueue)

BOOST_AUTO_TEST_CASE(carries_work_from_its_start_to_a_result_that_opens) {
  const IssuedTicket issued = desk.realm.issue(desk.body());
  const auto wanted = request(issued, desk.job(issued, *desk.body().work));
  const auto started = server->start(wanted);
  BOOST_TEST_REQUIRE(bool(started));
  BOOST_TEST((started->how == temporal::Start::How::started));
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  BOOST_TEST(state() == "COMPLETED");
  const auto last = server->last_event({work_id, started->run_id});
  BOOST_TEST_REQUIRE(bool(last));
  BOOST_TEST(last->result.at(0).work == work_id);
  const auto sealed = temporal::sealed_in(last->result, temporal::result_encoding);
  BOOST_TEST_REQUIRE(bool(sealed));
  const TicketId id = desk.audience.open(issued.ticket)->body().id;
  const auto result = open_result(issued.session, {id, work_id, started->run_id}, *sealed);
  BOOST_TEST_REQUIRE(bool(result));
  BOOST_TEST(text_of(*result) == "NUMBER,AMOUNT\n1,100\n");
  BOOST_TEST(recorded() == std::vector<std::string>{"accepted"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ends_a_start_that_is_not_as_its_ticket_says_and_runs_nothing) {
  for (const Attack& attack : attacks) {
    BOOST_TEST_CONTEXT(attack.what) {
      TemporalQueue queue;
      auto start = queue.request(queue.desk.body());
      attack.change(queue, start);
      BOOST_TEST(bool(queue.server->start(start)));
      BOOST_TEST(queue.turn());
      const bool is_judged = *attack.type != '\0';
      BOOST_TEST(queue.front.state(start.id) == (is_judged ? "FAILED" : "OPEN"));
      BOOST_TEST(queue.front.failure(start.id) == attack.type);
      BOOST_TEST(queue.front.unjudged() == (is_judged ? 0 : 1));
      BOOST_TEST(!queue.has_run());
    }
  }
}

BOOST_AUTO_TEST_CASE(does_not_look_at_the_label_of_an_input) {
  auto start = request(desk.body());
  start.input.front().work = "invoice-report-2";
  BOOST_TEST(bool(server->start(start)));
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
}

BOOST_AUTO_TEST_CASE(refuses_a_copy_that_is_started_when_the_first_is_closed) {
  BOOST_TEST(bool(server->start(request(desk.body()))));
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  front.start_copy(work_id, noon + 2min);
  BOOST_TEST(turn());
  BOOST_TEST(front.failure(work_id) == "WB-TICKET-REPLAY");
  front.start_copy(work_id, desk.body().start_by);
  BOOST_TEST(turn());
  BOOST_TEST(front.failure(work_id) == "WB-TICKET-START");
}

// Hours later, in a run that the server made of the first one: its start is the first one's.
BOOST_AUTO_TEST_CASE(lets_retries_go_on_hours_after_the_start) {
  Body body = desk.body();
  body.run_until = noon + 8h;
  BOOST_TEST(bool(server->start(request(body))));
  BOOST_TEST(turn());
  front.set_attempt(work_id, 7);
  BOOST_TEST(desk.hear(noon + 5h) == accepted);
  front.start_again_in_chain(work_id, noon + 5h);
  BOOST_TEST(turn());
  front.set_attempt(work_id, 7);
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  BOOST_TEST(state() == "COMPLETED");
}

BOOST_AUTO_TEST_CASE(lets_a_reset_run_again) {
  BOOST_TEST(bool(server->start(request(desk.body()))));
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  front.reset(work_id);
  BOOST_TEST(turn());
  BOOST_TEST((work() == End::completed));
  BOOST_TEST(turn());
  BOOST_TEST(state() == "COMPLETED");
}

// Between the door and the handler the ticket may have been revoked.
BOOST_AUTO_TEST_CASE(judges_the_ticket_again_at_each_attempt) {
  Body body = desk.body();
  const TicketId id = body.id;
  BOOST_TEST(bool(server->start(request(std::move(body)))));
  BOOST_TEST(turn());
  kdc.change([&] { desk.feed.revoke(RevokedBy::ticket, value_of(id)); });
  BOOST_TEST(upkeep.sync_feed());
  BOOST_TEST((work() == End::refused));
  BOOST_TEST(turn());
  BOOST_TEST(front.failure(work_id) == "WB-TICKET-REVOKED");
  BOOST_TEST(!has_run());
}

BOOST_AUTO_TEST_CASE(tries_a_failed_handler_again_and_gives_up_in_the_end) {
  handlers = {};
  BOOST_TEST(outcome(handlers.add("invoice-report=false")) == accepted);
  BOOST_TEST(bool(server->start(request(desk.body()))));
  BOOST_TEST(turn());
  for (std::uint32_t attempt = 1; attempt <= TemporalSource::max_attempts; ++attempt) {
    BOOST_TEST(state() == "OPEN");
    BOOST_TEST((work() == End::failed));
  }
  BOOST_TEST(turn());
  BOOST_TEST(front.failure(work_id) == "WB-JOB-FAILED");
}

BOOST_AUTO_TEST_CASE(tells_the_worker_of_a_cancellation_and_closes_the_work) {
  const auto started = server->start(request(desk.body()));
  BOOST_TEST_REQUIRE(bool(started));
  BOOST_TEST(turn());
  const auto jobs = tasks.poll(1s);
  BOOST_TEST_REQUIRE((jobs && jobs->size() == 1U));
  BOOST_TEST(outcome(tasks.heartbeat(jobs->front().lease, {})) == accepted);
  BOOST_TEST(outcome(server->cancel({work_id, started->run_id}, "cancel-1")) == accepted);
  BOOST_TEST(turn());
  BOOST_TEST(outcome(tasks.heartbeat(jobs->front().lease, {})) == Errc::already_ended);
  BOOST_TEST(turn());
  BOOST_TEST(state() == "CANCELED");
}

BOOST_AUTO_TEST_CASE(tells_whose_request_has_a_workflow_id) {
  auto wanted = request(desk.body());
  const auto first = server->start(wanted);
  const auto again = server->start(wanted);
  BOOST_TEST_REQUIRE((first && again));
  BOOST_TEST(again->run_id == first->run_id);
  BOOST_TEST((again->how == temporal::Start::How::started));
  wanted.request_id = "request-2";
  const auto other = server->start(wanted);
  BOOST_TEST_REQUIRE(bool(other));
  BOOST_TEST((other->how == temporal::Start::How::is_taken));
  BOOST_TEST(other->run_id == first->run_id);
}

BOOST_AUTO_TEST_CASE(reads_its_token_again_for_each_call) {
  const auto file = desk.scratch / "token";
  const auto write = [&](std::string_view token) {
    write_file_atomic(file, bytes_of(token), 0600);
  };
  write("one\n");
  const auto with_token = front.connect(file.string());
  BOOST_TEST(outcome(with_token->describe({work_id})) == Errc::not_found);
  BOOST_TEST(front.authorization() == "Bearer one");
  write("two\n");
  BOOST_TEST(outcome(with_token->describe({work_id})) == Errc::not_found);
  BOOST_TEST(front.authorization() == "Bearer two");
}

BOOST_AUTO_TEST_CASE(gives_no_token_to_a_server_elsewhere_without_tls) {
  temporal::Options options{"temporal.example:7233", "default", {}, "token", "ca.pem"};
  BOOST_TEST(!temporal::gives_its_token_away(options));
  options.authorities.clear();
  for (const char* address :
       {"temporal.example:7233", "10.0.0.1:7233", "[2001:db8::1]:7233", "localhost.example:7233",
        "1127.0.0.1:7233", "127.0.0.1.example:7233"}) {
    options.address = address;
    BOOST_TEST(temporal::gives_its_token_away(options), address);
  }
  for (const char* address : {"localhost:7233", "127.0.0.1:7233", "[::1]:7233"}) {
    options.address = address;
    BOOST_TEST(!temporal::gives_its_token_away(options), address);
  }
  options = {"temporal.example:7233", "default", {}, {}, {}};
  BOOST_TEST(!temporal::gives_its_token_away(options));
}

BOOST_AUTO_TEST_CASE(brings_nothing_more_once_it_is_stopped) {
  BOOST_TEST(bool(server->start(request(desk.body()))));
  BOOST_TEST(turn());
  tasks.stop();
  BOOST_TEST(!work().has_value());
  BOOST_TEST(front.last("ShutdownWorker").find("queue-alice") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keeps_a_usual_ticket_under_a_kilobyte) {
  BOOST_TEST(desk.realm.issue(desk.body()).ticket.size() < 1024U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::queue_test
