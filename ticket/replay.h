#pragma once

#include <mutex>
#include <string>
#include <unordered_set>

#include "ticket/clock.h"
#include "ticket/presentation.h"

namespace waybill {

/// Remembers authenticators for the time in which they could be used again (specs/protocol.md 5).
/// In memory only: an authenticator names the instance it is meant for, and a restarted service is
/// another instance. Thread-safe.
class ReplayCache {
 public:
  /// `most` entries a window; past that everything is refused, since what cannot be remembered
  /// cannot be told from a replay.
  explicit ReplayCache(std::size_t most = 1'000'000) : most_(most) {}

  /// The same use is the same ticket (by its tag's chain) and nonce. Call it only for an
  /// authenticator that passed check_authenticator(). Errors: request_replayed, busy, clock_skew
  /// (our own clock went back by a window or more: until it has caught up, or a restart).
  Checked first_use(const TicketId& ticket, const FixedBytes<16>& nonce, Time now);

 private:
  const std::size_t most_;
  std::mutex lock_;
  Time latest_{};
  Time generation_start_{};
  std::unordered_set<std::string> young_;
  std::unordered_set<std::string> old_;
};

}  // namespace waybill
