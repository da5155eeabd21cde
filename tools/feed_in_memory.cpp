#include "tools/feed_in_memory.h"

#include <algorithm>

#include "ticket/adapters/feed_walk.h"
#include "ticket/exchange/revoked.h"

namespace waybill::tools {

Checked FeedInMemory::fill(FeedSource& source, const RealmDocument& realm, Time now) {
  CHECK_OK(walk(source, follower_, realm, now, [&](std::vector<Revocation>&& entries) {
    for (Revocation& entry : entries) {
      Time& until = issued_until_[{entry.kind, std::move(entry.value)}];
      until = std::max(until, entry.issued_until);
    }
    return true;
  }));
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
