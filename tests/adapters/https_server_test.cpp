#include <signal.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/raw_socket.h"
#include "tests/adapters/throwaway_ca.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"

namespace waybill::test::https_server_test {

using namespace std::chrono_literals;

namespace {

// One authority and one certificate for all of these tests: making them takes a while.
ThrowawayCa& authority() {
  static ThrowawayCa ca;
  return ca;
}
const ThrowawayCa::Files& files() {
  static const ThrowawayCa::Files made = authority().issue("server");
  return made;
}

// Says what it was told.
class Echo {
 public:
  explicit Echo(HttpServer::Options options = {}, const ThrowawayCa::Files& tls = files())
      : server_(with(std::move(options), tls),
                [](const HttpRequest& request) {
                  return HttpReply{200, "text/plain", request.body + request.path, {}};
                }),
        port(server_.start()) {}
  ~Echo() { server_.stop(); }

  std::string url(const std::string& scheme = "https",
                  const std::string& host = "localhost") const {
    return scheme + "://" + host + ":" + std::to_string(port);
  }
  HttpServer::Counts counts() const { return server_.counts(); }
  void renew_certificate() { server_.renew_certificate(); }

 private:
  static HttpServer::Options with(HttpServer::Options options, const ThrowawayCa::Files& tls) {
    options.max_body_bytes = 8 << 20;
    options.tls_certificate = tls.certificate;
    options.tls_key = tls.key;
    return options;
  }
  HttpServer server_;

 public:
  const std::uint16_t port;
};

HttpClient::Options trusting(const std::string& ca = authority().certificate()) {
  HttpClient::Options options;
  options.ca_file = ca;
  options.max_reply_bytes = 16 << 20;
  return options;
}

// The sentence of the error; empty when there was an answer.
std::string fault(const std::string& url, const HttpClient::Options& options) {
  HttpClient client(url, options);
  try {
    BOOST_TEST(client.get("/").status == 200);
  } catch (const HttpError& error) {
    BOOST_TEST((error.cause() == HttpError::Cause::tls), error.what());
    return error.what();
  }
  return {};
}

bool says(const std::string& text, std::string_view words) { return text.find(words) != text.npos; }

std::string refusal_to_start(const ThrowawayCa::Files& tls) {
  try {
    const Echo server({}, tls);
  } catch (const FileError& error) {
    return error.what();
  }
  return "started";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_https_server)

BOOST_AUTO_TEST_CASE(answers_whoever_trusts_its_authority_under_each_of_its_names) {
  const Echo server;
  BOOST_TEST(HttpClient(server.url(), trusting()).get("/hello").body == "/hello");
  BOOST_TEST(HttpClient(server.url("https", "127.0.0.1"), trusting()).get("/x").body == "/x");
}

BOOST_AUTO_TEST_CASE(carries_large_bodies_both_ways) {
  const Echo server;
  HttpClient client(server.url(), trusting());
  const std::string large(6 << 20, 'x');
  const HttpReply reply = client.send("POST", "/", "text/plain", large);
  BOOST_TEST(reply.status == 200);
  BOOST_TEST((reply.body == large + "/"));
}

BOOST_AUTO_TEST_CASE(answers_many_requests_on_one_connection) {
  const Echo server;
  auto options = trusting();
  options.keep_alive = true;
  HttpClient client(server.url(), options);
  for (int i = 0; i < 50; ++i) {
    const std::string path = "/" + std::to_string(i);
    BOOST_TEST(client.get(path).body == path);
  }
  BOOST_TEST(server.counts().accepted == 1U);
}

BOOST_AUTO_TEST_CASE(answers_200_requests_at_the_same_time) {
  HttpServer::Options options;
  options.max_threads = 16;
  options.max_wait = 60s;
  const Echo server(options);
  auto patient = trusting();
  patient.connect_time = patient.read_time = 60s;
  HttpClient client(server.url(), patient);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([&, path = "/" + std::to_string(i)] {
      if (client.get(path).body == path) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(right == 200);
  BOOST_TEST(server.counts().threads <= 16U);
}

// --- Who does not come in -------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(is_not_believed_by_who_trusts_another_authority) {
  const Echo server;
  const ThrowawayCa other;
  BOOST_TEST(says(fault(server.url(), trusting(other.certificate())), "is not trusted"));
  BOOST_TEST(says(fault(server.url(), trusting("")), "is not trusted"));
  BOOST_TEST(says(fault(server.url(), trusting(authority().file("none.pem"))), "none.pem"));
}

BOOST_AUTO_TEST_CASE(is_not_believed_under_a_name_that_its_certificate_does_not_have) {
  const Echo server({}, authority().issue("elsewhere", "DNS:elsewhere.test"));
  BOOST_TEST(says(fault(server.url(), trusting()), "for another name"));
  BOOST_TEST(says(fault(server.url("https", "127.0.0.1"), trusting()), "for another name"));
}

BOOST_AUTO_TEST_CASE(tells_who_speaks_plain_http_to_speak_tls) {
  const Echo server;
  BOOST_TEST(says(fault(server.url("http"), {}), "write https:// for http://"));
  RawSocket plain(server.port);
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(plain.read_all() ==
             "HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.3\r\nContent-Length: 0\r\n"
             "Connection: close\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(is_told_apart_from_a_server_in_clear) {
  HttpServer clear({}, [](const HttpRequest&) { return HttpReply{}; });
  const std::string url = "https://localhost:" + std::to_string(clear.start());
  BOOST_TEST(says(fault(url, trusting()), "no TLS connection"));
  clear.stop();
}

BOOST_AUTO_TEST_CASE(speaks_no_tls_before_1_3) {
  const Echo server;
  const std::string place = "127.0.0.1:" + std::to_string(server.port);
  BOOST_TEST(run_openssl({"s_client", "-connect", place, "-tls1_3"}) == 0);
  BOOST_TEST(run_openssl({"s_client", "-connect", place, "-tls1_2"}) != 0);
}

BOOST_AUTO_TEST_CASE(goes_on_after_garbage) {
  const Echo server;
  for (const std::string_view bytes :
       {std::string_view("\x16\x03\x01\xff\xff"),
        std::string_view("\x15\x03\x03\x00\x02\x01\x00", 7),
        std::string_view("\x00\x00\x00\x00\x00\x00", 6), std::string_view("SSH-2.0-x\r\n")}) {
    RawSocket socket(server.port);
    socket.send(bytes);
    socket.end_sending();
    BOOST_TEST(!says(socket.read_all(), "still open"));
  }
  BOOST_TEST(HttpClient(server.url(), trusting()).get("/").status == 200);
}

// --- Who says nothing -----------------------------------------------------------------------

HttpServer::Options few_threads() {
  HttpServer::Options options;
  options.max_threads = 2;
  options.request_time = 500ms;
  options.max_wait = 30s;
  return options;
}

BOOST_AUTO_TEST_CASE(gives_no_thread_to_a_connection_that_says_nothing) {
  const Echo server(few_threads());
  std::vector<std::unique_ptr<RawSocket>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<RawSocket>(server.port));
  BOOST_TEST(HttpClient(server.url(), trusting()).get("/").status == 200);
  for (const auto& socket : silent) BOOST_TEST(socket->read_all() == "");  // closed in the end
}

// The beginning of a greeting.
std::vector<std::unique_ptr<RawSocket>> half_handshakes(std::uint16_t port, int count) {
  std::vector<std::unique_ptr<RawSocket>> halves;
  for (int i = 0; i < count; ++i) {
    halves.push_back(std::make_unique<RawSocket>(port));
    halves.back()->send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9));
  }
  return halves;
}

BOOST_AUTO_TEST_CASE(gives_no_thread_to_handshakes_that_stop) {
  HttpServer::Options options = few_threads();
  options.request_time = 60s;
  const Echo server(options);
  const auto halves = half_handshakes(server.port, 20);
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(HttpClient(server.url(), trusting()).get("/").status == 200);
  }
  BOOST_TEST(server.counts().open >= 20U);  // they are all there still
}

BOOST_AUTO_TEST_CASE(ends_handshakes_that_stop) {
  const Echo server(few_threads());
  for (const auto& socket : half_handshakes(server.port, 4)) {
    BOOST_TEST(!says(socket->read_all(), "still open"));
  }
}

BOOST_AUTO_TEST_CASE(gives_no_thread_to_a_connection_that_says_nothing_after_its_handshake) {
  HttpServer::Options options = few_threads();
  options.request_time = 30s;
  const Echo server(options);
  std::array<int, 2> never_written{};
  BOOST_REQUIRE(::pipe2(never_written.data(), O_CLOEXEC) == 0);
  const std::string place = "127.0.0.1:" + std::to_string(server.port);
  std::vector<pid_t> silent;
  for (int i = 0; i < 3; ++i) {
    silent.push_back(start_openssl({"s_client", "-connect", place}, never_written[0]));
  }
  while (server.counts().accepted < 3) std::this_thread::sleep_for(5ms);
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(HttpClient(server.url(), trusting()).get("/").status == 200);
  }
  BOOST_TEST(server.counts().open >= 3U);  // they are all there still
  for (const pid_t child : silent) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  for (const int end : never_written) ::close(end);
}

// --- Starting -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(does_not_start_with_files_that_are_not_right) {
  const auto& good = files();
  ThrowawayCa& ca = authority();
  BOOST_TEST(refusal_to_start(good) == "started");
  BOOST_TEST(says(refusal_to_start({good.certificate, ca.file("none")}), "none"));
  BOOST_TEST(says(refusal_to_start({ca.file("none"), good.key}), "none"));
  BOOST_TEST(refusal_to_start({good.certificate, ""}) != "started");
  BOOST_TEST(refusal_to_start({"", good.key}) != "started");
  BOOST_TEST(says(refusal_to_start({good.key, good.key}), "is no certificate in PEM"));
  BOOST_TEST(refusal_to_start({good.certificate, good.certificate}) != "started");
  const auto other = ca.issue("other");
  BOOST_TEST(says(refusal_to_start({good.certificate, other.key}), "is not the key of"));
  const std::string locked = ca.file("locked.key");
  BOOST_REQUIRE(
      run_openssl({"pkey", "-in", good.key, "-aes256", "-passout", "pass:x", "-out", locked}) == 0);
  ::chmod(locked.c_str(), 0600);
  BOOST_TEST(says(refusal_to_start({good.certificate, locked}), "has a passphrase"));
  ::chmod(other.key.c_str(), 0400);
  BOOST_TEST(refusal_to_start(other) == "started");
  for (const mode_t mode : {0640U, 0604U, 0660U}) {
    ::chmod(other.key.c_str(), mode);
    BOOST_TEST(refusal_to_start(other) != "started", mode);
  }
}

BOOST_AUTO_TEST_CASE(takes_a_new_certificate_without_a_new_start) {
  ThrowawayCa other;
  const ThrowawayCa::Files theirs = other.issue("server");
  const ThrowawayCa::Files ours = authority().issue("renewed");
  Echo server({}, ours);
  BOOST_TEST(fault(server.url(), trusting()).empty());
  const auto put = [&](const std::string& certificate, const std::string& key) {
    write_file_atomic(ours.certificate, read_file(certificate, 1 << 20), 0644);
    write_file_atomic(ours.key, read_file(key, 1 << 20), 0600);
  };
  put(theirs.certificate, files().key);  // they do not belong together
  BOOST_CHECK_THROW(server.renew_certificate(), FileError);
  BOOST_TEST(fault(server.url(), trusting()).empty());
  put(theirs.certificate, theirs.key);
  BOOST_TEST(fault(server.url(), trusting()).empty());  // nobody has said that it is there
  server.renew_certificate();
  BOOST_TEST(fault(server.url(), trusting(other.certificate())).empty());
  BOOST_TEST(!fault(server.url(), trusting()).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::https_server_test
