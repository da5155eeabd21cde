#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "ticket/adapters/feed_sync.h"
#include "trigger/engine.h"
#include "trigger/identity.h"
#include "trigger/kdc_port.h"

namespace waybill::trigger {

/// What the trigger does at its KDC in the background: it learns the realm document, says where it
/// listens, follows the revocation feed and tells which work has ended. A KDC that is away stops
/// none of it for good: everything is tried again. One thread calls tick().
class KdcLink {
 public:
  struct Parts {
    const Clock& clock;
    Identity& identity;
    Engine& engine;
    KdcPort& kdc;
    FeedSync& feed;
    std::string url;  ///< where clients reach us
    /// Once: the realm document is known and the KDC has taken us for who we are.
    std::function<void()> on_ready;
    /// Each time that a realm document was fetched, with its serial.
    std::function<void(std::uint64_t)> on_serial;
    /// After each tick: whether the KDC answers and takes us for who we are.
    std::function<void(bool)> on_state{};
  };
  explicit KdcLink(Parts parts) : parts_(std::move(parts)) {}

  /// Does what is due. Never throws: what fails is said in the log, and due again soon.
  void tick() noexcept;
  bool is_ready() const { return ready_; }

  // The parts of a tick. Each but follow_feed() throws KdcAway.
  void fetch_realm();
  void announce();
  /// Of what was revoked. How old the feed is refuses nobody here: a KDC that is away must not stop
  /// work that was let in, and a caller's ticket lives for an hour at the most. False when what was
  /// heard is not signed by a key that we know.
  bool follow_feed();
  /// Whatever the KDC refuses for good (evidence that it does not know any more) is let go.
  void report_ended();

 private:
  using Ticks = std::chrono::steady_clock;
  void work(Ticks::time_point now);
  void complain(const char* what) noexcept;

  Parts parts_;
  bool ready_ = false;
  bool away_ = false;
  std::optional<bool> announced_;  // what the KDC said last
  Ticks::time_point realm_asked_{};
  Ticks::time_point next_realm_{}, next_announcement_{}, next_feed_{}, next_complaint_{};
};

}  // namespace waybill::trigger
