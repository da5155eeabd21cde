#include <boost/test/unit_test.hpp>

#include "tests/trigger/engine_bench.h"

namespace waybill::test::engine_renewal_test {
namespace {

/// An engine with one piece of work, whose ticket is for an hour and renewable for a week.
struct Fixture {
  EngineBench bench;
  EngineBench::Task task = bench.task("w-1");
  Run run = *bench.start(task);

  Outcome beat(const Job& job) {
    return outcome(bench.engine().heartbeat(EngineBench::holding(job), nullptr));
  }
  Outcome tell(const Job& job, const Evidence& renewed) {
    return outcome(bench.engine().heartbeat(EngineBench::holding(job), &renewed));
  }
  /// Heartbeats every ten seconds until then.
  void hold(const Job& job, Time until) {
    while (bench.clock.now() < until) {
      BOOST_TEST_REQUIRE((beat(job) == accepted));
      bench.clock.advance(10s);
      bench.engine().sweep();
    }
  }
};

struct Row {
  const char* name;
  void (*change)(Fixture&, Body&);
};

const Row foreign[] = {
    {"another ticket", [](Fixture&, Body& b) { b.id[0] ^= 1U; }},
    {"another lineage", [](Fixture&, Body& b) { b.lineage.at(0)[0] ^= 1U; }},
    {"another queue",
     [](Fixture& f, Body& b) { b.audience = f.bench.realm.principal("queue-bob"); }},
    {"another trigger",
     [](Fixture& f, Body& b) { b.actors.at(0) = f.bench.realm.principal("trigger/other"); }},
    {"another subject",
     [](Fixture& f, Body& b) { b.subject = f.bench.realm.principal("mallory"); }},
    {"another workflow", [](Fixture&, Body& b) { b.work->id = "w-2"; }},
    {"another input", [](Fixture&, Body& b) { b.work->input[0] ^= 1U; }},
    {"more actions", [](Fixture&, Body& b) { b.actions.emplace_back("invoice:pay"); }},
    {"a longer life than it is renewable",
     [](Fixture&, Body& b) { b.run_until = b.renew_until + 1s; }},
    {"renewable for longer", [](Fixture&, Body& b) { b.renew_until += 24h; }},
    {"an older form", [](Fixture&, Body& b) { b.issued_at = noon - 1s; }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(work_that_waits, Fixture)

BOOST_AUTO_TEST_CASE(stays_queued_until_its_ticket_can_be_renewed_no_more) {
  BOOST_TEST((run.renew_until == noon + 7 * 24h));
  for (const Time when : {noon + 1h, noon + 48h, noon + 7 * 24h - 1s}) {
    bench.clock.set(when);
    bench.engine().sweep();
    BOOST_TEST((bench.status(run) == Status::queued));
  }
  bench.clock.advance(1s);
  BOOST_TEST(!bench.has_work());
  BOOST_TEST((bench.status(run) == Status::dead));
  BOOST_TEST((bench.now(run).trouble->code == Errc::ticket_expired));
}

BOOST_AUTO_TEST_CASE(is_handed_out_after_its_ticket_ended) {
  bench.clock.set(noon + 48h);
  const Job job = bench.leased();
  BOOST_TEST(job.ticket == task.issued.ticket, boost::test_tools::per_element());
  BOOST_TEST(outcome(bench.engine().complete(EngineBench::holding(job),
                                             bench.result_of(job, "r"))) == accepted);
  BOOST_TEST((bench.status(run) == Status::completed));
}

BOOST_AUTO_TEST_CASE(of_a_ticket_that_is_not_renewable_ends_with_it) {
  auto brief = bench.task("w-2", "queue-bob");
  brief.issued.times.renew_until = brief.issued.times.run_until;
  const Run other = *bench.start(brief);
  bench.clock.set(noon + 1h);
  bench.engine().sweep();
  BOOST_TEST((bench.status(other) == Status::dead));
  BOOST_TEST((bench.status(run) == Status::queued));
}

BOOST_AUTO_TEST_CASE(is_lost_after_its_lease_unless_the_renewal_is_told) {
  bench.clock.set(noon + 48h);
  const Job silent = bench.leased();
  bench.clock.advance(20s);
  BOOST_TEST(beat(silent) == accepted);  // and extends nothing: the ticket known here is over
  bench.clock.advance(10s);
  BOOST_TEST(beat(silent) == Errc::lease_lost);
  bench.engine().sweep();
  bench.clock.advance(1s);

  const Job told = bench.leased();
  BOOST_TEST(tell(told, bench.renewed(task, bench.clock.now())) == accepted);
  hold(told, bench.clock.now() + 50min);
  BOOST_TEST((bench.status(run) == Status::running));
}

BOOST_AUTO_TEST_CASE(that_was_not_begun_is_no_attempt) {
  for (int i = 0; i < 9; ++i) {  // more often than it may fail
    const Job job = bench.leased();
    BOOST_TEST(job.run.attempt == 1U);
    BOOST_TEST(outcome(bench.engine().hand_back(EngineBench::holding(job), "no KDC")) == accepted);
    BOOST_TEST((bench.status(run) == Status::queued));
    BOOST_TEST(bench.now(run).trouble->message == "no KDC");
    BOOST_TEST(beat(job) == Errc::lease_lost);
    BOOST_TEST(outcome(bench.engine().hand_back(EngineBench::holding(job), "twice")) ==
               Errc::lease_lost);
    bench.clock.advance(4s);
    BOOST_TEST(!bench.has_work());
    bench.clock.advance(1s);
  }
}

BOOST_AUTO_TEST_CASE(is_handed_back_by_who_holds_it_alone) {
  const Job job = bench.leased();
  const auto hand_back = [&](const Holding& holding) {
    return outcome(bench.engine().hand_back(holding, "m"));
  };
  BOOST_TEST(hand_back({run.id, LeaseId{}, "queue-alice"}) == Errc::lease_lost);
  BOOST_TEST(hand_back({run.id, job.lease, "queue-bob"}) == Errc::not_owner);
  BOOST_TEST(bool(bench.engine().cancel(run.id)));
  BOOST_TEST(hand_back(EngineBench::holding(job)) == Errc::already_ended);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_renewal_that_is_told, Fixture)

BOOST_AUTO_TEST_CASE(moves_the_end_of_the_lease_and_of_the_work) {
  const Job job = bench.leased();
  hold(job, noon + 40min);
  BOOST_TEST(tell(job, bench.renewed(task, bench.clock.now())) == accepted);
  BOOST_TEST((bench.now(run).run_until == bench.clock.now() + 1h));
  hold(job, noon + 90min);  // far beyond the first run_until
  BOOST_TEST(outcome(bench.engine().complete(EngineBench::holding(job),
                                             bench.result_of(job, "late"))) == accepted);
  BOOST_TEST(text_of(*bench.engine().result(run.id)) == "late");
}

BOOST_AUTO_TEST_CASE(lasts_no_longer_than_it_says) {
  const Job job = bench.leased();
  BOOST_TEST(tell(job, bench.renewed(task, noon, 10min)) == accepted);  // a shorter grant
  hold(job, noon + 12min);  // the two minutes are the skew that two clocks may have
  BOOST_TEST(beat(job) == Errc::lease_lost);
  BOOST_TEST((bench.status(run) == Status::queued));
}

BOOST_AUTO_TEST_CASE(may_be_told_twice_and_be_followed_by_the_next) {
  const Job job = bench.leased();
  const Evidence first = bench.renewed(task, noon + 10s);
  bench.clock.advance(10s);
  BOOST_TEST(tell(job, first) == accepted);
  BOOST_TEST(tell(job, first) == accepted);
  const Evidence second = bench.renewed(task, noon + 20s);
  bench.clock.advance(10s);
  BOOST_TEST(tell(job, second) == accepted);
  BOOST_TEST((bench.now(run).run_until == noon + 20s + 1h));
  BOOST_TEST(tell(job, first) == Errc::bad_renewal);  // it is older now
  BOOST_TEST((bench.now(run).run_until == noon + 20s + 1h));
}

// Rules: R6.35
BOOST_AUTO_TEST_CASE(of_another_authority_or_a_wider_one_changes_nothing) {
  const Job job = bench.leased();
  for (const Row& row : foreign) {
    BOOST_TEST_CONTEXT(row.name) {
      const Evidence forged =
          bench.renewed(task, noon, 2h, [&](Body& body) { row.change(*this, body); });
      BOOST_TEST(tell(job, forged) == Errc::bad_renewal);
      BOOST_TEST((bench.now(run).run_until == noon + 1h));
    }
  }
  const auto other = bench.task("w-2");
  BOOST_TEST(tell(job, bench.renewed(other, noon)) == Errc::bad_renewal);
  BOOST_TEST(tell(job, bench.renewed(task, noon)) == accepted);
}

BOOST_AUTO_TEST_CASE(is_for_who_holds_the_lease_alone) {
  const Job job = bench.leased();
  const Evidence renewed = bench.renewed(task, noon, 2h);
  const auto told_by = [&](const Holding& holding) {
    return outcome(bench.engine().heartbeat(holding, &renewed));
  };
  BOOST_TEST(told_by({run.id, LeaseId{}, "queue-alice"}) == Errc::lease_lost);
  BOOST_TEST(told_by({run.id, job.lease, "queue-bob"}) == Errc::not_owner);
  BOOST_TEST((bench.now(run).run_until == noon + 1h));
}

BOOST_AUTO_TEST_CASE(is_kept_when_the_daemon_dies_and_when_the_worker_does) {
  const Job job = bench.leased();
  bench.clock.set(noon + 20s);
  BOOST_TEST(tell(job, bench.renewed(task, noon + 20s, 3h)) == accepted);
  bench.open();
  BOOST_TEST((bench.now(run).run_until == noon + 20s + 3h));
  bench.clock.advance(31s);
  bench.engine().sweep();
  bench.clock.advance(1s);
  const Job second = bench.leased();
  BOOST_TEST(second.run.attempt == 2U);
  BOOST_TEST(tell(second, bench.renewed(task, noon + 10s)) == Errc::bad_renewal);
}

BOOST_AUTO_TEST_CASE(does_not_outlast_the_last_moment) {
  bench.clock.set(noon + 7 * 24h - 10min);
  const Job job = bench.leased();
  BOOST_TEST(tell(job, bench.renewed(task, bench.clock.now(), 10min)) == accepted);
  hold(job, noon + 7 * 24h + 2min);
  BOOST_TEST(beat(job) == Errc::already_ended);
  BOOST_TEST((bench.status(run) == Status::dead));  // nobody can have it renewed any more
  BOOST_TEST(bench.engine().unreported({}, 9).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::engine_renewal_test
