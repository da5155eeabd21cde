#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/running_server.h"

namespace waybill::test::http_server_test {

using namespace running_server;
using namespace std::chrono_literals;
using std::string_literals::operator""s;

BOOST_AUTO_TEST_SUITE(an_http_server)

BOOST_AUTO_TEST_CASE(hands_over_what_was_asked) {
  HttpRequest seen;
  Running running({}, [&](const HttpRequest& request) {
    seen = request;
    return HttpReply{.status = 201, .content_type = "x/y", .body = "ok", .headers = {{"X-A", "b"}}};
  });
  const auto reply = running.ask(
      "POST /a%20b?x=1&y=%41&x=2 HTTP/1.1\r\nhost: h\r\nX-Name: v%61lue\r\nremote_addr: 9.9.9.9\r\n"
      "Content-Length: 4\r\nConnection: close\r\n\r\n\0\xff\r\n"s);
  BOOST_TEST(status_of(reply) == 201);
  BOOST_TEST(reply.ends_with("\r\n\r\nok"));
  BOOST_TEST(reply.find("X-A: b\r\n") != reply.npos);
  BOOST_TEST(reply.find("Content-Type: x/y\r\n") != reply.npos);
  BOOST_TEST(seen.method == "POST");
  BOOST_TEST(seen.path == "/a b");
  BOOST_TEST(seen.query.at("x") == "1");
  BOOST_TEST(seen.query.at("y") == "A");
  BOOST_TEST(seen.header("x-name") == "value");
  BOOST_TEST(seen.header("missing") == "");
  BOOST_TEST(seen.body == "\0\xff\r\n"s);
  BOOST_TEST(seen.remote_address == "127.0.0.1");
  BOOST_TEST(!seen.headers.contains("REMOTE_ADDR"));
}

BOOST_AUTO_TEST_CASE(answers_each_method) {
  Running running;
  for (const std::string method : {"GET", "OPTIONS", "DELETE"}) {
    const auto reply = running.ask(method + " /p HTTP/1.1\r\nConnection: close\r\n\r\n");
    BOOST_TEST(reply.ends_with(method + " /p []"));
  }
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const auto reply =
        running.ask(method + " /p HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
    BOOST_TEST(reply.ends_with(method + " /p [hi]"));
  }
  const auto head = running.ask("HEAD /p HTTP/1.1\r\nConnection: close\r\n\r\n");
  BOOST_TEST(status_of(head) == 200);
  BOOST_TEST(head.ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_framed_wrong) {
  const std::string post = "POST / HTTP/1.1\r\n";
  const std::string five = "Content-Length: 5\r\n";
  const struct {
    const char* name;
    std::string text;
    int status;
  } rows[] = {
      {"a TLS greeting", "\x16\x03\x01\x02\x00\x01\r\n\r\n"s, 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"an unknown method", "BREW / HTTP/1.1\r\n\r\n", 400},
      {"TRACE", "TRACE / HTTP/1.1\r\n\r\n", 405},
      {"CONNECT", "CONNECT h:1 HTTP/1.1\r\n\r\n", 405},
      {"no length", post + "\r\n", 411},
      {"a chunked body", post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
      {"two ways to frame", post + five + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"two lengths", post + five + "Content-Length: 6\r\n\r\nhello!", 400},
      {"the same length twice", post + five + five + "\r\nhello", 400},
      {"a negative length", post + "Content-Length: -1\r\n\r\n", 400},
      {"a signed length", post + "Content-Length: +5\r\n\r\nhello", 400},
      {"a length in hex", post + "Content-Length: 0x5\r\n\r\nhello", 400},
      {"an empty length", post + "Content-Length: \r\n\r\nhello", 411},
      {"a list of lengths", post + "Content-Length: 5, 5\r\n\r\nhello", 400},
      {"a space before the colon", post + "Content-Length : 5\r\n\r\nhello", 400},
      {"a length beyond 64 bits", post + "Content-Length: 99999999999999999999999\r\n\r\n", 413},
      {"one byte too many", post + "Content-Length: 1025\r\n\r\n" + std::string(1025, 'x'), 413},
      {"a body on GET", "GET / HTTP/1.1\r\n" + five + "\r\nhello", 400},
      {"compressed", post + five + "Content-Encoding: gzip\r\n\r\nhello", 415},
      {"multipart", post + five + "Content-Type: multipart/form-data; boundary=x\r\n\r\nhello",
       415},
      {"a long target", "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n", 414},
      {"a longer target", "GET /" + std::string(10000, 'a') + " HTTP/1.1\r\n\r\n", 414},
      {"an endless line", std::string(100000, 'a'), 431},
      {"a long header", "GET / HTTP/1.1\r\nX: " + std::string(10000, 'a') + "\r\n\r\n", 400},
      {"a bad range", "GET / HTTP/1.1\r\nRange: bytes=x-y\r\n\r\n", 416},
  };
  Running running({.max_body_bytes = 1024});
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto reply = running.ask(row.text);
      BOOST_TEST(status_of(reply) == row.status);
      BOOST_TEST(reply.ends_with("Content-Length: 0\r\nConnection: close\r\n\r\n"));
    }
  }
  BOOST_TEST(status_of(running.ask(get_close)) == 200);
}

BOOST_AUTO_TEST_CASE(refuses_endless_headers) {
  std::string text = "GET / HTTP/1.1\r\n";
  while (text.size() < 64 * 1024) text += "X-Header: value\r\n";
  BOOST_TEST(status_of(Running().ask(text + "\r\n")) == 431);
}

BOOST_AUTO_TEST_CASE(takes_a_body_of_exactly_the_limit) {
  Running running({.max_body_bytes = 1024});
  const std::string body(1024, 'x');
  const auto reply =
      running.ask("POST / HTTP/1.1\r\nContent-Length: 1024\r\nConnection: close\r\n\r\n" + body);
  BOOST_TEST(reply.ends_with("POST / [" + body + "]"));
}

BOOST_AUTO_TEST_CASE(says_413_to_a_client_that_is_still_sending) {
  Running running({.max_body_bytes = 1024});
  const auto reply =
      running.ask("POST / HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n" + std::string(4000000, 'x'));
  BOOST_TEST(status_of(reply) == 413);
}

BOOST_AUTO_TEST_CASE(never_hands_over_half_a_request) {
  std::atomic<int> calls = 0;
  Running running({.request_time = 200ms}, [&](const HttpRequest& request) {
    ++calls;
    return echo(request);
  });
  const std::string half = "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhello";
  BOOST_TEST(status_of(running.ask(half, true)) == 400);  // hung up
  BOOST_TEST(status_of(running.ask(half)) == 408);        // fell silent
  BOOST_TEST(status_of(running.ask("GET / HT")) == 408);
  BOOST_TEST(running.ask("GET / HT", true).find("200") == std::string::npos);
  BOOST_TEST(running.ask("") == "");  // connected and said nothing
  BOOST_TEST(calls == 0);
}

BOOST_AUTO_TEST_CASE(bounds_a_request_that_drips) {
  Running running({.request_time = 300ms});
  RawSocket socket(running.port);
  std::atomic<bool> stop = false;
  std::thread dripping([&] {
    socket.send("GET / HTTP/1.1\r\nX: ");
    while (!stop) {
      socket.send("x");
      std::this_thread::sleep_for(20ms);
    }
  });
  const auto reply = socket.read_until("\r\n\r\n");
  stop = true;
  dripping.join();
  BOOST_TEST(status_of(reply) == 408);
}

BOOST_AUTO_TEST_CASE(serves_several_requests_on_one_connection) {
  Running running;
  RawSocket socket(running.port);
  for (int i = 0; i < 20; ++i) {
    socket.send("GET /1 HTTP/1.1\r\n\r\n");
    BOOST_TEST(socket.read_until("[]").ends_with("GET /1 []"));
    if (i % 7 == 0) std::this_thread::sleep_for(10ms);  // back to the watching thread
  }
  socket.send("GET /2 HTTP/1.1\r\n\r\nPOST /3 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx" + get_close);
  const auto replies = socket.read_all();
  BOOST_TEST(replies.find("GET /2 []") != replies.npos);
  BOOST_TEST(replies.find("POST /3 [x]") != replies.npos);
  BOOST_TEST(replies.ends_with("GET /a []"));
}

BOOST_AUTO_TEST_CASE(closes_a_connection_that_stays_idle) {
  Running running({.keep_alive = 100ms});
  const auto reply = running.ask("GET /1 HTTP/1.1\r\n\r\n");
  BOOST_TEST(reply.ends_with("GET /1 []"));  // and the server hung up
}

BOOST_AUTO_TEST_CASE(turns_an_exception_into_503_without_details) {
  std::string heard;
  Running running({.on_exception = [&](const std::exception& e) { heard = e.what(); }},
                  [](const HttpRequest&) -> HttpReply { throw std::runtime_error("disk gone"); });
  const auto reply = running.ask(get_close);
  BOOST_TEST(status_of(reply) == 503);
  BOOST_TEST(reply.find("disk") == reply.npos);
  BOOST_TEST(heard == "disk gone");
}

BOOST_AUTO_TEST_CASE(neither_compresses_nor_cuts_a_reply) {
  Running running({}, [](const HttpRequest&) {
    return HttpReply{.content_type = "text/plain", .body = std::string(5000, 'a')};
  });
  const auto reply = running.ask(
      "GET / HTTP/1.1\r\nAccept-Encoding: gzip, br\r\nRange: bytes=0-1,0-2\r\n"
      "Connection: close\r\n\r\n");
  BOOST_TEST(status_of(reply) == 200);
  BOOST_TEST(reply.ends_with("\r\n\r\n" + std::string(5000, 'a')));
}

BOOST_AUTO_TEST_CASE(answers_a_burst_of_connections) {
  Running running({.max_threads = 8}, [](const HttpRequest& request) {
    std::this_thread::sleep_for(5ms);
    return echo(request);
  });
  std::vector<std::unique_ptr<RawSocket>> sockets;
  for (int i = 0; i < 100; ++i) sockets.push_back(std::make_unique<RawSocket>(running.port));
  for (auto& socket : sockets) socket->send(get_close);
  int served = 0;
  for (auto& socket : sockets) served += status_of(socket->read_all()) == 200 ? 1 : 0;
  BOOST_TEST(served == 100);
  BOOST_TEST(running.server.counts().threads <= 8U);
}

BOOST_AUTO_TEST_CASE(tells_who_gets_no_thread) {
  std::latch release(1);
  Running running({.max_threads = 2, .max_wait = 200ms}, [&](const HttpRequest& request) {
    release.wait();
    return echo(request);
  });
  RawSocket first(running.port);
  RawSocket second(running.port);
  first.send(get_close);
  second.send(get_close);
  while (running.server.counts().threads < 2) std::this_thread::sleep_for(1ms);
  BOOST_TEST(status_of(running.ask(get_close)) == 503);
  BOOST_TEST(running.server.counts().turned_away == 1U);
  release.count_down();
  BOOST_TEST(status_of(first.read_all()) == 200);
  BOOST_TEST(status_of(second.read_all()) == 200);
}

BOOST_AUTO_TEST_CASE(gives_the_place_of_the_longest_idle_connection_to_a_new_one) {
  Running running({.max_connections = 3});
  RawSocket first(running.port);
  first.send("GET /1 HTTP/1.1\r\n\r\n");
  BOOST_TEST(first.read_until("[]").ends_with("GET /1 []"));
  std::this_thread::sleep_for(50ms);  // until its thread has let go of it
  RawSocket second(running.port);
  RawSocket third(running.port);
  BOOST_TEST(status_of(running.ask(get_close)) == 200);
  second.send(get_close);
  BOOST_TEST(status_of(second.read_all()) == 200);
  BOOST_TEST(first.read_all(1000) == "");  // hung up on
}

BOOST_AUTO_TEST_CASE(serves_others_while_as_many_poll_as_have_slots) {
  WaitSlots slots(4);
  std::latch release(1);
  Running running({.max_threads = 6}, [&](const HttpRequest& request) {
    if (request.path != "/poll") return echo(request);
    const auto slot = slots.try_take();
    if (!slot) return HttpReply{.status = 429};
    release.wait();
    return echo(request);
  });
  const std::string poll = "GET /poll HTTP/1.1\r\nConnection: close\r\n\r\n";
  std::vector<std::unique_ptr<RawSocket>> polling;
  for (int i = 0; i < 4; ++i) {
    polling.push_back(std::make_unique<RawSocket>(running.port));
    polling.back()->send(poll);
  }
  while (running.server.counts().threads < 4) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(20ms);
  BOOST_TEST(status_of(running.ask(poll)) == 429);
  for (int i = 0; i < 20; ++i) BOOST_TEST(status_of(running.ask(get_close)) == 200);
  release.count_down();
  for (auto& one : polling) BOOST_TEST(status_of(one->read_all()) == 200);
  BOOST_TEST(slots.try_take().has_value());
}

BOOST_AUTO_TEST_CASE(lets_running_requests_finish_when_it_stops) {
  std::latch entered(1);
  Running running({}, [&](const HttpRequest& request) {
    entered.count_down();
    std::this_thread::sleep_for(100ms);
    return echo(request);
  });
  RawSocket busy(running.port);
  busy.send("GET /last HTTP/1.1\r\n\r\n");
  entered.wait();
  RawSocket idle(running.port);
  running.server.stop();
  running.server.stop();
  BOOST_TEST(busy.read_all().ends_with("GET /last []"));
  BOOST_TEST(idle.read_all() == "");
}

BOOST_AUTO_TEST_CASE(stops_at_once_when_nothing_runs) {
  Running running;
  RawSocket kept(running.port);
  kept.send("GET /1 HTTP/1.1\r\n\r\n");
  BOOST_TEST(kept.read_until("[]").ends_with("GET /1 []"));
  const auto begin = std::chrono::steady_clock::now();
  running.server.stop();
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 500ms));
}

BOOST_AUTO_TEST_CASE(says_that_a_port_is_in_use) {
  Running running;
  const auto refusal = [](HttpServer::Options options) {
    HttpServer server(std::move(options), echo);
    try {
      server.start();
    } catch (const HttpError& error) {
      BOOST_TEST((error.cause() == HttpError::Cause::cannot_listen));
      return std::string(error.what());
    }
    return std::string("it listens");
  };
  const std::string place = "127.0.0.1:" + std::to_string(running.port);
  BOOST_TEST(refusal({.port = running.port}) ==
             "cannot listen on " + place + ": the port is in use by another program");
  BOOST_TEST(refusal({.host = "192.0.2.1"}).starts_with("cannot listen on 192.0.2.1:0: "));
  BOOST_TEST(refusal({.host = "not a name"}).starts_with("cannot listen on not a name:0: "));
}

BOOST_AUTO_TEST_CASE(works_with_descriptors_above_1024) {
  rlimit limit{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit before = limit;
  limit.rlim_cur = std::min<rlim_t>(4096, limit.rlim_max);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  std::vector<int> spare;  // select(), which cpp-httplib uses, ends at 1024
  while (spare.size() < 1100) spare.push_back(::dup(0));
  Running running;
  const auto reply = running.ask(get_close);
  for (const int descriptor : spare) ::close(descriptor);
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST(status_of(reply) == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::http_server_test
