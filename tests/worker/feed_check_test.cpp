#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"

namespace waybill::test::feed_check_test {

using worker::Job;
using worker::Step;

BOOST_AUTO_TEST_SUITE(the_feed)

// Rules: R4.29
BOOST_AUTO_TEST_CASE(must_have_come_as_far_as_the_ticket_knows) {
  Desk desk;
  Body body = desk.body();
  body.feed_floor = 2;
  const Job job = desk.job(std::move(body));
  desk.feed.revoke(RevokedBy::subject, "dave@DEMO.TEST");
  BOOST_TEST(desk.hear(noon + 1s) == accepted);
  const auto verdict = desk.verify(job);
  BOOST_TEST(outcome(verdict.result) == Errc::feed_stale);
  BOOST_TEST(verdict.detail == "the feed has come to entry 1, this ticket was issued at entry 2");
  desk.feed.revoke(RevokedBy::subject, "erin@DEMO.TEST");
  BOOST_TEST(desk.hear(noon + 2s) == accepted);
  BOOST_TEST(desk.judge(job) == accepted);
}

// Rules: R4.29
BOOST_AUTO_TEST_CASE(must_be_as_fresh_as_the_ticket_wants_to_the_second) {
  Desk desk;
  const Job job = desk.job();
  BOOST_TEST(desk.judge(job, noon + 60s) == accepted);
  BOOST_TEST(desk.judge(job, noon + 61s) == Errc::feed_stale);
  BOOST_TEST(desk.hear(noon + 60s) == accepted);
  BOOST_TEST(desk.judge(job, noon + 120s) == accepted);
  BOOST_TEST(desk.judge(job, noon + 121s) == Errc::feed_stale);
}

BOOST_AUTO_TEST_CASE(that_was_never_heard_is_stale) {
  Desk desk;
  const FeedMirror empty(desk.scratch / "empty", realm_file_of(desk.realm), desk.clock,
                         quick_mirror());
  const worker::RevocationMirror mirror(empty);
  worker::Verifier verifier(desk.audience, mirror, desk.uses);
  const auto verdict = verifier.verify(desk.job(), {}, noon);
  BOOST_TEST(outcome(verdict.result) == Errc::feed_stale);
  BOOST_TEST(verdict.detail == "no revocation feed has been heard yet");
}

BOOST_AUTO_TEST_CASE(that_is_stale_is_only_marked_for_a_ticket_that_bears_it) {
  Desk desk;
  Body body = desk.body();
  body.flags |= flags::soft_feed;
  body.feed_floor = 7;
  const TicketId id = body.id;
  const Job job = desk.job(std::move(body));
  const auto verdict = desk.verify(job, noon + 600s);
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  BOOST_TEST(verdict.result->feed_was_stale());
  BOOST_TEST(verdict.detail == "the feed is 600 s old, this ticket allows 60 s");
  desk.feed.revoke(RevokedBy::ticket, value_of(id));  // what is known is still believed
  BOOST_TEST(desk.hear(noon + 1s) == accepted);
  BOOST_TEST(desk.judge(job, noon + 600s) == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(is_a_floor_under_the_hosts_clock) {
  Desk desk;
  Body body = desk.body();
  body.run_until = noon + 60s;
  const Job job = desk.job(std::move(body));
  BOOST_TEST(desk.hear(noon + 60s) == accepted);
  BOOST_TEST(desk.judge(job, noon + 1s) == Errc::ticket_expired);
}

// Rules: R4.30
BOOST_AUTO_TEST_CASE(reaches_a_ticket_by_each_of_its_names) {
  struct Row {
    const char* name;
    RevokedBy kind;
    std::string (*value)(const Body&);
  };
  const Row rows[] = {
      {"its id", RevokedBy::ticket, [](const Body& b) { return value_of(b.id); }},
      {"its work being done", RevokedBy::completed, [](const Body& b) { return value_of(b.id); }},
      {"what it was derived from", RevokedBy::ticket,
       [](const Body& b) { return value_of(b.lineage.at(0)); }},
      {"what it was derived from, which itself lives on", RevokedBy::lineage,
       [](const Body& b) { return value_of(b.lineage.at(0)); }},
      {"the end of what it was derived from", RevokedBy::completed,
       [](const Body& b) { return value_of(b.lineage.at(0)); }},
      {"its subject", RevokedBy::subject, [](const Body& b) { return b.subject.text(); }},
      {"who acts for the subject", RevokedBy::actor,
       [](const Body& b) { return b.actors.at(0).text(); }},
      {"its queue", RevokedBy::queue, [](const Body& b) { return b.audience.text(); }},
      {"its workflow", RevokedBy::workflow, [](const Body& b) { return b.work->id; }},
      {"its realm", RevokedBy::realm, [](const Body& b) { return b.audience.realm().text(); }},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      Desk desk;
      const Body body = desk.body();
      const Job job = desk.job(body);
      desk.feed.revoke(row.kind, row.value(body), noon);
      BOOST_TEST(desk.hear(noon + 1s) == accepted);
      const auto verdict = desk.verify(job);
      BOOST_TEST(outcome(verdict.result) == Errc::revoked);
      BOOST_TEST((verdict.step == Step::revocation));
      BOOST_TEST(desk.uses.count() == 0U);  // it may be un-used, should the revocation be undone
    }
  }
}

BOOST_AUTO_TEST_CASE(reaches_nothing_under_the_same_text_of_another_kind) {
  Desk desk;
  const Body body = desk.body();
  desk.feed.revoke(RevokedBy::actor, body.subject.text());
  desk.feed.revoke(RevokedBy::subject, body.actors.at(0).text());
  desk.feed.revoke(RevokedBy::workflow, std::string(16, 'w'));
  desk.feed.revoke(RevokedBy::lineage, value_of(body.id));  // itself lives on
  desk.feed.revoke(RevokedBy::queue, "queue-alice@OTHER.TEST");
  BOOST_TEST(desk.hear(noon + 1s) == accepted);
  BOOST_TEST(desk.judge(desk.job(body)) == accepted);
}

BOOST_AUTO_TEST_CASE(leaves_what_was_issued_after_the_revocation) {
  Desk desk;
  desk.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon);
  BOOST_TEST(desk.hear(noon + 1s) == accepted);
  BOOST_TEST(desk.judge(desk.job()) == Errc::revoked);  // issued in the very second
  Body later = desk.body();
  later.issued_at = noon + 1s;
  BOOST_TEST(desk.judge(desk.job(std::move(later))) == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_hosts_clock)

namespace {

/// A ticket that lives for a day, at a desk that heard the feed at noon.
struct LongDay : Desk {
  worker::Job long_job() {
    Body wanted = body();
    wanted.run_until = noon + 24h;
    return job(std::move(wanted));
  }
  Outcome judge_now(const worker::Job& checked) { return judge(checked, clock.now()); }
};

}  // namespace

// Or a worker whose clock is an hour behind would take an hour-old feed for a fresh one.
// Rules: R4.28
BOOST_FIXTURE_TEST_CASE(is_refused_when_it_is_behind_what_the_kdc_signed, LongDay) {
  const worker::Job checked = long_job();
  BOOST_TEST(hear(noon + 122s) == accepted);
  BOOST_TEST(judge(checked, noon + 2s) == accepted);
  const auto verdict = verify(checked, noon + 1s);
  BOOST_TEST(outcome(verdict.result) == Errc::clock_behind);
  BOOST_TEST((verdict.step == Step::feed));
  BOOST_TEST(verdict.detail == "this host's clock is at least 121 s behind");
}

BOOST_FIXTURE_TEST_CASE(is_refused_also_for_a_ticket_that_bears_a_stale_feed, LongDay) {
  Body wanted = body();
  wanted.flags |= flags::soft_feed;
  wanted.run_until = noon + 24h;
  const worker::Job checked = job(std::move(wanted));
  BOOST_TEST(judge(checked, noon - 120s) == accepted);
  BOOST_TEST(judge(checked, noon - 121s) == Errc::clock_behind);
}

// The host has been up for as long as it has been up, whatever somebody sets.
BOOST_FIXTURE_TEST_CASE(does_not_make_an_old_feed_fresh_when_it_is_set_back, LongDay) {
  const worker::Job checked = long_job();
  clock.advance(60s);
  BOOST_TEST(judge_now(checked) == accepted);
  clock.advance(2s);  // a thousandth of an uptime is not counted
  BOOST_TEST(judge_now(checked) == Errc::feed_stale);
  clock.set(noon + 5s);
  const auto verdict = verify(checked, clock.now());
  BOOST_TEST(outcome(verdict.result) == Errc::feed_stale);
  BOOST_TEST(verdict.detail == "the feed is 61 s old, this ticket allows 60 s");
  clock.set(noon);
  clock.advance(100s);
  clock.set(noon);
  BOOST_TEST(judge_now(checked) == Errc::clock_behind);
}

BOOST_FIXTURE_TEST_CASE(does_not_make_an_over_ticket_live_again_when_it_is_set_back, LongDay) {
  Body wanted = body();
  wanted.flags |= flags::soft_feed;
  wanted.run_until = noon + 60s;
  const worker::Job checked = job(std::move(wanted));
  clock.advance(59s);
  BOOST_TEST(judge_now(checked) == accepted);
  clock.advance(3s);
  clock.set(noon);
  BOOST_TEST(judge_now(checked) == Errc::ticket_expired);
}

// Old heads, shown one after the other while the clock is set back each time, do not slow the time.
BOOST_FIXTURE_TEST_CASE(is_not_slowed_down_by_old_heads, LongDay) {
  const worker::Job checked = long_job();
  for (int i = 1; i <= 10; ++i) {
    clock.advance(60s);
    const Time real = noon + i * 60s;
    clock.set(noon + i * 6s);
    BOOST_TEST(outcome(mirror.follow(source, realm.document)) == accepted);  // of noon + i * 6 s
    BOOST_TEST((mirror.head().time == noon + i * 6s));
    BOOST_TEST((mirror.head().least >= real - 1s));
  }
  BOOST_TEST(judge_now(checked) == Errc::clock_behind);
  BOOST_TEST(judge(checked, noon + 600s) == Errc::feed_stale);
}

BOOST_FIXTURE_TEST_CASE(stands_on_what_the_kdc_signed_alone_after_a_start_of_the_host, LongDay) {
  const worker::Job checked = long_job();
  clock.advance(1h);
  clock.reboot();
  clock.set(noon + 5s);
  // Known since the mirror was opened in this boot; before that, nobody can tell.
  BOOST_TEST((mirror.head().least == noon));
  BOOST_TEST(judge_now(checked) == accepted);
  clock.set(noon - 121s);
  BOOST_TEST(judge_now(checked) == Errc::clock_behind);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_look_at_a_ticket)

BOOST_AUTO_TEST_CASE(says_what_a_worker_would_and_uses_nothing_up) {
  Desk desk;
  const Job job = desk.job();
  const auto good = desk.verifier.check_ticket(job.ticket, noon + 2s);
  BOOST_TEST(outcome(good.result) == accepted);
  BOOST_TEST((good.step == Step::revocation));
  BOOST_TEST(desk.counted_uses.pins == 0);
  const auto late = desk.verifier.check_ticket(job.ticket, noon + 2h);
  BOOST_TEST(outcome(late.result) == Errc::ticket_expired);
  BOOST_TEST(late.subject->text() == "carol@DEMO.TEST");
  const auto stale = desk.verifier.check_ticket(job.ticket, noon + 61s);
  BOOST_TEST(outcome(stale.result) == Errc::feed_stale);
  BOOST_TEST((stale.step == Step::feed));
  BOOST_TEST(stale.detail == "the feed is 61 s old, this ticket allows 60 s");
  desk.feed.revoke(RevokedBy::queue, "queue-alice@DEMO.TEST");
  BOOST_TEST(desk.hear(noon + 1s) == accepted);
  BOOST_TEST(outcome(desk.verifier.check_ticket(job.ticket, noon + 2s).result) == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(has_a_line_for_each_step_in_order) {
  int expected = 1;
  for (const worker::StepText& text : worker::all_steps()) {
    BOOST_TEST(static_cast<int>(text.step) == expected++);
    BOOST_TEST(!text.name.empty());
    BOOST_TEST(!text.passed.empty());
  }
  BOOST_TEST(expected == static_cast<int>(Step::actions) + 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_check_test
