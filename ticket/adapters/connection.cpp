#include "ticket/adapters/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <utility>

namespace waybill {
namespace {

constexpr std::size_t input_bytes = 8 * 1024;

Moment now_steady() { return std::chrono::steady_clock::now(); }

int millis_until(Moment deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now_steady()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

bool wait_for(int socket, short what, Moment deadline) {
  pollfd watched{socket, what, 0};
  int ready = 0;
  do {
    ready = ::poll(&watched, 1, millis_until(deadline));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

bool would_block() { return errno == EAGAIN; }  // on Linux the same as EWOULDBLOCK

}  // namespace

Moment moment_after(std::chrono::milliseconds time) { return now_steady() + time; }

Connection::Connection(int socket, std::string remote, std::shared_ptr<const TlsIdentity> tls)
    : socket_(socket), remote_(std::move(remote)), tls_(std::move(tls)) {}

Connection::~Connection() {
  if (session_ != nullptr) session_->say_goodbye();
  ::close(socket_);
}

// Made here and not when the connection came: one that says nothing costs a descriptor.
bool Connection::secure(Moment deadline) {
  auto session = tls_->session(socket_);
  Moved moved{};
  do {
    moved = session->shake_hands();
  } while (moved.how != Moved::How::moved && wait_for(moved, deadline));
  met_plain_http_ = session->met_plain_http();
  if (!session->is_established()) return false;
  session_ = std::move(session);
  return true;
}

bool Connection::has_unread() const noexcept {
  return taken_ < filled_ || (session_ != nullptr && session_->has_unread());
}

Moved Connection::receive(char* room, std::size_t size) {
  using How = Moved::How;
  if (session_ != nullptr) return session_->read({room, size});
  const ssize_t got = ::recv(socket_, room, size, 0);
  if (got > 0) return {How::moved, static_cast<std::size_t>(got)};
  if (got == 0) return {How::ended};
  return {would_block() || errno == EINTR ? How::want_read : How::failed};
}

Moved Connection::transmit(std::string_view bytes) {
  using How = Moved::How;
  if (session_ != nullptr) return session_->write(bytes);
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return {How::moved, static_cast<std::size_t>(sent)};
  return {would_block() || errno == EINTR ? How::want_write : How::failed};
}

// Until what was tried can be tried again; false when there is no sense in that.
bool Connection::wait_for(const Moved& moved, Moment deadline) const {
  if (moved.how == Moved::How::want_read) return waybill::wait_for(socket_, POLLIN, deadline);
  if (moved.how == Moved::How::want_write) return waybill::wait_for(socket_, POLLOUT, deadline);
  return false;
}

void Connection::end_output() noexcept {
  if (session_ != nullptr) session_->say_goodbye();
  ::shutdown(socket_, SHUT_WR);
}

void Connection::begin(Moment deadline, std::size_t max_bytes) {
  deadline_ = deadline;
  allowed_ = max_bytes;
  input_.resize(input_bytes);
}

std::ptrdiff_t Connection::read(char* room, std::size_t size) {
  if (allowed_ == 0) {
    overflowed_ = true;
    return -1;
  }
  while (taken_ == filled_) {
    const Moved got = receive(input_.data(), input_.size());
    if (got.how == Moved::How::ended) return 0;
    if (got.how == Moved::How::moved) {
      taken_ = 0;
      filled_ = got.bytes;
    } else if (!wait_for(got, deadline_)) {
      timed_out_ = got.how != Moved::How::failed;
      return -1;
    }
  }
  const std::size_t count = std::min({size, filled_ - taken_, allowed_});
  std::copy_n(input_.data() + taken_, count, room);
  taken_ += count;
  allowed_ -= count;
  return static_cast<std::ptrdiff_t>(count);
}

bool Connection::wait_readable(Moment deadline) const {
  return waybill::wait_for(socket_, POLLIN, deadline);
}

bool Connection::flush(Moment deadline) {
  std::string_view left = output_;
  while (!left.empty() && is_secure()) {  // in clear to somebody who expects TLS: never
    const Moved sent = transmit(left);
    if (sent.how == Moved::How::moved)
      left.remove_prefix(sent.bytes);
    else if (!wait_for(sent, deadline))
      break;
  }
  const bool all = left.empty();
  if (output_.capacity() > input_bytes)
    output_ = {};
  else
    output_.clear();
  return all;
}

}  // namespace waybill
