#include <atomic>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/trigger/engine_bench.h"

namespace waybill::test::engine_lease_test {
namespace {

using trigger::Trouble;

void lose_lease(EngineBench& bench) {
  bench.clock.advance(30s);
  bench.engine().sweep();
}

std::string trouble(const Run& run) {
  if (!run.trouble) return "none";
  return std::string(describe(run.trouble->code).name) + " " + run.trouble->message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_lease)

BOOST_AUTO_TEST_CASE(is_held_by_one_worker_until_the_second_it_ends) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  const Job first = bench.leased();
  bench.clock.advance(29s);
  bench.engine().sweep();
  BOOST_TEST(!bench.has_work());
  BOOST_TEST(outcome(bench.engine().heartbeat(EngineBench::holding(first), nullptr)) == accepted);
  bench.clock.advance(29s);  // extended: it would be over by now
  BOOST_TEST(outcome(bench.engine().heartbeat(EngineBench::holding(first), nullptr)) == accepted);
  bench.clock.advance(30s);  // swept or not, it is over
  BOOST_TEST(outcome(bench.engine().heartbeat(EngineBench::holding(first), nullptr)) ==
             Errc::lease_lost);
  BOOST_TEST((bench.status(run) == Status::running));
  bench.engine().sweep();
  BOOST_TEST((bench.status(run) == Status::queued));
}

BOOST_AUTO_TEST_CASE(that_ran_out_gives_the_job_to_the_next_attempt) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  const Job first = bench.leased();
  lose_lease(bench);
  BOOST_TEST(!bench.has_work());  // back-off
  bench.clock.advance(1s);
  const Job second = bench.leased();
  BOOST_TEST(second.run.attempt == 2U);
  BOOST_TEST((second.run.id == first.run.id));
  BOOST_TEST((second.lease != first.lease));
  BOOST_TEST((second.run.submitted_at == noon));  // the engine took it then, whatever came since
  BOOST_TEST(trouble(bench.now(run)) == "WB-LEASE the worker was not heard of any more");

  const Holding late = EngineBench::holding(first);
  BOOST_TEST(outcome(bench.engine().heartbeat(late, nullptr)) == Errc::lease_lost);
  BOOST_TEST(outcome(bench.engine().complete(late, bench.result_of(first, "late"))) ==
             Errc::lease_lost);
  BOOST_TEST(outcome(bench.engine().fail(late, "late", true)) == Errc::lease_lost);
  BOOST_TEST(outcome(bench.engine().fail(late, "late", false)) == Errc::lease_lost);
  BOOST_TEST(outcome(bench.engine().refuse(late, {Errc::revoked, "late"})) == Errc::lease_lost);
  BOOST_TEST((bench.status(run) == Status::running));
  BOOST_TEST(outcome(bench.engine().complete(EngineBench::holding(second),
                                             bench.result_of(second, "r"))) == accepted);
  BOOST_TEST(!bench.now(run).trouble.has_value());
}

BOOST_AUTO_TEST_CASE(is_no_use_to_anybody_else) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  const Job job = bench.leased();
  const Buffer result = bench.result_of(job, "r");
  struct Row {
    const char* name;
    Holding holding;
    Errc expected;
  };
  const Row rows[] = {
      {"a guessed lease", {run.id, LeaseId{}, "queue-alice"}, Errc::lease_lost},
      {"another queue", {run.id, job.lease, "queue-bob"}, Errc::not_owner},
      {"no queue", {run.id, job.lease, ""}, Errc::not_owner},
      {"no such run", {RunId{1}, job.lease, "queue-alice"}, Errc::not_owner},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      auto& engine = bench.engine();
      BOOST_TEST(outcome(engine.heartbeat(row.holding, nullptr)) == row.expected);
      BOOST_TEST(outcome(engine.complete(row.holding, result)) == row.expected);
      BOOST_TEST(outcome(engine.fail(row.holding, "m", true)) == row.expected);
      BOOST_TEST(outcome(engine.fail(row.holding, "m", false)) == row.expected);
      BOOST_TEST(outcome(engine.refuse(row.holding, {Errc::revoked, "m"})) == row.expected);
    }
  }
  BOOST_TEST((bench.status(run) == Status::running));
}

BOOST_AUTO_TEST_CASE(of_work_that_waits_again_is_over) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  const Job job = bench.leased();
  BOOST_TEST(outcome(bench.engine().fail(EngineBench::holding(job), "try again", true)) ==
             accepted);
  BOOST_TEST((bench.status(run) == Status::queued));
  BOOST_TEST(outcome(bench.engine().heartbeat(EngineBench::holding(job), nullptr)) ==
             Errc::lease_lost);
}

BOOST_AUTO_TEST_CASE(does_not_outlast_the_ticket) {
  EngineBench bench;
  const Run run = bench.started("w-1");  // run_until is noon + 1 h; two minutes of skew are granted
  const Job job = bench.leased();
  while (bench.clock.now() < noon + 1h + 2min - 10s) {
    BOOST_TEST_REQUIRE(bool(bench.engine().heartbeat(EngineBench::holding(job), nullptr)));
    bench.clock.advance(10s);
    bench.engine().sweep();
  }
  BOOST_TEST(bool(bench.engine().heartbeat(EngineBench::holding(job), nullptr)));
  bench.clock.advance(10s);
  BOOST_TEST(outcome(bench.engine().heartbeat(EngineBench::holding(job), nullptr)) ==
             Errc::lease_lost);
  bench.engine().sweep();
  BOOST_TEST((bench.status(run) == Status::queued));  // its ticket may be renewed
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_attempt_that_fails)

BOOST_AUTO_TEST_CASE(is_followed_by_a_longer_pause_each_time) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  for (const Seconds pause : {1s, 2s, 4s, 8s}) {
    const Job job = bench.leased();
    BOOST_TEST(outcome(bench.engine().fail(EngineBench::holding(job), "no luck", true)) ==
               accepted);
    BOOST_TEST(trouble(bench.now(run)) == "WB-JOB-FAILED no luck");
    bench.clock.advance(pause - 1s);
    BOOST_TEST(!bench.has_work());
    bench.clock.advance(1s);
  }
  BOOST_TEST(bench.leased().run.attempt == 5U);
}

BOOST_AUTO_TEST_CASE(waits_a_minute_at_the_most) {
  auto options = quick_engine();
  options.max_attempts = 100;
  EngineBench bench(options);
  bench.started("w-1");
  for (int i = 0; i < 20; ++i) {
    const Job job = bench.leased();
    BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), "no luck", true)));
    bench.clock.advance(60s);
  }
  BOOST_TEST(bench.has_work());
}

BOOST_AUTO_TEST_CASE(is_the_last_one_when_it_is_the_fifth) {
  EngineBench bench;
  const Run failing = bench.started("w-1", "queue-alice");
  const Run silent = bench.started("w-2", "queue-bob");
  for (int i = 0; i < 5; ++i) {
    const Job job = bench.leased("queue-alice");
    BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), "no luck", true)));
    bench.leased("queue-bob");
    lose_lease(bench);
    bench.clock.advance(60s);
  }
  for (const Run& run : {failing, silent}) {
    BOOST_TEST((bench.status(run) == Status::dead));
    BOOST_TEST(bench.now(run).attempt == 5U);
    BOOST_TEST(bench.now(run).ended_at.has_value());
    BOOST_TEST(outcome(bench.engine().result(run.id)) == Errc::already_ended);
  }
  BOOST_TEST(trouble(bench.now(failing)) == "WB-JOB-FAILED no luck");
  BOOST_TEST(trouble(bench.now(silent)) == "WB-LEASE the worker was not heard of any more");
  BOOST_TEST(!bench.has_work("queue-alice"));
  BOOST_TEST(!bench.has_work("queue-bob"));
  BOOST_TEST(bench.engine().unreported({}, 9).size() == 2U);
}

BOOST_AUTO_TEST_CASE(may_be_the_last_one_by_the_workers_word) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  const Job job = bench.leased();
  BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), "never", false)));
  BOOST_TEST((bench.status(run) == Status::failed));
  BOOST_TEST(trouble(bench.now(run)) == "WB-JOB-FAILED never");
}

BOOST_AUTO_TEST_CASE(keeps_what_the_worker_says_up_to_a_limit) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  const Job job = bench.leased();
  std::string words(1023, 'x');
  words += "äöü";  // two bytes each: the limit falls inside the first
  BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), words, false)));
  BOOST_TEST(bench.now(run).trouble->message == std::string(1023, 'x'));
}

BOOST_AUTO_TEST_CASE(is_not_tried_again_when_the_worker_refuses) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  const Job job = bench.leased();
  BOOST_TEST(bool(bench.engine().refuse(EngineBench::holding(job), {Errc::revoked, "no"})));
  BOOST_TEST((bench.status(run) == Status::refused));
  BOOST_TEST(trouble(bench.now(run)) == "WB-TICKET-REVOKED no");
  bench.clock.advance(24h);
  bench.engine().sweep();
  BOOST_TEST(!bench.has_work());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(work_that_ends)

BOOST_AUTO_TEST_CASE(when_its_subject_cancels_it_while_it_waits) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  BOOST_TEST(outcome(bench.engine().cancel(run.id)) == accepted);
  BOOST_TEST((bench.status(run) == Status::cancelled));
  BOOST_TEST(!bench.has_work());
  BOOST_TEST(outcome(bench.engine().cancel(run.id)) == Errc::already_ended);
  BOOST_TEST(outcome(bench.engine().cancel(RunId{3})) == Errc::not_found);
}

BOOST_AUTO_TEST_CASE(when_its_subject_cancels_it_while_it_runs) {
  EngineBench bench;
  const Run run = bench.started("w-1");
  const Job job = bench.leased();
  const Holding holding = EngineBench::holding(job);
  BOOST_TEST(outcome(bench.engine().cancel(run.id)) == accepted);
  BOOST_TEST(outcome(bench.engine().heartbeat(holding, nullptr)) == Errc::already_ended);
  BOOST_TEST(outcome(bench.engine().complete(holding, bench.result_of(job, "r"))) ==
             Errc::already_ended);
  BOOST_TEST(outcome(bench.engine().fail(holding, "m", true)) == Errc::already_ended);
  lose_lease(bench);
  bench.clock.advance(60s);
  BOOST_TEST(!bench.has_work());
  BOOST_TEST((bench.status(run) == Status::cancelled));
}

BOOST_AUTO_TEST_CASE(when_nobody_did_it_before_its_ticket_ends_for_good) {
  EngineBench bench;
  const Run seen = bench.started("w-1", "queue-alice");
  const Run unseen = bench.started("w-2", "queue-bob");
  bench.clock.set(noon + 7 * 24h - 1s);
  bench.engine().sweep();
  BOOST_TEST((bench.status(unseen) == Status::queued));
  bench.clock.advance(1s);
  BOOST_TEST(!bench.has_work("queue-alice"));  // asked for before the sweep came by
  BOOST_TEST((bench.status(seen) == Status::dead));
  bench.engine().sweep();
  BOOST_TEST((bench.status(unseen) == Status::dead));
  for (const Run& run : {seen, unseen}) {
    BOOST_TEST(trouble(bench.now(run)) == "WB-TICKET-EXPIRED nobody did it in time");
  }
}

BOOST_AUTO_TEST_CASE(may_be_told_twice_by_who_ended_it) {
  EngineBench bench;
  const auto told_twice = [&](const char* id, auto tell) {
    bench.started(id);
    const Job job = bench.leased();
    const Buffer result = bench.result_of(job, "r");
    BOOST_TEST(outcome(tell(EngineBench::holding(job), result)) == accepted);
    BOOST_TEST(outcome(tell(EngineBench::holding(job), result)) == accepted);
    // Somebody else, or with another end, is late.
    BOOST_TEST(outcome(tell({job.run.id, LeaseId{}, "queue-alice"}, result)) ==
               Errc::already_ended);
    return job;
  };
  auto& engine = bench.engine();
  const Job done = told_twice(
      "w-1", [&](const Holding& h, const Buffer& result) { return engine.complete(h, result); });
  told_twice("w-2", [&](const Holding& h, const Buffer&) { return engine.fail(h, "m", false); });
  told_twice("w-3", [&](const Holding& h, const Buffer&) {
    return engine.refuse(h, {Errc::revoked, "m"});
  });
  BOOST_TEST(outcome(engine.fail(EngineBench::holding(done), "m", false)) == Errc::already_ended);
  BOOST_TEST(outcome(engine.complete(EngineBench::holding(done), Buffer{1})) == Errc::bad_result);
  BOOST_TEST(text_of(*engine.result(done.run.id)) == "r");
  BOOST_TEST(engine.unreported({}, 9).size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_waiting_worker)

BOOST_AUTO_TEST_CASE(gets_work_as_soon_as_it_comes) {
  EngineBench bench;
  const auto task = bench.task("w-1");
  std::vector<Job> jobs;
  const auto begin = std::chrono::steady_clock::now();
  std::thread waiter([&] { jobs = bench.engine().lease("queue-alice", 1, 20s); });
  std::this_thread::sleep_for(100ms);
  BOOST_TEST(bool(bench.start(task)));
  waiter.join();
  BOOST_TEST(jobs.size() == 1U);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));
}

BOOST_AUTO_TEST_CASE(gets_work_whose_pause_is_over) {
  EngineBench bench;
  bench.started("w-1");
  const Job job = bench.leased();
  BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), "again", true)));
  std::vector<Job> jobs;
  std::thread waiter([&] { jobs = bench.engine().lease("queue-alice", 1, 20s); });
  std::this_thread::sleep_for(50ms);
  bench.clock.advance(1s);
  waiter.join();
  BOOST_TEST(jobs.size() == 1U);
}

BOOST_AUTO_TEST_CASE(leaves_when_there_is_none_or_the_daemon_ends) {
  EngineBench bench;
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(bench.engine().lease("queue-alice", 1, 50ms).empty());
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= 50ms));
  std::thread waiter([&] { BOOST_TEST(bench.engine().lease("queue-alice", 1, 30s).empty()); });
  std::this_thread::sleep_for(50ms);
  bench.engine().end_waits();
  waiter.join();
  BOOST_TEST(bench.engine().lease("queue-alice", 1, 30s).empty());
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 10s));
}

BOOST_AUTO_TEST_CASE(never_shares_a_job_with_another_one) {
  EngineBench bench;
  constexpr int jobs = 200;
  std::vector<EngineBench::Task> tasks;
  for (int i = 0; i < jobs; ++i) tasks.push_back(bench.task("w-" + std::to_string(i)));
  std::mutex lock;
  std::multiset<std::string> got;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int own = i; own < jobs; own += 8) {
        if (!bench.start(tasks[static_cast<std::size_t>(own)])) std::abort();
      }
    });
    threads.emplace_back([&] {
      for (;;) {
        const auto some = bench.engine().lease("queue-alice", 3, 300ms);
        if (some.empty()) return;
        const std::scoped_lock guard(lock);
        for (const Job& job : some) got.insert(job.run.workflow_id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(got.size() == std::size_t{jobs});
  BOOST_TEST(std::set<std::string>(got.begin(), got.end()).size() == std::size_t{jobs});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::engine_lease_test
