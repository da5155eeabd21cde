#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/trigger/engine_bench.h"
#include "ticket/exchange/fields.h"

namespace waybill::test::engine_crash_test {
namespace {

// What the child says of what was acknowledged, one line a write, so that no line is torn:
// "+ ID" accepted, "> ID ATTEMPT" handed out, "= ID" completed.
void say(int pipe, const std::string& line) {
  const std::string whole = line + "\n";
  if (::write(pipe, whole.data(), whole.size()) < 0) ::_exit(2);
}

void submit_for_ever(EngineBench& bench, std::vector<EngineBench::Task>& tasks, std::size_t from,
                     int pipe) {
  for (std::size_t i = from; i < tasks.size(); i += 4) {
    if (bench.start(tasks[i])) say(pipe, "+ " + tasks[i].workflow_id);
  }
}

void work_for_ever(EngineBench& bench, int pipe) {
  for (;;) {
    for (const Job& job : bench.engine().lease("queue-alice", 2, 1s)) {
      const std::string& id = job.run.workflow_id;
      say(pipe, "> " + id + " " + std::to_string(job.run.attempt));
      if (job.run.attempt == 1 && id.back() == '3') {
        if (!bench.engine().fail(EngineBench::holding(job), "once", true)) ::_exit(3);
      } else if (id.back() != '7') {  // those are still running when the end comes
        const Buffer result = bench.result_of(job, "result of " + id);
        if (bench.engine().complete(EngineBench::holding(job), result)) say(pipe, "= " + id);
      }
    }
  }
}

[[noreturn]] void live(EngineBench& bench, std::vector<EngineBench::Task>& tasks, int pipe) {
  bench.open();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { submit_for_ever(bench, tasks, i, pipe); });
  }
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { work_for_ever(bench, pipe); });
  for (std::thread& thread : threads) thread.join();
  ::_exit(1);
}

// All that was said until the end, however it came. Kills after so many bytes.
std::string hear_and_kill(pid_t child, int pipe, std::size_t enough) {
  std::string said;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t got = ::read(pipe, part.data(), part.size());
    if (got <= 0) break;
    said.append(part.data(), static_cast<std::size_t>(got));
    if (said.size() >= enough) ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(WIFSIGNALED(status));
  ::close(pipe);
  return said;
}

struct Said {
  std::set<std::string> accepted, completed;
  std::map<std::string, unsigned> attempts;  // the highest that was handed out
};

Said parse(const std::string& text) {
  Said said;
  std::istringstream lines(text);
  std::string what, id;
  while (lines >> what >> id) {
    unsigned attempt = 0;
    if (what == ">") lines >> attempt;
    if (what == "+") said.accepted.insert(id);
    if (what == "=") said.completed.insert(id);
    if (what == ">") said.attempts[id] = std::max(said.attempts[id], attempt);
  }
  return said;
}

void check(EngineBench& bench, const Said& said) {
  for (const std::string& id : said.accepted) {
    BOOST_TEST(bench.engine().describe(id).has_value(), id << " was acknowledged and is gone");
  }
  for (const std::string& id : said.completed) {
    const auto run = bench.engine().describe(id);
    BOOST_TEST_REQUIRE(run.has_value());
    BOOST_TEST((run->status == Status::completed), id);
    BOOST_TEST(text_of(*bench.engine().result(run->id)) == "result of " + id);
  }
  // No job left before its attempt was durable: the next hand-out has another number.
  for (const auto& [id, attempt] : said.attempts) {
    BOOST_TEST(bench.engine().describe(id)->attempt >= attempt, id);
  }
}

void finish(EngineBench& bench) {
  for (int round = 0; round < 8; ++round) {
    bench.clock.advance(60s);
    bench.engine().sweep();
    for (;;) {
      const auto jobs = bench.engine().lease("queue-alice", 16, 0ms);
      if (jobs.empty()) break;
      for (const Job& job : jobs) {
        const Buffer result = bench.result_of(job, "result of " + job.run.workflow_id);
        BOOST_TEST(bool(bench.engine().complete(EngineBench::holding(job), result)));
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_engine_that_is_killed)

BOOST_AUTO_TEST_CASE(has_all_that_it_acknowledged, *boost::unit_test::label("slow")) {
  EngineBench bench;
  std::vector<EngineBench::Task> tasks;
  for (int i = 0; i < 3000; ++i) tasks.push_back(bench.task("w-" + std::to_string(i)));
  bench.close();  // nothing of LMDB goes over the fork
  std::array<int, 2> pipe{};
  BOOST_TEST_REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) live(bench, tasks, pipe[1]);
  ::close(pipe[1]);
  const Said said = parse(hear_and_kill(child, pipe[0], 8000));
  BOOST_TEST(said.accepted.size() > 100U);
  BOOST_TEST(said.completed.size() > 50U);

  bench.open();
  check(bench, said);
  const std::size_t open_before = bench.engine().counts().open;
  BOOST_TEST(open_before > 0U);
  // The same submissions again: those that were taken are not taken twice.
  for (const auto& task : tasks) BOOST_TEST(bool(bench.start(task)));
  const auto counts = bench.engine().counts();
  BOOST_TEST(counts.open + counts.ended == tasks.size());
  finish(bench);
  BOOST_TEST(bench.engine().counts().open == 0U);
  for (const auto& task : tasks) {
    const auto run = bench.engine().describe(task.workflow_id);
    BOOST_TEST_REQUIRE(run.has_value());
    BOOST_TEST((run->status == Status::completed), task.workflow_id);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::engine_crash_test
