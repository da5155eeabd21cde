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

/// One accepted connection, buffered both ways. Nothing waits for what the other end sends: what
/// has come is gathered, and read from there. Used by one thread at a time.
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
  bool is_secure() const noexcept {
    return tls_ == nullptr || (session_ != nullptr && session_->is_established());
  }
  enum class Handshake { done, unfinished, failed };
  /// Goes on with the TLS handshake, for as far as the other end has spoken.
  Handshake secure();
  /// What came instead of a handshake was a request in plain HTTP. Then go_on_in_clear() lets it be
  /// answered.
  bool met_plain_http() const noexcept { return met_plain_http_; }
  void go_on_in_clear() noexcept;

  /// The first bytes of a handshake or a request are here. It should be whole at `deadline`; reads
  /// fail when more than `max_bytes` were read.
  void begin(Moment deadline, std::size_t max_bytes);
  void allow(std::size_t max_bytes) noexcept { allowed_ = max_bytes; }
  /// From begin() to end(): something is on its way.
  bool has_begun() const noexcept { return begun_; }
  void end() noexcept;
  Moment begun_at() const noexcept { return begun_at_; }
  Moment deadline() const noexcept { return deadline_; }
  enum class Gathered { more_may_come, enough, no_more };
  /// Takes what has come, until `most` bytes are unread.
  Gathered gather(std::size_t most);
  std::string_view unread() const noexcept { return {input_.data() + taken_, filled_ - taken_}; }
  /// At least one byte of what was gathered, 0 at its end, -1 when a limit was reached.
  std::ptrdiff_t read(char* room, std::size_t size);
  bool has_unread() const noexcept;
  bool overflowed() const noexcept { return overflowed_; }
  /// Memory for what has come.
  std::size_t held_bytes() const noexcept { return input_.size(); }
  bool wait_readable(Moment deadline) const;

  /// Collects; flush() sends it, so that a reply leaves in one piece.
  void write(std::string_view bytes) { output_ += bytes; }
  std::string& output() noexcept { return output_; }
  /// True when all of it has left. Else it may be called again, with a later deadline.
  bool flush(Moment deadline);
  /// Nothing more will be sent, and the other end is told so. What has come is dropped.
  void end_output() noexcept;

 private:
  Moved receive(char* room, std::size_t size);
  Moved transmit(std::string_view bytes);
  bool wait_for(const Moved& moved, Moment deadline) const;

  const int socket_;
  const std::string remote_;
  std::shared_ptr<const TlsIdentity> tls_;  // none: in clear
  std::unique_ptr<TlsSession> session_;     // by secure(); in use once it is established
  bool met_plain_http_ = false;
  std::vector<char> input_;
  std::size_t taken_ = 0;
  std::size_t filled_ = 0;
  std::string output_;
  std::size_t sent_ = 0;  // of it
  Moment begun_at_{};
  Moment deadline_{};
  std::size_t allowed_ = 0;
  bool begun_ = false;
  bool overflowed_ = false;
};

}  // namespace waybill
