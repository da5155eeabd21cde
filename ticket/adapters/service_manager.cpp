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
  // NOLINTBEGIN(concurrency-mt-unsafe): before a thread is started
  const char* path = std::getenv(name);
  if (path == nullptr) return;
  address_ = path;
  ::unsetenv(name);
  // NOLINTEND(concurrency-mt-unsafe)
  const bool is_address = address_.starts_with('/') || address_.starts_with('@');
  if (!is_address || address_.size() >= sizeof(sockaddr_un::sun_path)) address_.clear();
  if (address_.starts_with('@')) address_.front() = '\0';  // in the abstract namespace
  if (!address_.empty()) socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

// A manager that does not listen has no part in our work, so what fails here is not looked at.
// By its address each time: it may have begun anew.
void ServiceManager::say(std::string_view state) const noexcept {
  if (socket_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  [[maybe_unused]] const ssize_t sent = ::sendto(socket_, state.data(), state.size(), MSG_NOSIGNAL,
                                                 reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace waybill
