#include "ticket/replay.h"

#include <algorithm>

#include "ticket/limits.h"

namespace waybill {

Checked ReplayCache::first_use(const TicketId& ticket, const FixedBytes<16>& nonce, Time now) {
  std::string key(text_of(ticket));
  key += text_of(nonce);
  const std::scoped_lock guard(lock_);
  // What was forgotten under a clock that ran ahead could pass again when it is set back.
  latest_ = std::max(latest_, now);
  if (latest_ - now >= limits::replay_window) return Error{Errc::clock_skew, "our clock went back"};
  // Each entry lives for one whole window at least: it is forgotten with its generation, one
  // window after that generation ended. A clock that steps back ends no generation.
  if (now - generation_start_ >= limits::replay_window) {
    const bool idle = now - generation_start_ >= 2 * limits::replay_window;
    old_ = idle ? std::unordered_set<std::string>{} : std::move(young_);
    young_.clear();
    generation_start_ = now;
  }
  if (old_.contains(key) || young_.contains(key)) return Error{Errc::request_replayed, "nonce"};
  if (young_.size() >= most_) return Error{Errc::busy, "replay cache"};
  young_.insert(std::move(key));
  return ok();
}

}  // namespace waybill
