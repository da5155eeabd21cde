#include "tools/feed_in_memory.h"

#include <algorithm>

namespace waybill::tools {

Checked FeedInMemory::fill(KdcClient& client, const RealmDocument& realm) {
  do {
    TRY(page, client.feed(follower_.next()));
    TRY(entries, follower_.apply(page, realm));
    for (const Revocation& entry : entries) {
      Time& until = issued_until_[{entry.kind, entry.value}];
      until = std::max(until, entry.issued_until);
    }
  } while (follower_.next() != follower_.sequence);  // pages that have not met the head yet
  return ok();
}

bool FeedInMemory::concerns(const Body& body) const {
  return is_revoked(body, [&](RevokedBy kind, const std::string& value) -> std::optional<Time> {
    const auto found = issued_until_.find({kind, value});
    if (found == issued_until_.end()) return std::nullopt;
    return found->second;
  });
}

}  // namespace waybill::tools
