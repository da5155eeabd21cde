#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::test {

/// A program to run, and all that it sees of the world: nothing of the environment of the test goes
/// over but PATH.
struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments{};
  std::filesystem::path folder{};                    ///< where it runs; also its HOME
  std::map<std::string, std::string> environment{};  ///< beside PATH, HOME and LANG
};

/// How a program ended and what it said.
struct Ended {
  int status = 0;  ///< its exit status; 128 + N when signal N ended it
  std::string out;
  std::string err;
};

/// Runs a program to its end. One that takes longer than `patience` is killed (status 137). What it
/// leaves behind in the background is killed too.
Ended run(const Command& command, std::string_view input = {},
          std::chrono::milliseconds patience = std::chrono::seconds(60));

/// A real daemon in a process of its own, in a process group of its own. It does not outlive its
/// object, nor the thread that started it: the system kills it when that thread ends, however it
/// ends. So start it from the thread of the test case. What it writes, on stdout and stderr, is
/// appended to a file. Not thread-safe, but for log().
class Daemon {
 public:
  /// Does not start it yet.
  Daemon(Command command, std::filesystem::path log);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();  ///< kill()

  /// With the same arguments each time. Requires that it does not run.
  void start();
  /// SIGKILL to it and to all that it started; returns when it is gone. Harmless when it is not
  /// running.
  void kill();
  /// SIGTERM to it alone; gives its exit status as Ended has it. Killed after `patience` (137).
  int terminate(std::chrono::milliseconds patience = std::chrono::seconds(15));
  /// SIGSTOP and SIGCONT: alive, but silent. pause() returns when it is.
  void pause();
  void resume();
  bool is_running();
  pid_t pid() const { return pid_; }

  /// All that it has written since the first start.
  std::string log() const;
  /// False when `text` was not written since the last start within `patience`, or the daemon ended.
  bool says(std::string_view text, std::chrono::milliseconds patience = std::chrono::seconds(10));
  /// Waits until something listens on that port of 127.0.0.1. Throws std::runtime_error, with the
  /// log in it, when the daemon ends before or takes longer than `patience`.
  void wait_until_listening(std::uint16_t port,
                            std::chrono::milliseconds patience = std::chrono::seconds(15));

 private:
  const Command command_;
  const std::filesystem::path log_;
  pid_t pid_ = -1;
  std::size_t log_before_ = 0;  // bytes, at the last start
};

/// A port on which nothing listens, outside the range from which the system takes the ports of
/// outgoing connections: so nobody takes it between two starts of a daemon.
std::uint16_t free_port();

/// Whether something accepts connections on that port of 127.0.0.1.
bool is_listening(std::uint16_t port);

/// Asks until the answer is yes, at most for `patience`; gives the last answer.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds patience = std::chrono::seconds(15));

}  // namespace waybill::test
