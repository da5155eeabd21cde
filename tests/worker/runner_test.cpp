#include "worker/runner.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "tests/support/manual_clock.h"

namespace waybill::test::runner_test {
namespace {

using worker::HandlerEnd;
using worker::HandlerRun;
using worker::Runner;
using worker::Stop;
using How = HandlerEnd::How;
using Moment = std::chrono::steady_clock::time_point;

struct Fixture {
  Fixture() { ::signal(SIGPIPE, SIG_IGN); }  // as Shutdown does
  Scratch scratch;
  ManualClock clock;
  Stop stop;
  std::vector<std::string> messages;
  Runner::Options options{.max_output = limits::max_input, .grace = 400ms};
  std::vector<std::string> environment{"PATH=/usr/bin:/bin"};

  HandlerEnd run(const std::string& command, std::string_view input = {}) {
    const HandlerRun run{command, environment, bytes_of(input), [] { return noon + 60s; },
                         [this](std::string_view line) { messages.emplace_back(line); }};
    return Runner(clock, options).run(run, stop);
  }
  std::string text_in(const char* name) const {
    std::ifstream file(scratch / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool comes(const char* name) const {
    for (int i = 0; i < 200 && text_in(name).empty(); ++i) std::this_thread::sleep_for(20ms);
    return !text_in(name).empty();
  }
};

std::string said(const HandlerEnd& end) { return std::string(text_of(end.output)); }

// Killed, and not merely waiting for its parent to take note.
bool is_gone(const std::string& pid) {
  for (int i = 0; i < 100; ++i) {
    std::ifstream status("/proc/" + pid + "/stat");
    std::string text{std::istreambuf_iterator<char>(status), {}};
    if (text.empty() || text.find(") Z") != std::string::npos) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_handler, Fixture)

BOOST_AUTO_TEST_CASE(turns_its_input_into_its_output) {
  const HandlerEnd end = run("tr a-z A-Z", "some text");
  BOOST_TEST((end.how == How::exited));
  BOOST_TEST(end.status == 0);
  BOOST_TEST(said(end) == "SOME TEXT");
  BOOST_TEST(said(run("cat")) == "");
}

BOOST_AUTO_TEST_CASE(takes_and_gives_as_much_as_there_may_be) {
  std::string input(limits::max_input, '\0');
  for (std::size_t i = 0; i < input.size(); ++i)
    input[i] = static_cast<char>(i * 2654435761U >> 13);
  const HandlerEnd end = run("cat", input);
  BOOST_TEST((end.how == How::exited));
  BOOST_TEST((said(end) == input));
}

BOOST_AUTO_TEST_CASE(says_how_it_ended) {
  struct Row {
    const char* command;
    How how;
    int status;
    const char* sentence;
  };
  const Row rows[] = {
      {"exit 0", How::exited, 0, "the handler ended with status 0"},
      {"exit 3", How::exited, 3, "the handler ended with status 3"},
      {"no-such-program-anywhere", How::exited, 127, "the handler ended with status 127"},
      {"kill -9 $$", How::killed, 9, "the handler was ended by signal 9"},
      {"kill -TERM $$", How::killed, 15, "the handler was ended by signal 15"},
  };
  for (const Row& row : rows) {
    const HandlerEnd end = run(row.command);
    BOOST_TEST((end.how == row.how), row.command);
    BOOST_TEST(end.status == row.status, row.command);
    BOOST_TEST(worker::describe(end) == row.sentence);
  }
}

BOOST_AUTO_TEST_CASE(need_not_read_its_input) {
  const std::string much(1 << 20, 'x');
  BOOST_TEST(said(run("echo done", much)) == "done\n");
  BOOST_TEST(said(run("exec <&-; sleep 0.3; echo closed", much)) == "closed\n");
  BOOST_TEST(said(run("head -c 10", much)) == "xxxxxxxxxx");
}

BOOST_AUTO_TEST_CASE(that_says_more_than_it_may_is_ended) {
  options.max_output = 1000;
  BOOST_TEST(said(run("head -c 1000 /dev/zero")).size() == 1000U);
  const HandlerEnd one_more = run("head -c 1001 /dev/zero");
  BOOST_TEST((one_more.how == How::said_too_much));
  BOOST_TEST(one_more.output.empty());
  BOOST_TEST((run("cat /dev/zero").how == How::said_too_much));  // and does not fill the memory
}

BOOST_AUTO_TEST_CASE(is_ended_in_the_second_in_which_its_ticket_is_over) {
  std::thread time([this] {
    BOOST_TEST(comes("started"));
    clock.set(noon + 59s);
    std::this_thread::sleep_for(500ms);
    clock.set(noon + 60s);
  });
  const HandlerEnd end = run("echo $$ >" + (scratch / "started").string() + "; sleep 100; echo no");
  time.join();
  BOOST_TEST((end.how == How::out_of_time));
  BOOST_TEST(said(end) == "");
  BOOST_TEST(worker::describe(end) == "the ticket's time ended while the handler ran");
}

BOOST_AUTO_TEST_CASE(is_not_begun_when_its_time_is_over_or_nobody_wants_it) {
  const std::string command = "echo ran >" + (scratch / "ran").string();
  clock.set(noon + 60s);
  BOOST_TEST((run(command).how == How::out_of_time));
  clock.set(noon);
  stop.request(Stop::Reason::shutdown);
  BOOST_TEST((run(command).how == How::stopped));
  BOOST_TEST(text_in("ran").empty());
}

BOOST_AUTO_TEST_CASE(that_ignores_the_request_to_end_is_killed) {
  const std::string mark = (scratch / "started").string();
  std::thread other([this] {
    BOOST_TEST(comes("started"));
    stop.request(Stop::Reason::lease_lost);
  });
  const Moment begin = std::chrono::steady_clock::now();
  const HandlerEnd end = run("trap '' TERM; echo $$ >" + mark + "; while :; do sleep 0.05; done");
  other.join();
  BOOST_TEST((end.how == How::stopped));
  const auto took = std::chrono::steady_clock::now() - begin;
  BOOST_TEST((took >= options.grace));
  BOOST_TEST((took < 5s));
  BOOST_TEST(is_gone(trimmed(text_in("started"))));
}

BOOST_AUTO_TEST_CASE(has_a_moment_to_end_by_itself) {
  options.grace = 10s;
  const std::string mark = (scratch / "started").string();
  const std::string tidy = (scratch / "tidied").string();
  std::thread other([this] {
    BOOST_TEST(comes("started"));
    stop.request(Stop::Reason::shutdown);
  });
  const HandlerEnd end = run("trap 'echo yes >" + tidy + "; exit 0' TERM; echo $$ >" + mark +
                             "; while :; do sleep 0.05; done");
  other.join();
  BOOST_TEST((end.how == How::stopped));
  BOOST_TEST(text_in("tidied") == "yes\n");
}

BOOST_AUTO_TEST_CASE(leaves_nothing_running_behind) {
  const std::string pid = (scratch / "pid").string();
  const Moment begin = std::chrono::steady_clock::now();
  const HandlerEnd end = run("(sleep 100; echo late) & echo $! >" + pid + "; echo first");
  BOOST_TEST((end.how == How::exited));
  BOOST_TEST(said(end) == "first\n");
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));  // although a pipe was still open
  BOOST_TEST(is_gone(trimmed(text_in("pid"))));
}

BOOST_AUTO_TEST_CASE(gets_no_environment_but_its_own) {
  ::setenv("WAYBILL_TEST_SECRET", "hunter2", 1);
  environment.push_back("WAYBILL_SUBJECT=carol@DEMO.TEST");
  const std::string seen = said(run("env"));
  ::unsetenv("WAYBILL_TEST_SECRET");
  BOOST_TEST(seen.find("hunter2") == std::string::npos);
  BOOST_TEST(seen.find("WAYBILL_SUBJECT=carol@DEMO.TEST\n") != std::string::npos);
  BOOST_TEST(seen.find("PATH=/usr/bin:/bin\n") != std::string::npos);
  BOOST_TEST(std::ranges::count(seen, '\n') <= 4);  // these two, and PWD, _ of the shell
}

BOOST_AUTO_TEST_CASE(gets_no_descriptor_but_its_own_three) {
  const int leaky = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  BOOST_TEST_REQUIRE(leaky > 2);
  // The shell's own look adds one that stands for the folder that is read.
  const std::string seen = said(run("ls /proc/self/fd | sort -n | tr '\\n' ' '"));
  ::close(leaky);
  BOOST_TEST(seen == "0 1 2 3 ");
}

BOOST_AUTO_TEST_CASE(has_ordinary_signals_and_no_core_dump_and_leads_its_group) {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, nullptr);
  const std::string blocked = said(run("grep -E '^Sig(Blk|Ign)' /proc/self/status"));
  ::pthread_sigmask(SIG_UNBLOCK, &term, nullptr);
  BOOST_TEST(blocked.find("SigBlk:\t0000000000000000") != std::string::npos, blocked);
  const std::size_t ignored = blocked.find("SigIgn:\t");
  BOOST_TEST_REQUIRE(ignored != std::string::npos);
  const auto signals = std::stoull(blocked.substr(ignored + 8), nullptr, 16);
  BOOST_TEST((signals >> (SIGPIPE - 1) & 1U) == 0U);
  BOOST_TEST(said(run("ulimit -c")) == "0\n");
  const std::string ids = said(run("cut -d' ' -f1,5 /proc/$$/stat"));
  std::istringstream in(ids);
  pid_t pid = 0;
  pid_t group = -1;
  in >> pid >> group;
  BOOST_TEST(pid == group);
  BOOST_TEST(group != ::getpgrp());
}

BOOST_AUTO_TEST_CASE(is_heard_line_by_line_on_standard_error) {
  run("echo one >&2; printf 'two\\nthree' >&2");
  BOOST_TEST(messages == (std::vector<std::string>{"one", "two", "three"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(cannot_flood_the_log) {
  const HandlerEnd end =
      run("yes >&2 & sleep 0.5; head -c 5000 /dev/zero | tr '\\0' x >&2; echo ok");
  BOOST_TEST(said(end) == "ok\n");
  std::size_t bytes = 0;
  for (const std::string& line : messages) {
    bytes += line.size();
    BOOST_TEST(line.size() <= Runner::max_line);
  }
  BOOST_TEST(bytes <= Runner::max_messages + 2 * Runner::max_line);
}

BOOST_AUTO_TEST_CASE(dies_with_the_worker_that_started_it) {
  const std::string mark = (scratch / "pid").string();
  const pid_t child = ::fork();
  if (child == 0) {
    run("echo $$ >" + mark + "; exec sleep 100");
    ::_exit(0);
  }
  BOOST_TEST(comes("pid"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  BOOST_TEST(is_gone(trimmed(text_in("pid"))));
}

BOOST_AUTO_TEST_CASE(may_run_beside_others) {
  std::vector<std::thread> threads;
  std::mutex lock;
  int good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const Stop never;
      const std::string text(100'000, static_cast<char>('a' + i));
      const HandlerRun one{"cat", environment, bytes_of(text), [] { return noon + 60s; }};
      const bool same = said(Runner(clock).run(one, never)) == text;
      const std::scoped_lock guard(lock);
      if (same) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(good == 8);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::runner_test
