#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/adapters/tls.h"

namespace waybill {

/// Of the monotonic clock: for time limits only, never a time of day.
using Moment = std::chrono::steady_clock::time_point;
Moment moment_after(std::chrono::milliseconds time);

/// One accepted connection: buffered both ways, every wait bounded by a deadline. Used by one
/// thread at a time.
class Connection {
 public:
  /// With `tls` nothing is read or written before secure().
  Connection(int socket, std::string remote, std::shared_ptr<const TlsIdentity> tls = {});
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  int socket() const noexcept { return socket_; }
  const std::string& remote() const noexcept { return remote_; }

  /// Whether bytes may be read and written: always without TLS.
  bool is_secure() const noexcept { return tls_ == nullptr || session_ != nullptr; }
  /// The TLS handshake; false when it failed or took longer.
  bool secure(Moment deadline);
  /// What came instead of a handshake was a request in plain HTTP. Then go_on_in_clear() lets it be
  /// answered.
  bool met_plain_http() const noexcept { return met_plain_http_; }
  void go_on_in_clear() noexcept { tls_.reset(); }

  /// From here on reads fail after `deadline`, or when more than `max_bytes` came.
  void begin(Moment deadline, std::size_t max_bytes);
  void allow(std::size_t max_bytes) noexcept { allowed_ = max_bytes; }
  /// At least one byte, 0 at the end, -1 when it failed or a limit was reached.
  std::ptrdiff_t read(char* room, std::size_t size);
  bool has_unread() const noexcept;
  bool timed_out() const noexcept { return timed_out_; }
  bool overflowed() const noexcept { return overflowed_; }
  bool wait_readable(Moment deadline) const;

  /// Collects; flush() sends it, so that a reply leaves in one piece.
  void write(std::string_view bytes) { output_ += bytes; }
  std::string& output() noexcept { return output_; }
  bool flush(Moment deadline);
  /// Nothing more will be sent, and the other end is told so.
  void end_output() noexcept;

 private:
  Moved receive(char* room, std::size_t size);
  Moved transmit(std::string_view bytes);
  bool wait_for(const Moved& moved, Moment deadline) const;

  const int socket_;
  const std::string remote_;
  std::shared_ptr<const TlsIdentity> tls_;  // none: in clear
  std::unique_ptr<TlsSession> session_;     // by secure(), established
  bool met_plain_http_ = false;
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
