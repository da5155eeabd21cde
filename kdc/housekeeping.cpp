#include "kdc/housekeeping.h"

#include "ticket/adapters/log.h"

namespace waybill::kdc {

void Housekeeping::tick() noexcept {
  const Time now = parts_.clock.now();
  parts_.epochs.erase_expired(now);
  try {  // the edge of this thread's work
    mark_.raise(parts_.store.view());
    if (now >= next_sweep_) sweep(now);
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

void Housekeeping::sweep(Time now) {
  const Time before = now - grace;
  next_sweep_ = now + sweep_interval;
  if (!parts_.store.view().anything_over(before)) return;
  const auto done = parts_.issuer.commit(
      {{"store.swept", std::nullopt, {}},
       [&](StoreChange& change, Fields& fields) {
         fields.add("records", std::to_string(change.sweep(before, sweep_most)));
         return ok();
       },
       std::nullopt});
  if (!done) log_error("sweep_refused");
  next_sweep_ = now + interval;  // there may be more
}

}  // namespace waybill::kdc
