#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "ticket/adapters/shutdown.h"

namespace waybill::test::process_test {

using namespace std::chrono_literals;

namespace {

// Runs in a child, whose signals may be changed freely; its exit code, or minus the signal.
int in_child(const std::function<int()>& action) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(action());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_shutdown)

BOOST_AUTO_TEST_CASE(is_heard_from_either_signal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const int code = in_child([&] {
      Shutdown shutdown;
      if (shutdown.is_requested()) return 1;
      ::kill(::getpid(), signal);
      shutdown.wait();
      return shutdown.is_requested() ? 0 : 2;
    });
    BOOST_TEST(code == 0);
  }
}

BOOST_AUTO_TEST_CASE(is_heard_by_all_threads_when_a_part_asks_for_it) {
  const int code = in_child([] {
    Shutdown shutdown;
    std::thread other([&] { shutdown.wait(); });
    shutdown.request();
    shutdown.wait();
    other.join();
    return 0;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(is_no_hangup_and_hears_one_only_when_it_is_to) {
  const int heard = in_child([] {
    Shutdown shutdown(Shutdown::Hangup::is_heard);
    ::kill(::getpid(), SIGHUP);
    if (shutdown.wait_for(10s)) return 1;
    if (!shutdown.take_hangup()) return 2;
    if (shutdown.take_hangup()) return 3;  // it is taken
    shutdown.request();
    return shutdown.is_requested() ? 0 : 4;
  });
  BOOST_TEST(heard == 0);
  const int deaf = in_child([] {
    const Shutdown shutdown;
    ::kill(::getpid(), SIGHUP);
    return 0;
  });
  BOOST_TEST(deaf == -SIGHUP);
}

BOOST_AUTO_TEST_CASE(is_not_heard_before_its_time) {
  const int code = in_child([] {
    Shutdown shutdown;
    return shutdown.wait_for(30ms) ? 1 : 0;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(ends_the_process_at_the_second_signal) {
  const int code = in_child([] {
    Shutdown shutdown;
    ::kill(::getpid(), SIGTERM);
    shutdown.wait();
    ::kill(::getpid(), SIGTERM);
    return 0;
  });
  BOOST_TEST(code == -SIGTERM);
}

BOOST_AUTO_TEST_CASE(protects_from_a_broken_pipe) {
  const int code = in_child([] {
    const Shutdown shutdown;
    int ends[2];
    if (::pipe(ends) != 0) return 1;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(leaves_children_with_ordinary_signals) {
  const int code = in_child([] {
    const Shutdown shutdown;
    return in_child([] {
      restore_child_signals();
      sigset_t blocked;
      ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
      if (sigismember(&blocked, SIGTERM) != 0) return 1;
      ::kill(::getpid(), SIGTERM);
      return 2;
    });
  });
  BOOST_TEST(code == (-SIGTERM & 0xff));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_hardened_process)

BOOST_AUTO_TEST_CASE(leaves_no_core_and_cannot_be_traced) {
  const int code = in_child([] {
    harden_process();
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    return limit.rlim_cur == 0 && limit.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::process_test
