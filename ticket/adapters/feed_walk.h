#pragma once

#include <functional>
#include <vector>

#include "ticket/adapters/feed_source.h"

namespace waybill {

/// Handed the new entries of one segment, in order, when the follower believes them and stands
/// behind them. False ends the walk.
using TakeEntries = std::function<bool(std::vector<Revocation>&&)>;

/// Brings a follower from where it stands to the newest head of a source, a segment at a time.
/// Gives that head. What was taken before a refusal, or before the source went away, stays taken.
/// Errors: the follower's; feed_invalid also for a segment that was not asked for. Throws FeedAway,
/// and what `take` throws.
Result<FeedHead> walk(FeedSource& source, FeedFollower& follower, const RealmDocument& realm,
                      Time now, const TakeEntries& take);

/// One segment of a source, which nothing is known of but that it has the entries of its name.
/// Errors: the codec's, feed_invalid. Throws FeedAway.
Result<FeedSegment> fetch_segment(FeedSource& source, const SegmentName& name);

/// All that anybody who follows may ask for under that head, large ones first.
std::vector<SegmentName> segments_of(const FeedHead& head);

}  // namespace waybill
