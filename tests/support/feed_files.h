#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/test_realm.h"
#include "ticket/exchange/feed_segment.h"
#include "ticket/wire/revocation.h"

namespace waybill::test {

/// The feed of a TestRealm as the files that a KDC writes, which never change once they are there:
/// what a web server or a folder has. Links are kept, so a long feed costs what its entries cost.
class FeedFiles {
 public:
  explicit FeedFiles(TestRealm& realm) : realm_(realm) {}

  void append(const Revocation& entry);
  /// Everything issued up to `time` is revoked, or, by ticket and workflow, everything at all.
  void revoke(RevokedBy kind, std::string value, Time time, Seconds matters = Seconds{8 * 86400});
  /// So many entries by tickets of their own; done work, as most of a feed is.
  void revoke_many(std::uint64_t count, Time time, Seconds matters = Seconds{8 * 86400});
  /// Appends once more what still matters at `time` of the entries up to `sequence`; the base is
  /// raised over them by the next head.
  void compact(std::uint64_t sequence, Time time);
  /// Cuts what a head over all entries makes followers ask for, then writes that head, and the
  /// realm document beside it.
  void publish(Time time);

  std::uint64_t size() const { return entries_.size(); }
  const FeedPosition& base() const { return base_; }
  const std::map<std::string, Buffer>& files() const { return files_; }
  /// As files in a folder; the head is written last. Not durable.
  void write_to(const std::string& folder) const;

 private:
  struct Entry {
    Buffer wire;
    Time time;
    Digest link;  ///< after it
  };
  FeedPosition position(std::uint64_t sequence) const;
  Buffer sign(const FeedPosition& last, Time time) const;
  void cut(const SegmentName& name, Time time);

  TestRealm& realm_;
  std::vector<Entry> entries_;
  FeedPosition base_;
  std::map<std::string, Buffer> files_;  ///< by path
};

}  // namespace waybill::test
