#pragma once

#include <string>
#include <vector>

#include "tests/support/test_realm.h"
#include "ticket/feed.h"
#include "ticket/limits.h"

namespace waybill::test {

/// The revocation feed of a TestRealm, kept as a KDC keeps it: entries by their number, each with
/// its link. Entries and links are open to a test that wants them wrong.
class TestFeed {
 public:
  explicit TestFeed(TestRealm& realm) : realm_(realm) {}

  /// Appends an entry: everything issued up to `time` is revoked, or, by ticket and workflow,
  /// everything at all.
  const Revocation& revoke(RevokedBy kind, std::string value, Time time = noon);
  /// A head over the first `sequence` entries, signed at `time`.
  Buffer head(std::uint64_t sequence, Time time);
  /// What GET /v1/feed?after=N answers: at most `most` entries after N, and the newest head.
  FeedPage page(std::uint64_t after, Time time, std::size_t most = limits::max_page);

  std::vector<Revocation> entries;
  Digest link(std::uint64_t sequence) const;  ///< after that many entries

 private:
  TestRealm& realm_;
};

}  // namespace waybill::test
