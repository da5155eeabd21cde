#include "ticket/adapters/feed_walk.h"

#include <algorithm>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

// A segment that was cut after the head was signed may bear a later time than the head: to take the
// head once more would look like going back.
bool has_reached(const FeedFollower::Place& place, const FeedHead& head) {
  return place.at == head.last && place.known.time >= head.time;
}

}  // namespace

// A fuller one, or another cut, would do the follower no harm; whoever keeps files would keep it
// under a wrong name.
Result<FeedSegment> fetch_segment(FeedSource& source, const SegmentName& name) {
  TRY(segment, FeedSegment::decode(source.segment(name)));
  if (segment.before != name.before() || segment.before + segment.entries.size() != name.end()) {
    return Error{Errc::feed_invalid, "not the segment that was asked for"};
  }
  return segment;
}

Result<FeedHead> walk(FeedSource& source, FeedFollower& follower, const RealmDocument& realm,
                      Time now, const TakeEntries& take) {
  const Buffer wire = source.head();
  TRY(head, FeedHead::parse(wire, realm));
  for (;;) {
    TRY(wanted, follower.take_head(wire, realm, now));
    if (!wanted) return head;
    TRY(segment, fetch_segment(source, *wanted));
    TRY(fresh, follower.take_segment(segment, realm, now));
    if (!take(std::move(fresh)) || has_reached(follower.place(), head)) return head;
  }
}

// next_segment() for every place from the base on: who stands in the middle of the last large one
// goes on with small ones, and before that nobody does.
std::vector<SegmentName> segments_of(const FeedHead& head) {
  std::vector<SegmentName> out;
  const std::uint64_t large = head.last.sequence / limits::large_segment;
  for (std::uint64_t i = head.base.sequence / limits::large_segment; i < large; ++i) {
    const SegmentName name{1, i, 0};
    if (name.before() >= head.base.sequence || i + 1 < large) out.push_back(name);
  }
  const std::uint64_t last_large = large == 0 ? 0 : (large - 1) * limits::large_segment;
  std::uint64_t at = std::max(head.base.sequence, last_large);
  if (at == head.last.sequence) return out;
  for (at -= at % limits::small_segment; at < head.last.sequence; at += limits::small_segment) {
    SegmentName small{0, at / limits::small_segment, 0};
    if (small.end() > head.last.sequence) small.width = head.last.sequence - at;
    out.push_back(small);
  }
  return out;
}

}  // namespace waybill
