#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/test_realm.h"
#include "ticket/adapters/http.h"
#include "ticket/exchange/audience.h"

namespace waybill::test {

/// What workers need of a trigger, on loopback (specs/http-api.md). It checks each presentation as
/// a trigger must: ticket, tag, addressee, instance, time and the digest of the very request.
class SmallTrigger {
 public:
  SmallTrigger(TestRealm& realm, const Clock& clock);
  ~SmallTrigger();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Principal principal() const { return audience_.principal(); }

  /// For the next poll; every member as a test likes it.
  void hand_out(nlohmann::json job);
  struct Report {
    std::string path;  // without /v1/jobs/
    nlohmann::json body;
    std::string caller;
  };
  /// The next report that is no heartbeat; nothing when none comes.
  std::optional<Report> report();
  int count(const std::string& path) const;  ///< of requests, refused ones too

  /// A new instance: presentations for the old one are refused.
  void restart();
  /// What is answered to a path instead of its ordinary answer: a status and a body.
  void answer_with(const std::string& path, HttpReply reply);
  void answer_as_usual(const std::string& path);
  /// What /v1/info says of whose service this is.
  void call_itself(std::string service);

 private:
  HttpReply answer(const HttpRequest& request);
  Result<Principal> authenticate(const HttpRequest& request);
  HttpReply poll();

  std::string service_;
  const Clock& clock_;
  Audience audience_;
  mutable std::mutex lock_;
  std::condition_variable news_;
  InstanceId instance_;
  std::deque<nlohmann::json> jobs_;
  std::deque<Report> reports_;
  std::map<std::string, int> counts_;
  std::map<std::string, HttpReply> instead_;
  bool ending_ = false;
  HttpServer server_;  // last: its threads use everything above
  std::uint16_t port_;
};

HttpReply error_reply(int status, Errc code);

}  // namespace waybill::test
