#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace waybill {

/// Of the monotonic clock: for time limits only, never a time of day.
using Moment = std::chrono::steady_clock::time_point;
Moment moment_after(std::chrono::milliseconds time);

/// One accepted connection: buffered both ways, every wait bounded by a deadline. Used by one
/// thread at a time.
class Connection {
 public:
  Connection(int socket, std::string remote);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  int socket() const noexcept { return socket_; }
  const std::string& remote() const noexcept { return remote_; }

  /// From here on reads fail after `deadline`, or when more than `max_bytes` came.
  void begin(Moment deadline, std::size_t max_bytes);
  void allow(std::size_t max_bytes) noexcept { allowed_ = max_bytes; }
  /// At least one byte, 0 at the end, -1 when it failed or a limit was reached.
  std::ptrdiff_t read(char* room, std::size_t size);
  bool has_unread() const noexcept { return taken_ < filled_; }
  bool timed_out() const noexcept { return timed_out_; }
  bool overflowed() const noexcept { return overflowed_; }
  bool wait_readable(Moment deadline) const;

  /// Collects; flush() sends it, so that a reply leaves in one piece.
  void write(std::string_view bytes) { output_ += bytes; }
  std::string& output() noexcept { return output_; }
  bool flush(Moment deadline);

 private:
  const int socket_;
  const std::string remote_;
  std::vector<char> input_;
  std::size_t taken_ = 0;
  std::size_t filled_ = 0;
  std::string output_;
  Moment deadline_{};
  std::size_t allowed_ = 0;
  bool timed_out_ = false;
  bool overflowed_ = false;
};

}  // namespace waybill
