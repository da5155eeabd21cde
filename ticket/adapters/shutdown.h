#pragma once

#include <atomic>
#include <chrono>

/// How a daemon starts hard and ends softly.
namespace waybill {

/// Waits for the wish to end: SIGINT, SIGTERM or request(). Make one first in main(), before any
/// thread: it blocks both signals in this thread, and so in all that it starts, and ignores
/// SIGPIPE in the whole process. Signals are not unblocked by its destructor.
///
/// A child would inherit both. After fork() call restore_child_signals() before exec; with
/// posix_spawn set an empty mask (POSIX_SPAWN_SETSIGMASK) and SIGPIPE to its default
/// (POSIX_SPAWN_SETSIGDEF).
class Shutdown {
 public:
  /// What SIGHUP does: what it does to any program, or wake wait_for(), for take_hangup().
  enum class Hangup { ends, is_heard };

  explicit Shutdown(Hangup hangup = Hangup::ends);  // throws std::system_error when the system has
                                                    // no descriptors left
  Shutdown(const Shutdown&) = delete;
  Shutdown& operator=(const Shutdown&) = delete;
  ~Shutdown();

  /// Returns when the end is wished for. After a signal, the same thread hears the next one in the
  /// ordinary way: a second Ctrl-C ends a daemon that does not finish.
  void wait();
  /// True as soon as the end is wished for, false after `time`, or sooner after a SIGHUP.
  bool wait_for(std::chrono::milliseconds time);
  /// From any thread, and from a signal handler: a part of the daemon died, or it is done.
  void request() noexcept;
  bool is_requested() noexcept { return wait_for(std::chrono::milliseconds(0)); }
  /// Whether there was a SIGHUP since it was asked last: files are to be read again.
  bool take_hangup() noexcept { return hung_up_.exchange(false); }

 private:
  int signals_ = -1;  // signalfd
  int wish_ = -1;     // eventfd: readable for ever once the end is wished for
  std::atomic<bool> hung_up_ = false;
};

/// Between fork() and exec: no signal blocked, SIGPIPE at its default. Async-signal-safe.
void restore_child_signals() noexcept;

/// No core dumps and no tracing by others, so that keys in memory stay there. As a side effect
/// /proc/self belongs to root, and debuggers need root. Throws std::system_error.
void harden_process();

}  // namespace waybill
