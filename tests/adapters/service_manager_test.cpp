#include "ticket/adapters/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"

namespace waybill::test::service_manager_test {
namespace {

/// The other end of $NOTIFY_SOCKET.
struct Listening {
  explicit Listening(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    BOOST_REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Listening() {
    ::close(socket);
    ::unsetenv("NOTIFY_SOCKET");
  }
  std::string next() const {
    std::array<char, 256> text{};
    const ssize_t size = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(size));
  }
  int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_service_manager)

BOOST_AUTO_TEST_CASE(is_told_how_the_service_stands) {
  const Scratch scratch;
  const Listening systemd((scratch / "notify").string());
  const ServiceManager manager;
  manager.ready();
  BOOST_TEST(systemd.next() == "READY=1");
  manager.alive();
  BOOST_TEST(systemd.next() == "WATCHDOG=1");
  manager.reloading();
  BOOST_TEST(systemd.next() == "RELOADING=1");
  manager.stopping();
  BOOST_TEST(systemd.next() == "STOPPING=1");
  BOOST_TEST(systemd.next() == "nothing");
}

BOOST_AUTO_TEST_CASE(may_listen_in_the_abstract_namespace) {
  const Listening systemd("@waybill-test-" + std::to_string(::getpid()));
  ServiceManager().ready();
  BOOST_TEST(systemd.next() == "READY=1");
}

BOOST_AUTO_TEST_CASE(is_not_told_by_the_children_of_a_service) {
  const Scratch scratch;
  const Listening systemd((scratch / "notify").string());
  const ServiceManager manager;
  BOOST_TEST(std::getenv("NOTIFY_SOCKET") == nullptr);
  ServiceManager().ready();  // as a child's would be
  BOOST_TEST(systemd.next() == "nothing");
}

BOOST_AUTO_TEST_CASE(may_be_missing_or_gone) {
  ServiceManager().ready();
  for (const char* path : {"", "relative", "/no/such/socket"}) {
    ::setenv("NOTIFY_SOCKET", path, 1);
    ServiceManager().ready();
  }
  ::setenv("NOTIFY_SOCKET", ("/" + std::string(500, 'x')).c_str(), 1);
  ServiceManager().ready();
  BOOST_TEST(std::getenv("NOTIFY_SOCKET") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::service_manager_test
