#include "ticket/adapters/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace waybill {

ServiceManager::ServiceManager() {
  constexpr const char* name = "NOTIFY_SOCKET";
  const char* path = std::getenv(name);
  if (path == nullptr) return;
  socket_ = path;
  ::unsetenv(name);
  const bool is_address = socket_.starts_with('/') || socket_.starts_with('@');
  if (!is_address || socket_.size() >= sizeof(sockaddr_un::sun_path)) socket_.clear();
  if (socket_.starts_with('@')) socket_.front() = '\0';  // in the abstract namespace
}

// A manager that does not listen has no part in our work, so what fails here is not looked at.
void ServiceManager::say(std::string_view state) const noexcept {
  if (socket_.empty()) return;
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  [[maybe_unused]] const ssize_t sent = ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                                                 reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

}  // namespace waybill
