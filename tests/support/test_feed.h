#pragma once

#include <string>
#include <vector>

#include "tests/support/test_realm.h"
#include "ticket/exchange/feed_follower.h"
#include "ticket/wire/limits.h"

namespace waybill::test {

/// The revocation feed of a TestRealm, kept as a KDC keeps it: entries in order, each with its
/// link. Entries are open to a test that wants them wrong; what is asked for afterwards is signed
/// over what they are then.
class TestFeed {
 public:
  explicit TestFeed(TestRealm& realm) : realm_(realm) {}

  /// Appends an entry: everything issued up to `time` is revoked, or, by ticket and workflow,
  /// everything at all. The value of a ticket is its id (value_of).
  const Revocation& revoke(RevokedBy kind, std::string value, Time time = noon);
  /// So many entries by subjects of their own.
  void revoke_many(std::uint64_t count, Time time = noon);

  FeedPosition position(std::uint64_t sequence) const;
  FeedPosition end() const { return position(entries.size()); }
  /// A head over the first `sequence` entries, signed at `time`.
  Buffer head(std::uint64_t sequence, Time time);
  Buffer head(Time time) { return head(entries.size(), time); }
  /// The segment of that name: its own head is signed at the time of its last entry when it is
  /// full, else at `time`.
  FeedSegment segment(const SegmentName& name, Time time = noon);
  /// The entries (before, end], under a head of their own.
  FeedSegment cut(std::uint64_t before, std::uint64_t end, Time time = noon);

  std::vector<Revocation> entries;
  std::uint64_t base = 0;  ///< of the heads from now on

 private:
  TestRealm& realm_;
};

/// Fetches from `feed` what `follower` wants until it has reached the newest head at `time`; gives
/// what it believed on the way. Fails the test when anything is refused.
std::vector<Revocation> catch_up(FeedFollower& follower, TestFeed& feed, TestRealm& realm,
                                 Time time);

}  // namespace waybill::test
