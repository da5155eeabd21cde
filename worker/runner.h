#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/wire/bytes.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/limits.h"
#include "worker/stop.h"

namespace waybill::worker {

class Child;

/// One run of a handler.
struct HandlerRun {
  std::string command;                   ///< for /bin/sh -c
  std::vector<std::string> environment;  ///< NAME=value, and nothing else
  Bytes input;                           ///< on its standard input; it need not read it
  /// Nothing is done under the ticket from then on. Asked again and again by the running thread: a
  /// renewal moves it.
  std::function<Time()> run_until;
  /// A line of its standard error, at most Runner::max_line bytes; called by the running thread.
  std::function<void(std::string_view line)> on_message{};
};

struct HandlerEnd {
  enum class How {
    exited,         ///< by itself; `status` is its exit status
    killed,         ///< by a signal that was not ours; `status` is its number
    out_of_time,    ///< run_until passed
    stopped,        ///< Stop was requested
    said_too_much,  ///< its output is larger than allowed
  };
  How how;
  int status = 0;
  Buffer output{};  ///< of a handler that exited
};
/// One sentence about it, without a word of the handler's own.
std::string describe(const HandlerEnd& end);

/// Runs handlers as child processes (specs/protocol.md 10: a handler sees no key and no ticket).
/// What a handler started and left behind in its process group ends with it. Thread-safe; run() is
/// called by one thread for each job. SIGPIPE must be ignored in the process (Shutdown does that).
class Runner {
 public:
  static constexpr std::size_t max_line = 1024;           // of standard error, longer ones are cut
  static constexpr std::size_t max_messages = 64 * 1024;  // bytes of standard error for each run

  struct Options {
    std::size_t max_output = limits::max_input;
    /// Between SIGTERM and SIGKILL.
    std::chrono::milliseconds grace = std::chrono::seconds(5);
  };

  /// `clock` must outlive it.
  explicit Runner(const Clock& clock);
  Runner(const Clock& clock, const Options& options);

  /// Returns when the handler is gone. Throws std::system_error when it cannot be started.
  HandlerEnd run(const HandlerRun& run, const Stop& stop) const;

 private:
  const Clock& clock_;
  const Options options_;
};

}  // namespace waybill::worker
