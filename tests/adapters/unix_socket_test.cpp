#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"

namespace waybill::test::unix_socket_test {
namespace {

struct Fixture {
  Scratch scratch;
  const std::string path = (scratch.path() / "admin.sock").string();

  std::unique_ptr<HttpServer> server() const {
    HttpServer::Options options;
    options.unix_path = path;
    return std::make_unique<HttpServer>(options, [](const HttpRequest& request) {
      return HttpReply{200, "text/plain", request.path + " from " + request.remote_address};
    });
  }
  HttpReply ask() const { return HttpClient("unix:" + path).get("/v1/x"); }
  mode_t mode() const {
    struct stat info {};
    BOOST_TEST_REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info.st_mode;
  }
  /// As a process leaves it that was killed.
  void leave_behind() const {
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    BOOST_TEST_REQUIRE(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                       0);
    ::close(made);
  }
  bool exists() const { return std::filesystem::exists(path); }
};

bool cannot_listen(const HttpError& error) {
  return error.cause() == HttpError::Cause::cannot_listen;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_server_on_a_socket_in_the_file_system, Fixture)

BOOST_AUTO_TEST_CASE(answers_as_any_other_and_is_closed_to_other_users) {
  const auto http = server();
  const mode_t umask_before = ::umask(0);
  BOOST_TEST(http->start() == 0U);
  ::umask(umask_before);
  BOOST_TEST((mode() & 07777) == 0600U);
  BOOST_TEST(S_ISSOCK(mode()));
  BOOST_TEST(ask().body == "/v1/x from unix");
  BOOST_TEST(ask().status == 200);
  http->stop();
  BOOST_TEST(!exists());
  BOOST_CHECK_THROW(ask(), HttpError);
}

BOOST_AUTO_TEST_CASE(takes_the_place_of_one_that_a_killed_process_left) {
  leave_behind();
  const auto http = server();
  http->start();
  BOOST_TEST(ask().status == 200);
}

BOOST_AUTO_TEST_CASE(leaves_what_is_in_use_or_no_socket) {
  {
    const auto first = server();
    first->start();
    BOOST_CHECK_EXCEPTION(server()->start(), HttpError, cannot_listen);
    BOOST_TEST(ask().status == 200);
  }
  create_file(path, {}, 0600);
  BOOST_CHECK_EXCEPTION(server()->start(), HttpError, cannot_listen);
  BOOST_TEST(exists());
}

BOOST_AUTO_TEST_CASE(has_a_path_that_is_not_too_long) {
  HttpServer::Options options;
  options.unix_path = (scratch.path() / std::string(120, 'x')).string();
  HttpServer http(options, [](const HttpRequest&) { return HttpReply{}; });
  BOOST_CHECK_EXCEPTION(http.start(), HttpError, cannot_listen);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::unix_socket_test
