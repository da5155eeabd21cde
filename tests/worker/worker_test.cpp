#include "worker/worker.h"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/worker/workplace.h"
#include "ticket/wire/hex.h"

namespace waybill::test::worker_test {
namespace {

using namespace waybill::worker;
using End = Worker::End;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_worker, Workplace)

BOOST_AUTO_TEST_CASE(runs_a_good_job_and_reports_its_sealed_result) {
  const IssuedTicket issued = desk.realm.issue(desk.body());
  const LeasedJob job = leased(desk.job(issued, *desk.body().work));
  BOOST_TEST((worker.work_on(job) == End::completed));
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->verb == "complete");
  const TicketId id = desk.audience.open(issued.ticket)->body().id;
  const auto result =
      open_result(issued.session, {id, "invoice-report-1", "run-1"}, report->result);
  BOOST_TEST_REQUIRE(bool(result));
  BOOST_TEST(text_of(*result) == "NUMBER,AMOUNT\n1,100\n");
  BOOST_TEST(recorded() == std::vector<std::string>{"accepted"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(reports_a_refusal_with_its_code_and_runs_nothing) {
  Job wrong_type = desk.job();
  wrong_type.workflow_type = "other";
  BOOST_TEST((worker.work_on(leased(wrong_type)) == End::refused));
  Job flipped = desk.job();
  flipped.ticket.back() ^= 1;
  BOOST_TEST((worker.work_on(leased(flipped)) == End::refused));
  const LeasedJob broken{{"run-1", "00ff", 1s}, Error{Errc::malformed, ""}};
  BOOST_TEST((worker.work_on(broken) == End::refused));
  for (const Errc expected : {Errc::wrong_workflow_type, Errc::bad_integrity, Errc::malformed}) {
    const auto report = source.report();
    BOOST_TEST_REQUIRE(report.has_value());
    BOOST_TEST(report->verb == "refuse");
    BOOST_TEST((report->code == expected));
  }
  BOOST_TEST(!has_run());
  BOOST_TEST(recorded() ==
                 (std::vector<std::string>{"WB-TICKET-TYPE", "WB-SEAL-INTEGRITY", "WB-MALFORMED"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_work_that_it_has_no_handler_for) {
  Body body = desk.realm.workflow_body("carol", "queue-alice", work_of("other", usual_input));
  BOOST_TEST((worker.work_on(leased(desk.job(std::move(body)))) == End::refused));
  BOOST_TEST((source.report()->code == Errc::no_handler));
  BOOST_TEST(recorded().front() == "WB-HANDLER");
}

BOOST_AUTO_TEST_CASE(refuses_work_whose_ticket_lacks_an_action_of_the_handler) {
  BOOST_TEST(outcome(handlers.require("invoice-report=invoice:pay")) == accepted);
  BOOST_TEST((worker.work_on(leased(desk.job())) == End::refused));
  BOOST_TEST((source.report()->code == Errc::action_denied));
  BOOST_TEST(!has_run());
}

BOOST_AUTO_TEST_CASE(writes_its_verdict_before_anybody_hears_of_it) {
  source.answer_reports_with(Errc::lease_lost);
  Job flipped = desk.job();
  flipped.ticket.back() ^= 1;
  BOOST_TEST((worker.work_on(leased(flipped)) == End::lost));
  BOOST_TEST(recorded().size() == 1U);
}

// A ticket that was issued a moment ago knows a newer feed than the mirror, all the time.
BOOST_AUTO_TEST_CASE(asks_for_the_feed_that_a_ticket_knows) {
  kdc.change([&] { desk.feed.revoke(RevokedBy::workflow, "another"); });
  Body body = desk.body();
  body.feed_floor = 1;
  BOOST_TEST((worker.work_on(leased(desk.job(std::move(body)))) == End::completed));
  BOOST_TEST(kdc.count("/v1/feed/head") == 1);
  BOOST_TEST(recorded() == std::vector<std::string>{"accepted"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(hears_of_a_revocation_when_it_asks_for_the_feed) {
  Body body = desk.body();
  body.feed_floor = 1;
  kdc.change([&] { desk.feed.revoke(RevokedBy::ticket, value_of(body.id)); });
  BOOST_TEST((worker.work_on(leased(desk.job(std::move(body)))) == End::refused));
  BOOST_TEST((source.report()->code == Errc::revoked));
}

BOOST_AUTO_TEST_CASE(hands_a_job_back_when_its_own_feed_is_stale_and_waits_for_it) {
  kdc.is_away = true;
  clock.set(noon + 90s);
  BOOST_TEST(worker.should_poll());
  BOOST_TEST((worker.work_on(leased(desk.job())) == End::handed_back));
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->verb == "hand-back");
  BOOST_TEST(report->message.starts_with("WB-FEED-STALE"), report->message);
  BOOST_TEST(!has_run());
  BOOST_TEST(report->message.find("the feed is 90 s old, this ticket allows 60 s") !=
             std::string::npos);
  BOOST_TEST(recorded().front() == "WB-FEED-STALE");
  BOOST_TEST(last_record().at("detail") == "the feed is 90 s old, this ticket allows 60 s");
  BOOST_TEST(!worker.should_poll());
  kdc.is_away = false;
  BOOST_TEST(upkeep.sync_feed());
  BOOST_TEST(worker.should_poll());
  BOOST_TEST((worker.work_on(leased(desk.job())) == End::completed));
}

BOOST_AUTO_TEST_CASE(hands_a_job_back_when_its_own_clock_was_set_back) {
  clock.set(noon - 121s);
  BOOST_TEST((worker.work_on(leased(desk.job())) == End::handed_back));
  BOOST_TEST(source.report()->message.starts_with("WB-CLOCK-BEHIND"));
  BOOST_TEST(last_record().at("detail") == "this host's clock is at least 121 s behind");
  BOOST_TEST(!worker.should_poll());
  BOOST_TEST(!has_run());
}

BOOST_AUTO_TEST_CASE(marks_the_record_of_work_that_went_on_with_a_stale_feed) {
  Body body = desk.body();
  body.flags |= flags::soft_feed;
  const Job job = desk.job(std::move(body));
  BOOST_TEST((worker.work_on(leased(job)) == End::completed));
  BOOST_TEST(!last_record().contains("feed_was_stale"));
  kdc.is_away = true;
  clock.set(noon + 90s);
  BOOST_TEST((worker.work_on(leased(job)) == End::completed));
  BOOST_TEST(last_record().at("verdict") == "accepted");
  BOOST_TEST(last_record().at("feed_was_stale") == true);
  BOOST_TEST(last_record().at("detail") == "the feed is 90 s old, this ticket allows 60 s");
}

BOOST_AUTO_TEST_CASE(goes_on_without_a_kdc_for_as_long_as_the_ticket_bears_it) {
  kdc.is_away = true;
  clock.set(noon + 60s);
  BOOST_TEST((worker.work_on(leased(desk.job())) == End::completed));
}

BOOST_AUTO_TEST_CASE(asks_for_the_realm_document_when_it_does_not_know_a_signer) {
  Pieces pieces = desk.realm.pieces(desk.body());
  pieces.header.key = KeyId{2};
  desk.realm.signer = KdcSigningKey::random();
  desk.realm.prove({&pieces, 1}, noon);
  const IssuedTicket issued = desk.realm.issued(pieces);
  const Job job = desk.job(issued, *desk.body().work);
  kdc.is_away = true;
  BOOST_TEST((worker.work_on(leased(job)) == End::handed_back));
  BOOST_TEST(source.report()->message.starts_with("WB-TICKET-SIGNER"));
  kdc.is_away = false;
  BOOST_TEST((worker.work_on(leased(job)) == End::refused));  // no newer document knows it
  BOOST_TEST((source.report()->code == Errc::unknown_signer));
  kdc.change([&] {
    desk.realm.document.serial += 1;
    desk.realm.document.signers.push_back(
        {KeyId{2}, desk.realm.signer.public_key(), noon - 1h, noon + 1h});
  });
  BOOST_TEST((worker.work_on(leased(job)) == End::completed));
}

BOOST_AUTO_TEST_CASE(reports_a_handler_that_failed_to_be_tried_again) {
  Handlers failing;
  BOOST_TEST(outcome(failing.add("invoice-report=echo secret words >&2; exit 3")) == accepted);
  Worker other({desk.verifier, desk.revocations, upkeep, failing, runner, verdicts, source, leases,
                renewer, clock});
  BOOST_TEST((other.work_on(leased(desk.job())) == End::failed));
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->verb == "fail");
  BOOST_TEST(report->retry);
  BOOST_TEST(report->message == "the handler ended with status 3");
}

BOOST_AUTO_TEST_CASE(does_not_ask_for_another_try_where_it_would_end_alike) {
  Handlers loud;
  BOOST_TEST(outcome(loud.add("invoice-report=head -c 5000 /dev/zero")) == accepted);
  Worker other({desk.verifier, desk.revocations, upkeep, loud, runner, verdicts, source, leases,
                renewer, clock});
  BOOST_TEST((other.work_on(leased(desk.job())) == End::failed));
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(!report->retry);
  BOOST_TEST(report->message == "the handler's output is larger than the limit");
}

BOOST_AUTO_TEST_CASE(reports_nothing_of_a_job_that_was_taken_away) {
  Handlers slow;
  BOOST_TEST(outcome(slow.add("invoice-report=sleep 100")) == accepted);
  Worker other({desk.verifier, desk.revocations, upkeep, slow, runner, verdicts, source, leases,
                renewer, clock});
  source.answer_heartbeats_with(Errc::already_ended);  // cancelled
  BOOST_TEST((other.work_on(leased(desk.job())) == End::lost));
  BOOST_TEST(!source.report(200ms).has_value());
}

BOOST_AUTO_TEST_CASE(tells_a_scheduler_that_was_away) {
  source.be_away(2);
  BOOST_TEST((worker.work_on(leased(desk.job())) == End::completed));
  BOOST_TEST(source.report()->verb == "complete");
}

BOOST_AUTO_TEST_CASE(does_nothing_when_its_verdict_cannot_be_kept) {
  Verdicts full("/dev/full");
  Worker other({desk.verifier, desk.revocations, upkeep, handlers, runner, full, source, leases,
                renewer, clock});
  BOOST_CHECK_THROW(other.work_on(leased(desk.job())), std::system_error);
  BOOST_TEST(!has_run());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_dispatcher, Workplace)

BOOST_AUTO_TEST_CASE(works_on_as_many_jobs_at_a_time_as_it_may) {
  Handlers meeting;  // ends when three of them are there, or fails after a while
  const std::string seats = (desk.scratch / "seat").string();
  BOOST_TEST(outcome(meeting.add(
                 "invoice-report=: >" + seats +
                 ".$$; for i in $(seq 100); do "
                 "[ $(ls " +
                 seats + ".* | wc -l) -ge 3 ] && exit 0; sleep 0.05; done; exit 1")) == accepted);
  Worker busy({desk.verifier, desk.revocations, upkeep, meeting, runner, verdicts, source, leases,
               renewer, clock});
  Dispatcher dispatcher({busy, source, leases}, {.concurrency = 3});
  for (int i = 0; i < 3; ++i) source.hand_out(leased(desk.job()));
  std::thread polling([&] { dispatcher.run(); });
  for (int i = 0; i < 3; ++i) {
    const auto report = source.report();
    BOOST_TEST_REQUIRE(report.has_value());
    BOOST_TEST(report->verb == "complete");
  }
  dispatcher.stop();
  polling.join();
}

BOOST_AUTO_TEST_CASE(polls_for_no_more_than_it_has_room_for) {
  Handlers slow;
  BOOST_TEST(outcome(slow.add("invoice-report=sleep 1")) == accepted);
  Worker busy({desk.verifier, desk.revocations, upkeep, slow, runner, verdicts, source, leases,
               renewer, clock});
  Dispatcher dispatcher({busy, source, leases}, {.concurrency = 1});
  source.hand_out(leased(desk.job()));
  std::thread polling([&] { dispatcher.run(); });
  std::this_thread::sleep_for(600ms);
  BOOST_TEST(source.polls() == 1);
  dispatcher.stop();
  polling.join();
  BOOST_TEST(source.report()->verb == "complete");  // it was running, and had time to end
}

BOOST_AUTO_TEST_CASE(hands_back_what_does_not_end_in_time_when_it_stops) {
  Handlers slow;
  BOOST_TEST(outcome(slow.add("invoice-report=echo ran >" + ran() + "; sleep 100")) == accepted);
  Worker busy({desk.verifier, desk.revocations, upkeep, slow, runner, verdicts, source, leases,
               renewer, clock});
  Dispatcher dispatcher({busy, source, leases}, {.concurrency = 1, .patience = 100ms});
  source.hand_out(leased(desk.job()));
  std::thread polling([&] { dispatcher.run(); });
  for (int i = 0; i < 500 && !has_run(); ++i) std::this_thread::sleep_for(10ms);
  dispatcher.stop();
  polling.join();
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->verb == "fail");
  BOOST_TEST(report->retry);
  BOOST_TEST((dispatcher.last_end() == End::handed_back));
}

BOOST_AUTO_TEST_CASE(ends_after_one_job_when_it_is_told_so) {
  Dispatcher dispatcher({worker, source, leases}, {.concurrency = 4, .once = true});
  source.hand_out(leased(desk.job()));
  source.hand_out(leased(desk.job()));
  dispatcher.run();
  BOOST_TEST((dispatcher.last_end() == End::completed));
  BOOST_TEST(source.report()->verb == "complete");
  BOOST_TEST(!source.report(100ms).has_value());
}

BOOST_AUTO_TEST_CASE(goes_on_polling_after_the_scheduler_was_away) {
  Dispatcher dispatcher({worker, source, leases}, {.concurrency = 1});
  source.be_away(2);
  source.hand_out(leased(desk.job()));
  std::thread polling([&] { dispatcher.run(); });
  BOOST_TEST(source.report()->verb == "complete");
  dispatcher.stop();
  polling.join();
  BOOST_TEST(source.polls() >= 3);
}

BOOST_AUTO_TEST_CASE(gives_a_job_back_when_its_environment_fails) {
  Verdicts full("/dev/full");
  Worker poor({desk.verifier, desk.revocations, upkeep, handlers, runner, full, source, leases,
               renewer, clock});
  Dispatcher dispatcher({poor, source, leases}, {.concurrency = 1, .once = true});
  source.hand_out(leased(desk.job()));
  dispatcher.run();
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->verb == "fail");
  BOOST_TEST(report->retry);
  BOOST_TEST(!has_run());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::worker_test
