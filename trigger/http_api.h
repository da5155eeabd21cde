#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "ticket/adapters/refused_requests.h"
#include "trigger/answers.h"
#include "trigger/authenticate.h"
#include "trigger/engine.h"
#include "trigger/kdc_port.h"

namespace waybill::trigger {

/// What the daemon's own threads know of its state.
struct Standing {
  std::atomic<bool> kdc_answers = false;  ///< and takes us for who we are
  std::atomic<bool> engine_works = true;  ///< at the last sweep
  RefusedRequests refused;                ///< at both doors, for the log
};

/// All that a handler can reach; main() makes each part. Every part may be used by many threads.
struct TriggerParts {
  const Clock& clock;
  const Identity& identity;
  const std::string space;  ///< namespace of the engine
  Engine& engine;
  KdcPort& kdc;
  ReplayCache& replays;
  const FeedMirror& revocations;
  Seconds lease;  ///< as the engine gives it, for the answer to a poll
  std::shared_ptr<Standing> standing = std::make_shared<Standing>();
};

/// How much may be under way at the same time; what is beyond is answered `busy` at once, or, for a
/// poll, without waiting. So a crowd of one kind leaves threads to the others.
struct HttpLimits {
  std::size_t polls = 64;
  std::size_t exchanges = 208;    ///< submissions and looks: the KDC is asked
  std::size_t large_bodies = 16;  ///< each holds some copies of its payload
  /// For the HttpServer: all of the above, and some for what takes no time.
  std::size_t threads() const { return polls + exchanges + 48; }
};

struct Ask;  // handlers.h
struct Route;
struct FoundRoute;  // http_api.cpp
struct Visit;

/// The trigger's front door (specs/http-api.md, "Trigger"): routes and who may call them, statuses,
/// and the one catch of the daemon. It knows nothing of sockets. Thread-safe.
class HttpApi {
 public:
  /// The largest body: an input or a result in base64, and little else.
  static constexpr std::size_t max_body = 6 * 1024 * 1024;
  static constexpr std::size_t max_small_body = 64 * 1024;

  /// `parts` must outlive it.
  explicit HttpApi(TriggerParts& parts) : HttpApi(parts, HttpLimits{}) {}
  HttpApi(TriggerParts& parts, HttpLimits limits);
  HttpApi(const HttpApi&) = delete;
  HttpApi& operator=(const HttpApi&) = delete;
  ~HttpApi() = default;

  /// Never throws: the environment failing (disk, KDC) is 503, and the log says why.
  HttpReply answer(const HttpRequest& request) noexcept;

 private:
  HttpReply guarded(const Visit& visit, const FoundRoute& found) noexcept;
  HttpReply dispatch(const Visit& visit, const FoundRoute& found);
  Result<HttpReply> run(const Route& route, Ask& ask);

  TriggerParts& parts_;
  WaitSlots polls_, exchanges_, large_;
};

}  // namespace waybill::trigger
