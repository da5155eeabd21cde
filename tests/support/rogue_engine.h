#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ticket/adapters/http.h"
#include "ticket/wire/bytes.h"
#include "ticket/wire/clock.h"

namespace waybill::test {

/// What an engine hands to a worker, every field as the attacker likes it.
struct CraftedJob {
  std::string workflow_id;
  std::string workflow_type;
  std::string run_id;
  Time started_at{};
  Buffer ticket;
  Buffer input;  ///< sealed
  std::uint64_t attempt = 1;
  std::string space = "default";
};

/// What a worker said of a job in the end.
struct JobReport {
  enum class Kind { completed, failed, refused };
  Kind kind;
  std::string code;     ///< of a refusal: WB-…
  std::string message;  ///< of a failure or a refusal
  Buffer result;        ///< sealed
  bool retry = false;   ///< the worker wants it once more, later
};

/// One request that came by, whole.
struct Overheard {
  std::string method;
  std::string path;
  std::string authorization;
  std::string body;
};

/// An engine in the hands of an attacker: it speaks to workers as a trigger does, under a trigger's
/// name, believes everybody, hands out what it is given and keeps what it hears.
class RogueEngine {
 public:
  /// `service` is the principal that it says it is, as name@REALM; it has no key of it.
  explicit RogueEngine(std::string service);
  ~RogueEngine();

  std::string url() const;
  /// For the next poll of whatever queue. A job without a run id gets one.
  /// Gives the run id.
  std::string hand_out(CraftedJob job);
  /// Nothing when the worker has not reported within `patience`. Takes the report out, so that a
  /// second one for the same run can be waited for.
  std::optional<JobReport> report(const std::string& run_id,
                                  std::chrono::milliseconds patience = std::chrono::seconds(15));
  /// True once a worker has polled.
  bool is_polled(std::chrono::milliseconds patience = std::chrono::seconds(15));
  std::vector<Overheard> overheard() const;

 private:
  HttpReply answer(const HttpRequest& request);
  HttpReply poll();
  HttpReply take_report(const std::string& run_id, const std::string& verb,
                        const HttpRequest& request);

  const std::string service_;
  const InstanceId instance_;
  mutable std::mutex lock_;
  std::condition_variable news_;
  std::deque<CraftedJob> jobs_;
  std::map<std::string, std::deque<JobReport>> reports_;
  std::vector<Overheard> overheard_;
  bool ending_ = false;
  HttpServer server_;  // last: its threads use everything above
  std::uint16_t port_;
};

/// Stands between a client and a server, hears everything, and may change it.
class ManInTheMiddle {
 public:
  using ChangeRequest = std::function<void(HttpRequest&)>;
  using ChangeReply = std::function<void(const HttpRequest&, HttpReply&)>;

  /// `upstream` is a base URL. The functions may be empty; they are called by many threads.
  explicit ManInTheMiddle(std::string upstream, ChangeRequest on_request = {},
                          ChangeReply on_reply = {});
  ~ManInTheMiddle();

  std::string url() const;
  std::vector<Overheard> overheard() const;
  /// What came for paths that begin like this; the newest. Nothing when none came.
  std::optional<Overheard> last(std::string_view path) const;

 private:
  HttpReply pass_on(HttpRequest request);

  HttpClient upstream_;
  const ChangeRequest on_request_;
  const ChangeReply on_reply_;
  mutable std::mutex lock_;
  std::vector<Overheard> overheard_;
  HttpServer server_;  // last
  std::uint16_t port_;
};

}  // namespace waybill::test
