#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/raw_socket.h"
#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"

namespace waybill::test::sockets_test {
namespace {

using nlohmann::json;

/// A workshop on a real socket.
struct OnSocket : Workshop {
  OnSocket()
      : server({.max_body_bytes = trigger::HttpApi::max_body,
                .max_threads = trigger::HttpLimits{}.threads(),
                .max_connections = 1024},
               [this](const HttpRequest& request) { return api().answer(request); }),
        port(server.start()),
        client("http://127.0.0.1:" + std::to_string(port), {.max_reply_bytes = 16 << 20}) {}
  ~OnSocket() {
    engine().end_waits();
    server.stop();
  }
  HttpReply submit_there(const std::string& header, const Errand& errand) {
    return client.send("POST", "/v1/workflows", "application/json", body_of(errand).dump(),
                       {{"Authorization", header}});
  }
  HttpReply ask_there(const std::string& who, const std::string& method, const std::string& path,
                      const json& body = nullptr) {
    const HttpRequest request = request_of(method, path, body.is_null() ? "" : body.dump());
    return client.send(method, path, request.body.empty() ? "" : "application/json", request.body,
                       {{"Authorization", presented(who, request)}});
  }

  HttpServer server;
  std::uint16_t port;
  HttpClient client;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_front_door_on_a_socket)

BOOST_AUTO_TEST_CASE(carries_work_from_a_user_to_a_worker_and_back,
                     *boost::unit_test::label("slow")) {
  OnSocket door;
  Errand errand;
  errand.input.assign(limits::max_input, 'y');
  const HttpReply sent =
      door.submit_there(Workshop::header(door.delegation("carol", errand)), errand);
  BOOST_TEST_REQUIRE(sent.status == 202, sent.body);
  const std::string path =
      "/v1/workflows/" + json::parse(sent.body).at("workflow_id").get<std::string>();
  const HttpReply polled = door.ask_there("queue-alice", "POST", "/v1/queues/queue-alice/poll",
                                          {{"wait_seconds", 1}, {"max", 1}});
  BOOST_TEST_REQUIRE(polled.status == 200, polled.body);
  const json job = json::parse(polled.body).at("jobs").at(0);
  const std::string large(limits::max_input, 'z');
  const json report{{"lease", job.at("lease")},
                    {"result", to_base64(door.sealed_result(job, large))}};
  const std::string run = "/v1/jobs/" + job.at("run_id").get<std::string>();
  BOOST_TEST(door.ask_there("queue-alice", "POST", run + "/complete", report).status == 200);
  const HttpReply result = door.ask_there("carol", "GET", path + "/result");
  BOOST_TEST(result.status == 200);
  BOOST_TEST(
      (text_of(*from_base64(json::parse(result.body).at("result").get<std::string>())) == large));
}

BOOST_AUTO_TEST_CASE(goes_on_after_whatever_is_thrown_at_it) {
  OnSocket door;
  const std::string head = "POST /v1/workflows HTTP/1.1\r\nHost: x\r\n";
  const std::string json_type = "Content-Type: application/json\r\n";
  struct Row {
    const char* name;
    std::string sent;
    std::string answer;  // how it begins; empty: none is owed
  };
  const Row rows[] = {
      {"no HTTP", "garbage\r\n\r\n", "HTTP/1.1 400"},
      {"random bytes", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),
       "HTTP/1.1 400"},
      {"too large by its own word", head + json_type + "Content-Length: 7000000\r\n\r\n",
       "HTTP/1.1 413"},
      {"no length", head + json_type + "\r\n{}", "HTTP/1.1 411"},
      {"cut off", head + json_type + "Content-Length: 100\r\n\r\n{\"workflow_type\"", ""},
      {"an endless header",
       head + "Authorization: Waybill " + std::string(40'000, 'A') + "\r\n\r\n", "HTTP/1.1 4"},
      {"no credential", head + json_type + "Content-Length: 2\r\nConnection: close\r\n\r\n{}",
       "HTTP/1.1 401"},
      {"a path out of the house",
       "GET /v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 404"},
      {"a zero in the path", "GET /v1/info%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 404"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      RawSocket socket(door.port);
      socket.send(row.sent);
      socket.end_sending();
      const std::string answer = socket.read_all();
      BOOST_TEST(answer.starts_with(row.answer), answer.substr(0, 100));
    }
  }
  const HttpReply reply = door.client.get("/v1/info");
  BOOST_TEST(reply.status == 200);
}

BOOST_AUTO_TEST_CASE(takes_a_crowd) {
  OnSocket door;
  constexpr std::size_t clients = 200;
  std::vector<Errand> errands(clients);
  std::vector<std::string> headers;
  for (std::size_t i = 0; i < clients; ++i) {
    errands[i].input = "input of client " + std::to_string(i);
    headers.push_back(Workshop::header(door.delegation("carol", errands[i])));
  }
  std::vector<int> statuses(clients);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < clients; ++i) {
    threads.emplace_back(
        [&, i] { statuses[i] = door.submit_there(headers[i], errands[i]).status; });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(std::ranges::count(statuses, 202) == std::ptrdiff_t{clients});
  BOOST_TEST(door.engine().counts().open == clients);
}

BOOST_AUTO_TEST_CASE(ends_its_polls_when_it_ends) {
  OnSocket door;
  HttpReply polled;
  door.ticket("queue-alice");
  std::thread worker([&] {
    polled = door.ask_there("queue-alice", "POST", "/v1/queues/queue-alice/poll",
                            {{"wait_seconds", 30}, {"max", 1}});
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto begin = std::chrono::steady_clock::now();
  door.engine().end_waits();
  door.server.stop();
  worker.join();
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)));
  BOOST_TEST(polled.status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::sockets_test
