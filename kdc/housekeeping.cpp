#include "kdc/housekeeping.h"

#include "ticket/adapters/log.h"

namespace waybill::kdc {

void Housekeeping::tick() noexcept {
  const Time now = parts_.clock.now();
  parts_.epochs.erase_expired(now);
  try {  // the edge of this thread's work
    mark_.raise(parts_.store.view());
    // Requests may stay away while we are not ready, so nobody else would find out.
    if (parts_.issuer.counts().is_failing) parts_.issuer.record({"store.tried", std::nullopt, {}});
    if (now < next_sweep_) return;
    next_sweep_ = now + sweep_interval;
    const bool swept = sweep(now - grace);
    const bool compacted = compact(now);
    if (swept || compacted) next_sweep_ = now + interval;  // there may be more
  } catch (const std::exception& error) {
    log_error("housekeeping_failed", {{"reason", error.what()}});
  }
}

void Housekeeping::finish() noexcept {
  try {
    mark_.raise(parts_.store.view());
  } catch (const std::exception& error) {
    log_error("high_water_failed", {{"reason", error.what()}});
  }
}

bool Housekeeping::sweep(Time before) {
  if (!parts_.store.view().anything_over(before)) return false;
  const auto done = parts_.issuer.commit(
      {{"store.swept", std::nullopt, {}},
       [&](StoreChange& change, Fields& fields) {
         fields.add("records", std::to_string(change.sweep(before, sweep_most)));
         return ok();
       },
       std::nullopt});
  if (!done) log_error("sweep_refused");
  return true;
}

bool Housekeeping::compact(Time now) {
  if (!parts_.store.view().can_compact_feed(now)) return false;
  const auto done = parts_.issuer.commit(
      {{"feed.compacted", std::nullopt, {}},
       [&](StoreChange& change, Fields& fields) {
         const auto compacted = change.compact_feed(now, compact_most);
         fields.add("segments", std::to_string(compacted.segments))
             .add("carried", std::to_string(compacted.carried))
             .add("base", std::to_string(change.feed_base().position.sequence));
         return ok();
       },
       std::nullopt});
  if (!done) log_error("compaction_refused");
  return true;
}

}  // namespace waybill::kdc
