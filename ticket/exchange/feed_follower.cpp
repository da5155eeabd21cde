#include "ticket/exchange/feed_follower.h"

#include <algorithm>
#include <utility>

#include "ticket/wire/limits.h"

namespace waybill {

Result<FeedHead> FeedFollower::parse_head(Bytes wire, const RealmDocument& realm, Time now) const {
  TRY(head, FeedHead::parse(wire, realm));
  // Believed, it would make every true head after it one that goes back.
  if (head.time > now + limits::clock_skew) {
    return Error{Errc::feed_invalid, "a head from the future, or our clock is behind"};
  }
  if (head.last.sequence < place_.at.sequence) {
    return Error{Errc::feed_invalid, "the feed went back"};
  }
  return head;
}

// What is known as of a later second stays known as of it, whatever more is learned.
void FeedFollower::reach(const FeedHead& head) {
  place_.at = head.last;
  if (place_.at.sequence < place_.goal) return;
  place_.known = {head.last.sequence, std::max(place_.known.time, head.time)};
}

Result<std::optional<SegmentName>> FeedFollower::take_head(Bytes wire, const RealmDocument& realm,
                                                           Time now) {
  TRY(head, parse_head(wire, realm, now));
  if (head.time < place_.known.time) return Error{Errc::feed_invalid, "the feed went back"};
  if (head.last.sequence == place_.at.sequence && head.last != place_.at) {
    return Error{Errc::feed_invalid, "another history"};
  }
  if (place_.at.sequence < head.base.sequence) {
    place_.at = head.base;
    place_.goal = head.last.sequence;
  }
  if (place_.at.sequence < head.last.sequence) {
    return std::optional(next_segment(place_.at.sequence, head.last));
  }
  reach(head);
  return std::optional<SegmentName>();
}

Result<std::vector<Revocation>> FeedFollower::take_segment(const FeedSegment& segment,
                                                           const RealmDocument& realm, Time now) {
  TRY(head, parse_head(segment.head, realm, now));
  const std::uint64_t from = place_.at.sequence;
  if (segment.before > from || segment.entries.size() <= from - segment.before) {
    return Error{Errc::feed_invalid, "not the segment of the next entry"};
  }
  if (head.last.sequence - segment.before != segment.entries.size()) {
    return Error{Errc::feed_invalid, "the entries do not lead to the head"};
  }
  std::vector<Revocation> fresh;
  Digest at = place_.at.link;
  for (std::size_t i = from - segment.before; i < segment.entries.size(); ++i) {
    TRY(entry, Revocation::decode(segment.entries[i]));
    at = waybill::next_link(at, segment.entries[i]);
    fresh.push_back(std::move(entry));
  }
  if (at != head.last.link) return Error{Errc::feed_invalid, "another history"};
  reach(head);
  return fresh;
}

}  // namespace waybill
