#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace waybill::test {

/// A client that sends whatever the test wants, framed or not.
class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) std::abort();
  }
  /// A socket in the file system.
  explicit RawSocket(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) std::abort();
  }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  ~RawSocket() { ::close(socket_); }

  void send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server hung up: what it said counts
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Without waiting for room; the rest is dropped.
  void send_what_fits(std::string_view text) {
    [[maybe_unused]] const auto sent =
        ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  /// One byte more; false when the server has said something, or hung up.
  bool drip() {
    char heard = 0;
    const bool silent = ::recv(socket_, &heard, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
    if (silent) send_what_fits("x");
    return silent;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  /// What the server says until it hangs up, at most for `millis`.
  std::string read_all(int millis = 5000) {
    std::string all;
    while (wait(millis)) {
      std::array<char, 4096> part{};
      const auto got = ::recv(socket_, part.data(), part.size(), 0);
      if (got <= 0) return all;
      all.append(part.data(), static_cast<std::size_t>(got));
    }
    return all + "(still open)";
  }
  /// What the server says until `end` has come.
  std::string read_until(std::string_view end) {
    std::string all;
    char one = 0;
    while (!all.ends_with(end) && wait(5000) && ::recv(socket_, &one, 1, 0) == 1) all += one;
    return all;
  }

 private:
  bool wait(int millis) {
    pollfd watched{socket_, POLLIN, 0};
    int ready = 0;
    do {  // a signal is no silence of the server
      ready = ::poll(&watched, 1, millis);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
  }
  int socket_;
};

}  // namespace waybill::test
