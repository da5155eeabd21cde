#include "worker/uses.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"

namespace waybill::test::uses_test {
namespace {

using worker::Store;
using worker::UseTable;

constexpr TicketId some_ticket{1, 2, 3};

TicketId ticket_number(std::uint8_t number) { return {number}; }

// Runs in a child process that is killed, not ended: nothing is written on its way out.
template <class Action>
void in_a_killed_process(Action action) {
  const pid_t child = ::fork();
  if (child == 0) {
    action();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(WIFSIGNALED(status));
}

Outcome pin_in(const std::filesystem::path& folder, const TicketId& ticket, const char* run) {
  Store store(folder);
  UseTable uses(store);
  return outcome(uses.pin(ticket, run, noon + 1h));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_table_of_uses)

// Rules: R4.31
BOOST_AUTO_TEST_CASE(gives_a_ticket_to_the_first_run_and_to_no_other) {
  const Scratch scratch;
  Store store(scratch / "worker", quick_store());
  UseTable uses(store);
  BOOST_TEST(outcome(uses.pin(some_ticket, "run-1", noon)) == accepted);
  BOOST_TEST(outcome(uses.pin(some_ticket, "run-1", noon)) == accepted);
  BOOST_TEST(outcome(uses.pin(some_ticket, "run-2", noon)) == Errc::ticket_reused);
  BOOST_TEST(outcome(uses.pin(some_ticket, "run-", noon)) == Errc::ticket_reused);
  BOOST_TEST(outcome(uses.pin(some_ticket, "", noon)) == Errc::ticket_reused);
  BOOST_TEST(outcome(uses.pin(ticket_number(9), "run-2", noon)) == accepted);
  BOOST_TEST(uses.count() == 2U);
}

BOOST_AUTO_TEST_CASE(keeps_a_pin_when_the_worker_is_killed_right_after_it) {
  const Scratch scratch;
  const auto folder = scratch / "worker";
  in_a_killed_process([&] {
    Store store(folder);
    UseTable uses(store);
    if (!uses.pin(some_ticket, "run-1", noon + 1h)) ::_exit(1);
    ::kill(::getpid(), SIGKILL);  // before anything of store is taken apart
  });
  BOOST_TEST(pin_in(folder, some_ticket, "run-2") == Errc::ticket_reused);
  BOOST_TEST(pin_in(folder, some_ticket, "run-1") == accepted);
}

BOOST_AUTO_TEST_CASE(has_one_winner_among_threads) {
  const Scratch scratch;
  Store store(scratch / "worker", quick_store());
  UseTable uses(store);
  for (std::uint8_t round = 0; round < 20; ++round) {
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto pinned = uses.pin(ticket_number(round), "run-" + std::to_string(i), noon);
        ++(pinned ? winners : losers);
      });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(winners == 1);
    BOOST_TEST(losers == 7);
  }
}

BOOST_AUTO_TEST_CASE(has_one_winner_among_processes_that_share_the_folder) {
  const Scratch scratch;
  const auto folder = scratch / "worker";
  constexpr int processes = 4;
  constexpr std::uint8_t tickets = 16;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int won = 0;
      const std::string run = "run-" + std::to_string(i);
      Store store(folder);  // also made by all of them at once
      UseTable uses(store);
      for (std::uint8_t t = 0; t < tickets; ++t) {
        if (uses.pin(ticket_number(t), run, noon)) ++won;
      }
      ::_exit(won);
    }
    children.push_back(child);
  }
  int won = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST_REQUIRE(WIFEXITED(status));
    won += WEXITSTATUS(status);
  }
  BOOST_TEST(won == tickets);
}

BOOST_AUTO_TEST_CASE(forgets_what_is_over_by_the_kdcs_clock_and_nothing_else) {
  const Scratch scratch;
  Store store(scratch / "worker", quick_store());
  UseTable uses(store);
  for (std::uint8_t i = 0; i < 10; ++i) {
    BOOST_TEST(outcome(uses.pin(ticket_number(i), "run-1", noon + Seconds{i})) == accepted);
  }
  BOOST_TEST(uses.sweep(noon - 1s, 100) == 0U);
  BOOST_TEST(uses.sweep(noon + 4s, 3) == 3U);  // a step at a time
  BOOST_TEST(uses.sweep(noon + 4s, 100) == 2U);
  BOOST_TEST(uses.count() == 5U);
  BOOST_TEST(outcome(uses.pin(ticket_number(5), "run-2", noon)) == Errc::ticket_reused);
  BOOST_TEST(outcome(uses.pin(ticket_number(4), "run-2", noon)) == accepted);
}

// A pin that is gone belongs to a ticket that is over, whatever the host's clock says.
BOOST_AUTO_TEST_CASE(can_forget_no_ticket_that_could_be_used_again) {
  Desk desk;
  worker::Job job = desk.job();
  BOOST_TEST(desk.judge(job) == accepted);
  BOOST_TEST(desk.hear(noon + 7 * 24h) == accepted);  // its renew_until
  BOOST_TEST(desk.uses.sweep(desk.revocations.head().time, 100) == 1U);
  job.run_chain = "run-2";
  BOOST_TEST(desk.judge(job, noon + 2s) == Errc::ticket_expired);
}

BOOST_AUTO_TEST_CASE(holds_for_a_renewed_ticket_too) {
  Desk desk;
  Body body = desk.body();
  BOOST_TEST(desk.judge(desk.job(body)) == accepted);
  BOOST_TEST(desk.hear(noon + 24h) == accepted);
  body.issued_at = noon + 24h;
  body.start_by = noon + 25h;
  body.run_until = noon + 26h;
  worker::Job renewed = desk.job(std::move(body));
  BOOST_TEST(desk.uses.sweep(desk.revocations.head().time, 100) == 0U);
  BOOST_TEST(desk.judge(renewed, noon + 24h) == accepted);
  renewed.run_chain = "run-2";
  BOOST_TEST(desk.judge(renewed, noon + 24h) == Errc::ticket_reused);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::uses_test
