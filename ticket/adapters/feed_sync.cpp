#include "ticket/adapters/feed_sync.h"

#include <algorithm>
#include <utility>

#include "ticket/adapters/log.h"

namespace waybill {
namespace {

// A head that is so late is held back; less may be the difference of two clocks, or a cache's.
constexpr auto tolerance = std::chrono::seconds(10);

std::string sentence_of(const Error& error) {
  return std::string(describe(error.code).name) + " (" + error.note + ")";
}

}  // namespace

FeedSync::FeedSync(FeedMirror& mirror, FeedSources sources, const Clock& clock)
    : FeedSync(mirror, std::move(sources), clock, Options{}) {}

FeedSync::FeedSync(FeedMirror& mirror, FeedSources sources, const Clock& clock,
                   const Options& options)
    : mirror_(mirror), clock_(clock), options_(options) {
  use(std::move(sources));
}

void FeedSync::use(FeedSources sources) {
  const std::scoped_lock guard(next_lock_);
  next_ = std::move(sources);
}

void FeedSync::take_next() {
  const std::scoped_lock guard(next_lock_);
  if (!next_) return;
  places_.clear();
  for (auto& source : *next_) places_.push_back({std::move(source)});
  next_.reset();
}

std::vector<FeedSync::Place*> FeedSync::in_order() {
  std::vector<Place*> order;
  for (Place& place : places_) order.push_back(&place);
  const Moment now = std::chrono::steady_clock::now();
  std::stable_partition(order.begin(), order.end(),
                        [&](const Place* p) { return p->rests_until <= now; });
  return order;
}

void FeedSync::complain(Place& place, std::string_view event, const std::string& why) const {
  place.rests_until = std::chrono::steady_clock::now() + options_.rest;
  if (place.trouble == why) return;
  place.trouble = why;
  log_warning(event, {{"source", place.source->name()}, {"why", why}});
}

FeedSync::Pulled FeedSync::pull_from(Place& place, const RealmDocument& realm) {
  try {  // the one place that goes on without a source
    const auto head = mirror_.follow(*place.source, realm);
    if (!head) {
      complain(place, "feed_refused", sentence_of(head.error()));
      return Pulled::refused;
    }
    if (clock_.now() > head->next_time + tolerance) {
      complain(place, "feed_overdue", "a newer head should be there by now");
    } else {
      if (!place.trouble.empty()) log_info("feed_is_back", {{"source", place.source->name()}});
      place.trouble.clear();
    }
    return Pulled::fresh;
  } catch (const FeedAway& away) {
    complain(place, "feed_away", away.what());
    return Pulled::no_answer;
  }
}

FeedSync::Pulled FeedSync::pull(const RealmDocument& realm) {
  const std::scoped_lock guard(lock_);
  take_next();
  Pulled best = Pulled::no_answer;
  for (Place* place : in_order()) {
    const Pulled pulled = pull_from(*place, realm);
    if (pulled == Pulled::fresh && place->trouble.empty()) return Pulled::fresh;
    if (pulled < best) best = pulled;
  }
  return best;
}

bool FeedSync::is_stuck() {
  const std::scoped_lock guard(lock_);
  const FeedFollower::Place place = mirror_.place();
  const Moment now = std::chrono::steady_clock::now();
  if (seen_since_ == Moment{} || place != seen_) {
    seen_ = place;
    seen_since_ = now;
  }
  return now - seen_since_ >= options_.patience;
}

FeedSync::Pulled FeedSync::tend(const RealmDocument& realm) {
  const bool leads = mirror_.lead();
  if (!leads && !is_stuck()) return Pulled::by_others;
  const Pulled pulled = pull(realm);
  if (leads) mirror_.sweep(options_.sweep);
  return pulled;
}

}  // namespace waybill
