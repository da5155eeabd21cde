#include <chrono>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/raw_socket.h"
#include "ticket/adapters/http.h"

namespace waybill::test::http_client_test {

using namespace std::chrono_literals;

namespace {

struct Fixture {
  HttpServer server{{}, [](const HttpRequest& request) {
                      if (request.path == "/slow") std::this_thread::sleep_for(400ms);
                      if (request.path == "/large")
                        return HttpReply{.body = std::string(5000, 'x')};
                      return HttpReply{.status = request.path == "/teapot" ? 418 : 200,
                                       .content_type = "text/plain",
                                       .body = request.method + request.path + request.body +
                                               std::string(request.header("X-In")) +
                                               std::string(request.header("Content-Type")),
                                       .headers = {{"X-Out", "out"}}};
                    }};
  std::string url = "http://127.0.0.1:" + std::to_string(server.start());
};

std::optional<HttpError::Cause> cause(const std::function<void()>& action) {
  try {
    action();
  } catch (const HttpError& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.cause();
  }
  return std::nullopt;
}

// A listening socket of ours that accepts nobody, or says one thing and hangs up.
struct Fake {
  Fake() : listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    BOOST_REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&at), length) == 0);
    BOOST_REQUIRE(::listen(listening, 1) == 0);
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&at), &length);
    url = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  ~Fake() { ::close(listening); }
  void say(std::string_view text) const {
    const int socket = ::accept(listening, nullptr, nullptr);
    std::array<char, 4096> dropped{};
    [[maybe_unused]] const auto got = ::recv(socket, dropped.data(), dropped.size(), 0);
    [[maybe_unused]] const auto sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    ::close(socket);
  }
  int listening;
  std::string url;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_http_client, Fixture)

BOOST_AUTO_TEST_CASE(sends_and_brings_back) {
  HttpClient client(url);
  const auto reply = client.send("POST", "/p", "a/b", "-body-", {{"X-In", "in"}});
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == "POST/p-body-ina/b");
  BOOST_TEST(reply.content_type == "text/plain");
  BOOST_TEST(reply.headers.at("x-out") == "out");
  BOOST_TEST(client.get("/teapot").status == 418);
  BOOST_TEST(client.send("POST", "/empty").body == "POST/empty");
  BOOST_TEST(client.send("PUT", "/", {}, "b").body == "PUT/bapplication/octet-stream");
  BOOST_TEST(client.send("HEAD", "/h").status == 200);
}

BOOST_AUTO_TEST_CASE(serves_many_threads_side_by_side) {
  for (const bool keep : {false, true}) {
    HttpClient client(url, {.keep_alive = keep});
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 25; ++i) {
          const std::string body = std::to_string(t * 100 + i);
          if (client.send("PUT", "/", "/x", body).body == "PUT/" + body + "/x") ++good;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    BOOST_TEST(good == 200);
  }
}

BOOST_AUTO_TEST_CASE(says_what_went_wrong) {
  using Cause = HttpError::Cause;
  HttpClient slow(url, {.read_time = 100ms});
  BOOST_TEST((cause([&] { slow.get("/slow"); }) == Cause::timed_out));
  HttpClient small(url, {.max_reply_bytes = 4999});
  BOOST_TEST((cause([&] { small.get("/large"); }) == Cause::reply_too_large));
  BOOST_TEST(small.get("/ok").status == 200);
  server.stop();
  HttpClient late(url);
  BOOST_TEST((cause([&] { late.get("/"); }) == Cause::cannot_connect));
  HttpClient nowhere("http://name.invalid:1", {.connect_time = 1s});
  BOOST_TEST((cause([&] { nowhere.get("/"); }) == Cause::cannot_connect));
  HttpClient secure("https" + url.substr(4));
  BOOST_TEST(cause([&] { secure.get("/"); }).has_value());
}

BOOST_AUTO_TEST_CASE(does_not_take_half_a_reply_or_garbage_for_one) {
  using Cause = HttpError::Cause;
  const char* const replies[] = {
      "",
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
      "SSH-2.0-OpenSSH_9.2\r\n",
      "HTTP/1.1 abc\r\n\r\n",
  };
  for (const char* reply : replies) {
    BOOST_TEST_CONTEXT(reply) {
      const Fake fake;
      std::thread saying([&] { fake.say(reply); });
      HttpClient client(fake.url, {.read_time = 1s});
      BOOST_TEST((cause([&] { client.get("/"); }) == Cause::broken));
      saying.join();
    }
  }
}

BOOST_AUTO_TEST_CASE(says_that_tls_failed_when_the_other_end_speaks_none) {
  HttpClient client("https" + url.substr(4));
  BOOST_TEST((cause([&] { client.get("/"); }) == HttpError::Cause::tls));
}

BOOST_AUTO_TEST_CASE(refuses_an_address_of_another_shape) {
  const char* const addresses[] = {
      "",           "127.0.0.1:80",  "ftp://h",    "http://", "http://h/path",
      "http://h?q", "http://user@h", "http://h h", "HTTP//h"};
  for (const char* address : addresses) {
    BOOST_TEST_CONTEXT(address)
    BOOST_TEST((cause([&] { HttpClient client(address); }) == HttpError::Cause::cannot_connect));
  }
  BOOST_TEST(HttpClient("http://h:80/").base_url() == "http://h:80");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::http_client_test
