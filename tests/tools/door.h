#pragma once

#include <functional>
#include <mutex>

#include <boost/test/unit_test.hpp>

#include "tests/tools/desk.h"
#include "ticket/adapters/base64.h"
#include "ticket/wire/hex.h"

namespace waybill::test {

/// A front door that answers what a test says, and remembers what it was asked. (The real one is in
/// tests/integration; this one breaks, moves and lies.)
class Door {
 public:
  using Answer = std::function<HttpReply(const HttpRequest&)>;

  explicit Door(Answer answer)
      : answer_(std::move(answer)),
        server_({.max_body_bytes = 8 << 20}, [this](const HttpRequest& r) { return take(r); }),
        url("http://127.0.0.1:" + std::to_string(server_.start())) {}
  ~Door() { server_.stop(); }

  InstanceId instance = random_bytes<16>();
  /// What /v1/info says of whose service this is.
  void call_itself(std::string service) {
    const std::scoped_lock guard(lock_);
    service_ = std::move(service);
  }

  static HttpReply say(int status, const nlohmann::json& body) {
    return {status, "application/json", body.dump(), {}};
  }
  static HttpReply refuse(int status, Errc code, nlohmann::json more = nlohmann::json::object()) {
    more["error"] = {{"code", describe(code).name},
                     {"number", static_cast<int>(code)},
                     {"message", describe(code).sentence},
                     {"request_id", "r1"}};
    return say(status, more);
  }
  std::vector<HttpRequest> asked() const {
    const std::scoped_lock guard(lock_);
    return asked_;
  }

 private:
  HttpReply take(const HttpRequest& request) {
    {
      const std::scoped_lock guard(lock_);
      if (request.path == "/v1/info") {
        return say(200,
                   {{"service", service_}, {"instance", to_hex(instance)}, {"namespace", "x"}});
      }
      asked_.push_back(request);
    }
    return answer_(request);
  }

  Answer answer_;
  std::string service_ = "trigger/orders@DEMO.TEST";
  mutable std::mutex lock_;
  std::vector<HttpRequest> asked_;
  HttpServer server_;

 public:
  const std::string url;
};

inline Presentation shown(const HttpRequest& request) {
  const std::string_view header = request.header("Authorization");
  BOOST_REQUIRE(header.starts_with("Waybill "));
  const auto bytes = from_base64url(header.substr(8));
  BOOST_REQUIRE(bool(bytes));
  return *Presentation::parse(*bytes);
}

const nlohmann::json accepted_work{{"workflow_id", "invoice-report-1"}, {"queue", "queue-alice"}};

struct AtADoor : Desk {
  AtADoor() {
    write("input", "invoices");
    BOOST_REQUIRE(log_in("carol").status == 0);
  }
  tools::Arguments submission(const std::string& url, const tools::Arguments& more = {}) {
    tools::Arguments all{"invoice-report", "--queue",    "queue-alice", "--action", "a,b",
                         "--input",        file("input")};
    if (!url.empty()) all.insert(all.end(), {"--trigger", url});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Seen submit(const Door& door, const tools::Arguments& more = {}) {
    return run(tools::submit_main, submission(door.url, more));
  }
  void announce(const std::string& trigger, const std::string& url) {
    BOOST_REQUIRE(kdc.ask(trigger, "announce", Fields{{"url", url}}).outcome == accepted);
  }
};

// So many names of 120 letters, as one word of a command line.
inline std::string long_names(char count) {
  std::string all;
  for (char letter = 'a'; letter < 'a' + count; ++letter) {
    all += (all.empty() ? "" : ",") + std::string(120, letter);
  }
  return all;
}

}  // namespace waybill::test
