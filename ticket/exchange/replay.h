#pragma once

#include <map>
#include <mutex>
#include <set>

#include "ticket/wire/bytes.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/principal.h"

namespace waybill {

/// Remembers authenticators for the time in which they could be used again (specs/protocol.md 5).
/// In memory only: an authenticator names the instance it is meant for, and a restarted service is
/// another instance. Thread-safe.
///
/// What cannot be remembered cannot be told from a replay, so it is refused. Who asks too much is
/// refused alone: a holder, with all of its tickets, may fill a quarter of what is still free. So
/// one holder gets a fifth of the room at the most, ten together leave a tenth of it, and only some
/// sixty principals of the realm together leave nothing.
class ReplayCache {
 public:
  /// `most` entries a window; memory for two windows, about 80 bytes an entry. One holder's fifth
  /// of two millions is 1,600 requests a second.
  explicit ReplayCache(std::size_t most = 2'000'000) : most_(most) {}

  /// The same use is the same ticket id (a renewed ticket keeps its own) and nonce. `holder` is the
  /// ticket's subject. Call it only for an authenticator that passed check_authenticator(), and
  /// whose tag has verified: so nobody fills another's share. Errors: request_replayed, busy,
  /// clock_skew (our own clock went back by a window or more, or to where something that has been
  /// forgotten would be in time: until it has caught up, or a restart).
  Checked first_use(const Principal& holder, const TicketId& ticket, const FixedBytes<16>& nonce,
                    Time now);

 private:
  static constexpr std::size_t share = 4;  // a holder's part of what is free is one in so many

  using Use = FixedBytes<32>;  // ticket and nonce
  /// Trees and no hash tables: whoever chooses the nonces cannot make them slow.
  struct Generation {
    std::map<Principal, std::set<Use>> uses;
    std::size_t size = 0;
  };

  const std::size_t most_;
  std::mutex lock_;
  Time latest_{};
  Time generation_start_{};
  Time no_earlier_{};  // what was forgotten could pass again before this
  Generation young_;
  Generation old_;
};

}  // namespace waybill
