#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "ticket/adapters/feed_sync.h"
#include "ticket/exchange/audience.h"
#include "worker/realm_cache.h"
#include "worker/revocations.h"
#include "worker/uses.h"
#include "worker/verdict_shipping.h"

namespace waybill::worker {

/// Brings what the offline check lives on, on a thread of its own: the feed every few seconds, the
/// realm document every hour, sweeps the table of uses, and hands verdicts to the KDC. When nobody
/// answers the worker goes on with what it has; the tickets say for how long (max_staleness).
/// Thread-safe.
class Upkeep {
 public:
  struct Parts {
    FeedSync& feed;
    RealmCache& realm;
    Audience& audience;
    const Revocations& revocations;
    UseTable& uses;
    VerdictShipping* verdicts = nullptr;  ///< null: verdicts stay here
  };
  struct Options {
    std::chrono::milliseconds feed_every = std::chrono::seconds(2);
    std::chrono::milliseconds realm_every = std::chrono::hours(1);
    std::chrono::milliseconds sweep_every = std::chrono::minutes(10);
    /// A document that is asked for because a signer is not known: at most so often, or whoever can
    /// enqueue nonsense makes us ask all the time.
    std::chrono::milliseconds realm_at_most_every = std::chrono::seconds(10);
  };

  explicit Upkeep(const Parts& parts);
  Upkeep(const Parts& parts, const Options& options);
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;
  ~Upkeep();

  /// Starts the thread.
  void start();

  /// At once, by the caller's thread: for a ticket that knows a newer feed than we do. False when
  /// nobody answered or what was sent was refused; the log says why.
  bool sync_feed();
  /// At once, for a ticket whose signer is not known. True when the document that we hold now is a
  /// few seconds old at most; false when no KDC answered, or what it sent was refused.
  bool refresh_realm();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  bool pull_realm();
  void sweep();
  void look_around();
  void work();

  const Parts parts_;
  const Options options_;
  std::mutex realm_lock_;  // one document at a time
  Moment realm_asked_{};
  bool realm_answered_ = false;
  Moment realm_due_{};  // of the thread, as is the next
  Moment sweep_due_{};
  std::mutex lock_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace waybill::worker
