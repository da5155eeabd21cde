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

Connection::Connection(int socket, std::string remote)
    : socket_(socket), remote_(std::move(remote)) {}

Connection::~Connection() { ::close(socket_); }

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
    const ssize_t got = ::recv(socket_, input_.data(), input_.size(), 0);
    if (got == 0) return 0;
    if (got > 0) {
      taken_ = 0;
      filled_ = static_cast<std::size_t>(got);
    } else if (errno != EINTR && !(would_block() && wait_readable(deadline_))) {
      timed_out_ = would_block();
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
  const bool ready = wait_for(socket_, POLLIN, deadline);
  if (!ready) errno = EAGAIN;
  return ready;
}

bool Connection::flush(Moment deadline) {
  std::string_view left = output_;
  while (!left.empty()) {
    const ssize_t sent = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent >= 0)
      left.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EINTR && !(would_block() && wait_for(socket_, POLLOUT, deadline)))
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
