#pragma once

#include <filesystem>
#include <map>

#include "ticket/exchange/feed_follower.h"

namespace waybill::test {

/// What is revoked: the newest and the furthest of each kind and value.
using Revoked = std::map<std::pair<RevokedBy, std::string>, Revocation>;
/// What an entry adds: it reaches at least as far as those before it, and matters as long.
void note(Revoked& revoked, const Revocation& entry);
/// Kind and value, issued_until and matters_until of what matters at that second.
using Mattering = std::map<std::pair<RevokedBy, std::string>, std::pair<Time, Time>>;
Mattering mattering(const Revoked& revoked, Time at);

/// A head as it lies in a feed's folder. Throws when it is none of the realm's.
FeedHead published_head(const std::filesystem::path& folder, const RealmDocument& realm);

/// A follower that reads the files of a feed, as from any file server, and notes what it believes.
class FileFollower {
 public:
  FeedFollower follower;
  Revoked revoked;

  /// Fetches at most so many segments; true when it has reached the newest head. Throws when a file
  /// is missing or refused.
  bool catch_up(const std::filesystem::path& folder, const RealmDocument& realm, Time now,
                std::size_t segments = SIZE_MAX);
};

}  // namespace waybill::test
