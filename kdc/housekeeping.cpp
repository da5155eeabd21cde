#include "kdc/housekeeping.h"

#include <algorithm>

#include "kdc/doorkeeper.h"
#include "kdc/feed_publisher.h"
#include "kdc/init.h"
#include "kdc/rotation.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/log.h"

namespace waybill::kdc {

void Housekeeping::tick() noexcept {
  const Time now = parts_.clock.now();
  parts_.epochs.erase_expired(now);
  try {  // the edge of this thread's work
    parts_.door.refused.tick(now);
    mark_.raise(parts_.store.view());
    // Requests may stay away while we are not ready, so nobody else would find out.
    if (parts_.issuer.counts().is_failing) parts_.issuer.record({"store.tried", std::nullopt, {}});
    take_newer_realm();
    if (now < next_sweep_) return;
    next_sweep_ = now + sweep_interval;
    look_after_epochs(now);
    const bool swept = sweep(now - grace);
    const bool compacted = compact(now);
    if (swept || compacted) next_sweep_ = now + interval;  // there may be more
  } catch (const std::exception& error) {
    log_error("housekeeping_failed", {{"reason", error.what()}});
  }
}

void Housekeeping::finish() noexcept {
  try {
    parts_.door.refused.finish();
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

void Housekeeping::take_newer_realm() {
  if (!parts_.epochs.refresh(parts_.store.view())) return;
  parts_.feed.put_realm();
  log_info("realm_document_renewed", {{"serial", parts_.epochs.document().serial}});
}

void Housekeeping::look_after_epochs(Time now) {
  if (parts_.config.rotates_epochs && epoch_ahead(parts_.epochs.document(), now) == nullptr) {
    make_next_epoch(now);
  }
  if (now >= next_keys_) {
    if (destroy_needless_secrets({parts_.store, parts_.epochs, parts_.issuer}, now)) {
      log_info("keys_destroyed");
    }
    next_keys_ = now + keys_interval;
  }
  warn_of_the_end(now);
}

// The root key is in memory for no longer than this takes.
void Housekeeping::make_next_epoch(Time now) {
  try {  // a root key that is not there must not keep the rest from being done
    const RootKey root = RootKey::from_seed(read_key_file(root_key_));
    const Seconds life = std::chrono::hours(24) * parts_.config.epoch_days;
    const auto done = rotate({parts_.store, parts_.epochs, parts_.issuer}, root, {now, life});
    if (!done) {
      log_error("epoch_not_made", {{"code", describe(done.error().code).name}});
      return;
    }
    parts_.feed.put_realm();
    log_info("epoch_made", {{"serial", parts_.epochs.document().serial}});
  } catch (const FileError& error) {
    log_error("epoch_not_made", {{"reason", error.what()}});
  }
}

// Early enough for a person, and not all the time where epochs are short.
void Housekeeping::warn_of_the_end(Time now) {
  if (now < next_warning_) return;
  const RealmDocument& realm = parts_.epochs.document();
  if (realm.epochs.empty() || epoch_ahead(realm, now) != nullptr) return;
  const auto last = std::ranges::max_element(realm.epochs, {}, &RealmDocument::Epoch::until);
  const Seconds left = last->until - now;
  if (left > std::min<Seconds>(std::chrono::hours(24 * 30), (last->until - last->from) / 4)) return;
  log_warning("epochs_end_soon",
              {{"days_left", std::chrono::floor<std::chrono::days>(left).count()},
               {"mend", "waybill-kdc epoch rotate"}});
  next_warning_ = now + warning_interval;
}

}  // namespace waybill::kdc
