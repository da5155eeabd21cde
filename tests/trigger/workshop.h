#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/scratch.h"
#include "tests/support/outcome.h"
#include "tests/trigger/test_kdc.h"
#include "ticket/adapters/feed_sync.h"
#include "trigger/http_api.h"
#include "trigger/lmdb_engine.h"

namespace waybill::test {

using trigger::Holding;
using trigger::Job;
using trigger::LeaseId;
using trigger::LmdbEngine;
using trigger::NewRun;
using trigger::print;
using trigger::Run;
using trigger::RunId;
using trigger::Status;

/// One piece of work as somebody asks for it.
struct Errand {
  std::string type = "invoice-report";
  std::string queue = "queue-alice";
  std::vector<std::string> actions{"invoice:read", "report:write"};
  std::string input = "number,amount\n1,100\n";
  std::optional<std::string> workflow_id{};
};
nlohmann::json body_of(const Errand& errand);

/// An answer of the front door.
struct Answered {
  int status;
  nlohmann::json body;
  HttpHeaders headers;

  /// Of an error; empty when it is none.
  std::string code() const;
  std::string text(const char* name) const { return body.value(name, ""); }
};

/// A store that is fast and forgets nothing as long as the machine runs.
LmdbEngine::Options quick_engine();
MasterKey usual_store_key();

/// A trigger in process, with all its real parts but sockets: trigger/orders of a realm in process,
/// with a clock that stands still. A principal exists as soon as it is named.
class Workshop {
 public:
  explicit Workshop(bool knows_realm = true);

  ManualClock clock;
  TestRealm realm;
  TestKdc kdc{realm, clock, "trigger/orders"};
  TestFeed feed{realm};
  Scratch scratch;

  LmdbEngine& engine() { return *engine_; }
  trigger::HttpApi& api() { return *api_; }
  trigger::TriggerParts& parts() { return *parts_; }
  trigger::Identity& identity() { return *identity_; }
  FeedMirror& mirror() { return *mirror_; }
  FeedSync& feed_sync() { return *feed_sync_; }
  /// The store closed and opened again, by a new instance, which knows the realm.
  void restart();
  /// The same, but no KDC has answered the new instance.
  void restart_without_realm();

  // --- A caller's tools. -------------------------------------------------------------------------

  const IssuedTicket& tgt(const std::string& name);
  /// Its ticket for trigger/orders.
  const IssuedTicket& ticket(const std::string& name);
  Buffer delegation(const std::string& name, const Errand& errand, Seconds life = 5min);
  static std::string header(Bytes presentation);
  /// A presentation of `name`'s service ticket for this request, in a header.
  std::string presented(const std::string& name, const HttpRequest& request);

  Answered send(HttpRequest request, const std::string& authorization);
  Answered submit(const std::string& name, const Errand& errand = {});
  Answered submit(Bytes delegation, const nlohmann::json& body);
  /// Under a service ticket; no body when it is null.
  Answered ask(const std::string& name, const std::string& method, const std::string& path,
               const nlohmann::json& body = nullptr);
  Answered poll(const std::string& queue, std::uint64_t wait = 0, std::uint64_t most = 1);

  // --- What only the queue's principal can do. ---------------------------------------------------

  /// The session key and body of a job's ticket.
  VerifiedTicket opened(const nlohmann::json& job);
  Buffer sealed_result(const nlohmann::json& job, std::string_view result);
  Answered complete(const nlohmann::json& job, std::string_view result);

 private:
  void start(bool knows_realm);

  const LmdbEngine::Options options_ = quick_engine();
  std::unique_ptr<LmdbEngine> engine_;
  std::unique_ptr<trigger::Identity> identity_;
  std::unique_ptr<ReplayCache> replays_;
  std::unique_ptr<FeedMirror> mirror_;
  std::unique_ptr<FeedSync> feed_sync_;
  std::unique_ptr<trigger::TriggerParts> parts_;
  std::unique_ptr<trigger::HttpApi> api_;
  std::map<std::string, IssuedTicket> tgts_, tickets_;
};

/// A door with one job of queue-alice, carol's, that a worker has.
struct BusyWorkshop : Workshop {
  std::string workflow = submit("carol").text("workflow_id");
  nlohmann::json job = poll("queue-alice").body.at("jobs").at(0);
};

HttpRequest request_of(const std::string& method, const std::string& path,
                       const std::string& body = {});

}  // namespace waybill::test
