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
Connection::Handshake Connection::secure() {
  if (session_ == nullptr) session_ = tls_->session(socket_);
  const Moved moved = session_->shake_hands();
  met_plain_http_ = session_->met_plain_http();
  if (session_->is_established()) return Handshake::done;
  // All that we say of a handshake fits into the socket of whoever reads it.
  return moved.how == Moved::How::want_read ? Handshake::unfinished : Handshake::failed;
}

void Connection::go_on_in_clear() noexcept {
  session_.reset();
  tls_.reset();
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
  taken_ = filled_ = 0;
  input_ = {};
}

void Connection::begin(Moment deadline, std::size_t max_bytes) {
  begun_ = true;
  begun_at_ = now_steady();
  deadline_ = deadline;
  allowed_ = max_bytes;
}

// Memory for a large body is not kept for the next request.
void Connection::end() noexcept {
  begun_ = false;
  if (taken_ < filled_) return;
  taken_ = filled_ = 0;
  if (input_.size() > input_bytes) input_ = {};
}

// Room grows with what has come, not with what was announced.
Connection::Gathered Connection::gather(std::size_t most) {
  if (taken_ > 0) {  // by the request before this one
    std::copy(input_.begin() + static_cast<std::ptrdiff_t>(taken_),
              input_.begin() + static_cast<std::ptrdiff_t>(filled_), input_.begin());
    filled_ -= std::exchange(taken_, 0);
  }
  while (filled_ < most) {
    if (filled_ == input_.size()) input_.resize(std::clamp(2 * filled_, input_bytes, most));
    const Moved got = receive(input_.data() + filled_, input_.size() - filled_);
    if (got.how == Moved::How::want_read) return Gathered::more_may_come;
    if (got.how != Moved::How::moved) return Gathered::no_more;
    filled_ += got.bytes;
  }
  return Gathered::enough;
}

std::ptrdiff_t Connection::read(char* room, std::size_t size) {
  if (allowed_ == 0) {
    overflowed_ = true;
    return -1;
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
  while (sent_ < output_.size()) {
    if (!is_secure()) return false;  // in clear to somebody who expects TLS: never
    const Moved sent = transmit(std::string_view(output_).substr(sent_));
    if (sent.how == Moved::How::moved)
      sent_ += sent.bytes;
    else if (!wait_for(sent, deadline))
      return false;
  }
  sent_ = 0;
  if (output_.capacity() > input_bytes)
    output_ = {};
  else
    output_.clear();
  return true;
}

}  // namespace waybill
