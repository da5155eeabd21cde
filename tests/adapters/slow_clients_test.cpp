#include <memory>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/running_server.h"

namespace waybill::test::slow_clients_test {

using namespace running_server;
using namespace std::chrono_literals;
using std::string_literals::operator""s;

BOOST_AUTO_TEST_SUITE(slow_clients_of_an_http_server)

BOOST_AUTO_TEST_CASE(hold_no_thread_with_what_is_not_whole) {
  Running running({.request_time = 60'000ms, .max_threads = 2, .max_connections = 80});
  std::vector<std::unique_ptr<RawSocket>> slow;
  for (const char* begins :
       {"", "GET / HT", "GET / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"}) {
    for (int i = 0; i < 15; ++i) {
      slow.push_back(std::make_unique<RawSocket>(running.port));
      slow.back()->send(begins);
    }
  }
  for (int i = 0; i < 50; ++i) BOOST_TEST(status_of(running.ask(get_close)) == 200);
  BOOST_TEST(running.server.counts().turned_away == 0U);
  BOOST_TEST(running.server.counts().open >= 60U);
}

BOOST_AUTO_TEST_CASE(are_served_when_their_request_has_come_in_pieces) {
  Running running;
  RawSocket socket(running.port);
  for (int i = 0; i < 2; ++i) {  // the second one begins behind the first
    const std::string text = "POST /x HTTP/1.1\r\ncontent-length: 5\r\n\r\nhelloPOST /x H";
    for (const char one : text) {
      socket.send({&one, 1});
      std::this_thread::sleep_for(1ms);
    }
    BOOST_TEST(socket.read_until("[hello]").ends_with("POST /x [hello]"));
    socket.send("TTP/1.1\r\nContent-Length: 1\r\n\r\ny");
    BOOST_TEST(socket.read_until("[y]").ends_with("POST /x [y]"));
  }
}

// Its parser reads percent signs in headers; so it finds a body to wait for where we see none.
BOOST_AUTO_TEST_CASE(are_not_waited_for_by_a_disguised_length) {
  Running running({.request_time = 60'000ms});
  for (const char* length : {"%35", "1%30"}) {
    const auto reply = running.ask("POST / HTTP/1.1\r\nContent-Length: "s + length + "\r\n\r\nx");
    BOOST_TEST(status_of(reply) == 400);
  }
}

BOOST_AUTO_TEST_CASE(hold_half_of_the_threads_by_not_reading) {
  Running running({.reply_time = 60'000ms, .max_threads = 2}, [](const HttpRequest& request) {
    return HttpReply{.body = request.path == "/large" ? std::string(32 << 20, 'x') : "small"};
  });
  std::vector<std::unique_ptr<RawSocket>> silent;
  for (int i = 0; i < 5; ++i) {
    silent.push_back(std::make_unique<RawSocket>(running.port));
    silent.back()->send("GET /large HTTP/1.1\r\n\r\n");
  }
  for (int i = 0; i < 5; ++i) BOOST_TEST(running.ask(get_close).ends_with("small"));
  for (auto& one : silent) one.reset();  // so that the end need not wait for them
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::slow_clients_test
