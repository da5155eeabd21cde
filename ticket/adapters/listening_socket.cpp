#include "ticket/adapters/listening_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include "ticket/adapters/http.h"

namespace waybill {
namespace {

// The first address of the name that can be bound. Without SO_REUSEPORT, which would let a second
// daemon share the port in silence.
int bind_first(const addrinfo* found, int backlog) {
  int failure = EADDRNOTAVAIL;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int made = ::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    if (made >= 0 && ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        ::bind(made, at->ai_addr, at->ai_addrlen) == 0 && ::listen(made, backlog) == 0) {
      return made;
    }
    failure = errno;
    if (made >= 0) ::close(made);
  }
  errno = failure;
  return -1;
}

[[noreturn]] void cannot_listen(const std::string& place, const std::string& why) {
  throw HttpError(HttpError::Cause::cannot_listen, "cannot listen on " + place + ": " + why);
}

// A socket that its process left behind when it was killed. Anything else stays.
void remove_stale(const sockaddr_un& address) {
  struct stat info {};
  if (::lstat(address.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return;
  const auto* target = reinterpret_cast<const sockaddr*>(&address);
  const bool is_stale = ::connect(probe, target, sizeof address) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (is_stale) ::unlink(address.sun_path);
}

}  // namespace

int listen_on_address(const std::string& host, std::uint16_t port, int backlog) {
  const std::string place = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) cannot_listen(place, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  const int listening = bind_first(found, backlog);
  if (listening < 0 && errno == EADDRINUSE) {
    cannot_listen(place, "the port is in use by another program");
  }
  if (listening < 0) cannot_listen(place, std::generic_category().message(errno));
  return listening;
}

// The mode of the descriptor becomes that of the file, so there is no moment at which somebody else
// can connect.
int listen_on_path(const std::string& path, int backlog) {
  const std::string place = "unix:" + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) cannot_listen(place, "the path is too long");
  path.copy(address.sun_path, path.size());
  remove_stale(address);
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto* target = reinterpret_cast<const sockaddr*>(&address);
  if (made >= 0 && ::fchmod(made, 0600) == 0 && ::bind(made, target, sizeof address) == 0 &&
      ::listen(made, backlog) == 0) {
    return made;
  }
  const int failure = errno;
  if (made >= 0) ::close(made);
  cannot_listen(place, failure == EADDRINUSE ? "something is there already"
                                             : std::generic_category().message(failure));
}

std::uint16_t bound_port(int listening) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(listening, reinterpret_cast<sockaddr*>(&bound), &length);
  if (bound.ss_family == AF_UNIX) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

std::string printed_address(const sockaddr_storage& address, socklen_t length) {
  if (address.ss_family == AF_UNIX) return "unix";
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, text.data(), text.size(),
                    nullptr, 0, NI_NUMERICHOST) != 0) {
    return {};
  }
  const std::string_view found(text.data());
  constexpr std::string_view mapped = "::ffff:";  // IPv4 on a socket for both
  return std::string(found.starts_with(mapped) ? found.substr(mapped.size()) : found);
}

}  // namespace waybill
