#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <memory>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/raw_socket.h"
#include "tests/integration/people.h"
#include "tests/support/unsanitized.h"
#include "ticket/adapters/base64.h"

// What strangers can take from a daemon: threads, connections, memory. Whoever has a right to be
// served is served meanwhile, and the daemon grows to a bound and not beyond it.

namespace waybill::test::exhaustion_test {
namespace {

using namespace std::chrono_literals;
using Sockets = std::vector<std::unique_ptr<RawSocket>>;

// KiB. A daemon in peace takes a tenth of it; what is not whole may take 64 MiB. Under a sanitizer,
// which keeps what was freed, nothing can be said of it.
constexpr std::uint64_t bound = 256 * 1024;

// The most that it ever had in memory, in KiB.
std::uint64_t peak(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6));
  }
  return ~std::uint64_t{0};
}

// As many descriptors as the system lets us have.
bool raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

std::string half_a_request(std::string_view path, std::size_t announced, std::size_t sent) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nContent-Length: " + std::to_string(announced) +
         "\r\n\r\n" + std::string(sent, 'x');
}

/// Connections that each send one request for as long as they are let: its beginning, and then now
/// and then a byte. Whoever is hung up on comes back.
class Siege {
 public:
  Siege(std::uint16_t port, std::size_t count, std::string beginning)
      : port_(port), beginning_(std::move(beginning)), sockets_(count) {
    for (auto& socket : sockets_) come(socket);
    thread_ = std::thread([this] {
      while (!over_) {
        for (auto& socket : sockets_) {
          if (over_) return;
          if (!socket->drip()) come(socket);
        }
        std::this_thread::sleep_for(100ms);
      }
    });
  }
  Siege(const Siege&) = delete;
  Siege& operator=(const Siege&) = delete;
  ~Siege() {
    over_ = true;
    thread_.join();
  }

 private:
  void come(std::unique_ptr<RawSocket>& socket) const {
    socket = std::make_unique<RawSocket>(port_);
    socket->send_what_fits(beginning_);
  }

  const std::uint16_t port_;
  const std::string beginning_;
  Sockets sockets_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

/// Sends the same requests as fast as they are answered, `at_once` of them at a time.
class Flood {
 public:
  Flood(std::uint16_t port, std::vector<std::string> requests, std::size_t at_once)
      : port_(port), requests_(std::move(requests)) {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this, each = at_once / threads] { pour(each); });
    }
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;
  ~Flood() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  bool has_answers(std::size_t count) {
    return eventually([&] { return answers_ >= count; }, 60s);
  }

 private:
  static constexpr std::size_t threads = 4;

  void pour(std::size_t each) {
    while (!over_) {
      Sockets sockets;
      for (std::size_t i = 0; i < each; ++i) {
        sockets.push_back(std::make_unique<RawSocket>(port_));
        sockets.back()->send(requests_[next_++ % requests_.size()]);
      }
      for (const auto& socket : sockets) {
        if (socket->read_until("\r\n\r\n").starts_with("HTTP/1.1 ")) ++answers_;
      }
    }
  }

  const std::uint16_t port_;
  const std::vector<std::string> requests_;
  std::atomic<bool> over_ = false;
  std::atomic<std::size_t> answers_ = 0, next_ = 0;
  std::vector<std::thread> threads_;
};

std::string post(std::string_view path, std::string_view type, std::string_view body,
                 std::string_view more = {}) {
  std::string text = "POST " + std::string(path) + " HTTP/1.1\r\nConnection: close\r\n";
  text += "Content-Type: " + std::string(type) + "\r\n" + std::string(more);
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return text += body;
}

// Logins under names that exist and names that do not, each with a key that is nobody's.
std::vector<std::string> wrong_logins(LiveRealm& realm, std::size_t count) {
  const auto document = realm.client().fetch_realm();
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < count; ++i) {
    const auto name = i % 2 == 0 ? "mallory" : "nobody-" + std::to_string(i);
    const auto login = Login::start(PrincipalKey::random(), realm.principal(name), *document,
                                    {8h, 0h}, realm.now());
    requests.push_back(post("/v1/as", "application/msgpack", text_of(login->request())));
  }
  return requests;
}

int answer_to(std::uint16_t port, const std::string& request) {
  RawSocket socket(port);
  socket.send(request);
  const std::string head = socket.read_until("\r\n\r\n");
  return head.starts_with("HTTP/1.1 ") ? std::stoi(head.substr(9, 3)) : 0;
}

struct Besieged {
  Besieged() { std::signal(SIGPIPE, SIG_IGN); }  // as every program does: a KDC may hang up

  const bool many_descriptors = raise_descriptors();
  const std::uint16_t status_port = free_port();
  LiveRealm realm{{{"status_listen", "\"127.0.0.1:" + std::to_string(status_port) + "\""}}};
  Person carol{realm, "carol"};

  /// The KDC has let in that many.
  bool has_connections(double count) const {
    const std::string row = "\nwaybill_connections ";
    return eventually([&] {
      const std::string text =
          HttpClient("http://127.0.0.1:" + std::to_string(status_port)).get("/metrics").body;
      const std::size_t at = text.find(row);
      return at != text.npos && std::stod(text.substr(at + row.size())) >= count;
    });
  }
  /// With patience where a machine may have no time left for anybody: who is told that the KDC is
  /// busy, or is hung up on, asks again.
  void all_is_well(std::chrono::milliseconds patience = 0ms) {
    for (int i = 0; i < 3; ++i) {
      lets_carol_in(patience);
      std::string told;
      const auto gets_a_ticket = [&] {
        try {
          return bool(carol.ticket_for("trigger/orders"));
        } catch (const HttpError& error) {
          told = error.what();
          return false;
        }
      };
      BOOST_TEST(eventually(gets_a_ticket, patience), told);
    }
    BOOST_TEST(peak(realm.kdc().pid()) < bound);
  }
  void lets_carol_in(std::chrono::milliseconds patience) {
    std::string told;
    const auto logs_in = [&] {
      const Ended login = realm.waybill({"init", "-k", "-t", "carol.keytab", "carol"}, "again");
      told = login.err;
      return login.status == 0;
    };
    BOOST_TEST(eventually(logs_in, patience), told);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_kdc_under_siege, Besieged)

BOOST_AUTO_TEST_CASE(serves_others_while_many_send_their_bodies_slowly) {
  const Siege siege(realm.kdc_port(), 300, half_a_request("/v1/as", 500, 1));
  BOOST_TEST(has_connections(250));
  all_is_well();
}

BOOST_AUTO_TEST_CASE(serves_others_while_many_never_end_their_headers) {
  const Siege siege(realm.kdc_port(), 300, "GET /v1/realm HTTP/1.1\r\nX-Slow: ");
  BOOST_TEST(has_connections(250));
  all_is_well();
}

BOOST_AUTO_TEST_CASE(serves_others_among_more_connections_than_it_takes) {
  const Siege siege(realm.kdc_port(), 1500, "");
  BOOST_TEST(has_connections(500));
  all_is_well(30s);
}

BOOST_AUTO_TEST_CASE(keeps_no_more_of_unfinished_requests_than_it_has_room_for,
                     *boost::unit_test::precondition(unsanitized)) {
  const Siege siege(realm.kdc_port(), 1500, half_a_request("/v1/call", 64 * 1024, 60 * 1024));
  BOOST_TEST(has_connections(500));
  all_is_well(30s);
}

// All of them come between two looks of the KDC at its sockets, and a new one may take the place of
// the oldest.
BOOST_AUTO_TEST_CASE(hears_who_asked_before_a_crowd_came) {
  realm.kdc().pause();
  RawSocket early(realm.kdc_port());
  early.send("GET /v1/realm HTTP/1.1\r\nConnection: close\r\n\r\n");
  Sockets crowd;
  for (int i = 0; i < 900; ++i) crowd.push_back(std::make_unique<RawSocket>(realm.kdc_port()));
  realm.kdc().resume();
  BOOST_TEST(early.read_until("\r\n").starts_with("HTTP/1.1 200 "));
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_a_body_that_it_would_not_take) {
  for (const std::size_t announced : {std::size_t{64 * 1024 + 1}, std::size_t{1} << 50U}) {
    BOOST_TEST(answer_to(realm.kdc_port(), half_a_request("/v1/call", announced, 100)) == 413);
  }
  constexpr std::size_t huge = std::size_t{100} << 20U;
  RawSocket(realm.kdc_port()).send(half_a_request("/v1/call", huge, huge));
  all_is_well();
}

BOOST_AUTO_TEST_CASE(takes_no_harm_from_many_names_in_one_request,
                     *boost::unit_test::precondition(unsanitized)) {
  std::string headers, query = "/v1/realm?";
  for (int i = 0; headers.size() < 30'000; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
  for (int i = 0; query.size() < 4'000; ++i) query += "k" + std::to_string(i) + "=&";
  // Arrays in arrays, and one that says it has four thousand million elements.
  const std::string deep(60'000, '\x91'), wide = "\xdd\xff\xff\xff\xff" + std::string(60'000, '\0');
  const std::string get_many = "GET /v1/realm HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n";
  const std::string get_query = "GET " + query + " HTTP/1.1\r\nConnection: close\r\n\r\n";
  BOOST_TEST(answer_to(realm.kdc_port(), get_many) == 200);
  BOOST_TEST(answer_to(realm.kdc_port(), get_query) == 200);
  std::vector<std::string> requests{get_many, get_query};
  for (const std::string& body : {deep, wide}) {
    requests.push_back(post("/v1/as", "application/msgpack", body));
    requests.push_back(post("/v1/call", "application/msgpack", body));
    BOOST_TEST(answer_to(realm.kdc_port(), requests.back()) == 400);
  }
  Flood flood(realm.kdc_port(), requests, 40);
  BOOST_TEST(flood.has_answers(1000));
  all_is_well();
}

// Ten times as many at a time as it has places for logins. Whoever logs in tries again when there
// is none; a call needs none.
BOOST_AUTO_TEST_CASE(lets_people_in_during_a_flood_of_logins,
                     *boost::unit_test::precondition(unsanitized)) {
  Flood flood(realm.kdc_port(), wrong_logins(realm, 64), 240);
  BOOST_TEST(flood.has_answers(500));
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(bool(carol.ticket_for("trigger/orders")));
    lets_carol_in(60s);
  }
  BOOST_TEST(peak(realm.kdc().pid()) < bound);
  BOOST_TEST(std::filesystem::file_size(realm.folder() / "kdc.log") < 1'000'000U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_trigger_under_siege, Besieged)

BOOST_AUTO_TEST_CASE(takes_work_while_many_send_large_inputs_slowly,
                     *boost::unit_test::precondition(unsanitized)) {
  LiveTrigger trigger(realm);
  const Siege siege(trigger.port(), 400, half_a_request("/v1/workflows", 5'000'000, 1'000'000));
  FrontDoor door(trigger.url());
  for (int i = 0; i < 3; ++i) BOOST_TEST(door.submit(carol, {}).status == 202);
  BOOST_TEST(peak(trigger.daemon().pid()) < 2 * bound);
}

BOOST_AUTO_TEST_CASE(takes_no_harm_from_many_names_in_one_object,
                     *boost::unit_test::precondition(unsanitized)) {
  LiveTrigger trigger(realm);
  std::string names = "{", deep(1'000'000, '[');
  for (int i = 0; names.size() < 5'000'000; ++i) names += "\"k" + std::to_string(i) + "\":0,";
  names.back() = '}';
  std::vector<std::string> requests;
  for (const std::string& body : {names, deep}) {
    const std::string shown = "Authorization: " + authorization(carol.delegation({})) + "\r\n";
    requests.push_back(post("/v1/workflows", "application/json", body, shown));
    const int status = answer_to(trigger.port(), requests.back());
    BOOST_TEST((status == 400 || status == 413), status);
  }
  Flood flood(trigger.port(), requests, 16);
  BOOST_TEST(flood.has_answers(16));
  FrontDoor door(trigger.url());
  for (int i = 0; i < 3; ++i) BOOST_TEST(door.submit(carol, {}).status == 202);
  BOOST_TEST(peak(trigger.daemon().pid()) < 4 * bound);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::exhaustion_test
