#include "ticket/exchange/replay.h"

#include <algorithm>
#include <utility>

#include "ticket/wire/limits.h"

namespace waybill {

Checked ReplayCache::first_use(const Principal& holder, const TicketId& ticket,
                               const FixedBytes<16>& nonce, Time now) {
  Use use;
  std::ranges::copy(nonce, std::ranges::copy(ticket, use.begin()).out);
  const std::scoped_lock guard(lock_);
  // What was forgotten under a clock that ran ahead could pass again when it is set back.
  latest_ = std::max(latest_, now);
  if (latest_ - now >= limits::replay_window || now < no_earlier_) {
    return Error{Errc::clock_skew, "our clock went back"};
  }
  // Each entry lives for one whole window at least: it is forgotten with its generation, one
  // window after that generation ended. A clock that steps back ends no generation.
  if (now - generation_start_ >= limits::replay_window) {
    const Time end = generation_start_ + limits::replay_window;
    const bool idle = now - end >= limits::replay_window;
    // What is forgotten was used before its generation ended, and is in time for a window after.
    if (old_.size > 0) no_earlier_ = end;
    if (idle && young_.size > 0) no_earlier_ = end + limits::replay_window;
    old_ = std::exchange(young_, {});
    if (idle) old_ = {};
    generation_start_ = now;
  }
  const auto before = old_.uses.find(holder);
  std::set<Use>& mine = young_.uses[holder];
  const bool known = before != old_.uses.end() && before->second.contains(use);
  if (known || mine.contains(use)) return Error{Errc::request_replayed, "nonce"};
  if (mine.size() >= (most_ - young_.size) / share) return Error{Errc::busy, "replay cache"};
  mine.insert(use);
  ++young_.size;
  return ok();
}

}  // namespace waybill
