#include "ticket/adapters/shutdown.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace waybill {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

[[noreturn]] void fail(const char* doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

}  // namespace

Shutdown::Shutdown(Hangup hangup) {
  sigset_t set = ending_signals();
  if (hangup == Hangup::is_heard) sigaddset(&set, SIGHUP);
  if (const int code = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); code != 0) {
    throw std::system_error(code, std::generic_category(), "cannot block signals");
  }
  (void)::signal(SIGPIPE, SIG_IGN);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0) fail("cannot watch signals");
  wish_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wish_ < 0) {
    ::close(signals_);
    fail("cannot watch signals");
  }
}

Shutdown::~Shutdown() {
  ::close(signals_);
  ::close(wish_);
}

void Shutdown::wait() {
  while (!wait_for(std::chrono::milliseconds(INT_MAX))) {
  }
}

bool Shutdown::wait_for(std::chrono::milliseconds time) {
  const int limit = static_cast<int>(std::clamp<std::int64_t>(time.count(), 0, INT_MAX));
  std::array<pollfd, 2> watched{{{wish_, POLLIN, 0}, {signals_, POLLIN, 0}}};
  if (::poll(watched.data(), watched.size(), limit) <= 0) return false;
  if (watched[0].revents != 0) return true;
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP) {
      hung_up_ = true;
      return false;
    }
    const sigset_t set = ending_signals();
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);  // the next one ends us at once
    request();
  }
  return true;
}

void Shutdown::request() noexcept {
  const std::uint64_t one = 1;
  // Nothing reads it, so it stays readable; it can only fail by being as full as it gets.
  [[maybe_unused]] const ssize_t written = ::write(wish_, &one, sizeof one);
}

void restore_child_signals() noexcept {
  (void)::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void harden_process() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) fail("cannot turn core dumps off");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("cannot turn tracing off");
}

}  // namespace waybill
