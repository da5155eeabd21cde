#include "ticket/replay.h"

#include "ticket/limits.h"

namespace waybill {

Checked ReplayCache::first_use(const TicketId& ticket, const FixedBytes<16>& nonce, Time now) {
  std::string key(text_of(ticket));
  key += text_of(nonce);
  const std::scoped_lock guard(lock_);
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
