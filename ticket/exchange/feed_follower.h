#pragma once

#include <optional>
#include <vector>

#include "ticket/exchange/feed_segment.h"
#include "ticket/wire/revocation.h"

namespace waybill {

/// How far a follower of the feed has come (specs/protocol.md 7); durable at the follower. Nothing
/// is believed that does not lead, link by link, to a signed head that is not older than the last
/// one. A refusal changes nothing.
class FeedFollower {
 public:
  /// What is known without a gap: every entry up to `sequence`, as of the second `time`.
  struct Known {
    std::uint64_t sequence = 0;
    Time time{};
    friend bool operator==(const Known&, const Known&) = default;
  };
  struct Place {
    FeedPosition at;         ///< the next entry comes after it
    std::uint64_t goal = 0;  ///< after a jump: nothing more is known until `at` has come so far
    Known known;
    friend bool operator==(const Place&, const Place&) = default;
  };

  FeedFollower() = default;
  explicit FeedFollower(const Place& place) : place_(place) {}
  const Place& place() const { return place_; }

  /// Takes the newest head, as it is fetched before anything else. Gives the segment to fetch next;
  /// nothing when the head is reached, and then its time is known. A follower that is behind the
  /// head's base jumps to it, and knows no more than before until it has reached the head's last
  /// entry: what still matters stands between the two.
  /// Errors: feed_invalid (signature; sequence or time went back; another history; from the future
  /// by our clock `now`), wrong_realm, the codec's.
  Result<std::optional<SegmentName>> take_head(Bytes head, const RealmDocument& realm, Time now);

  /// Takes a segment that holds the next entry. Gives its new entries, in order; those that were
  /// known before are passed over. Errors: as above (a missing or altered entry is another
  /// history).
  Result<std::vector<Revocation>> take_segment(const FeedSegment& segment,
                                               const RealmDocument& realm, Time now);

 private:
  Result<FeedHead> parse_head(Bytes wire, const RealmDocument& realm, Time now) const;
  void reach(const FeedHead& head);

  Place place_;
};

}  // namespace waybill
