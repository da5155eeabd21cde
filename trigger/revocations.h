#pragma once

#include <map>
#include <shared_mutex>
#include <string>

#include "ticket/feed.h"

namespace waybill::trigger {

/// The realm's revocations as far as they concern who calls a trigger, in memory: a restarted
/// trigger reads the feed from its beginning. What is known to be revoked is refused; how old the
/// feed is refuses nobody, since a KDC that is away must not stop work that was let in, and a
/// service ticket lives for an hour at the most. Thread-safe.
class Revocations {
 public:
  /// What to ask the KDC for: entries after this one.
  std::uint64_t next() const;
  /// Takes a page over. Errors: feed_invalid; nothing of the page is believed then.
  Checked apply(const FeedPage& page, const RealmDocument& realm, Time now);
  /// False when the last page alone did not lead to the head: there is more to ask for.
  bool is_caught_up() const;
  bool is_revoked(const Body& body) const;
  std::size_t size() const;

 private:
  struct Entry {
    Time issued_until;
    Time matters_until;
  };
  using Key = std::pair<RevokedBy, std::string>;
  void forget(Time now);

  mutable std::shared_mutex lock_;
  FeedFollower follower_;
  std::map<Key, Entry> entries_;
  Time next_cleaning_{};
};

}  // namespace waybill::trigger
