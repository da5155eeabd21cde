#pragma once

#include <map>
#include <string>
#include <utility>

#include "ticket/adapters/feed_source.h"
#include "worker/verifier.h"

namespace waybill::tools {

/// The whole revocation feed, read once: what `waybill verify` asks instead of a host's mirror.
class FeedInMemory final : public worker::Revocations {
 public:
  /// Reads and verifies all of it. Errors: walk's. Throws FeedAway.
  Checked fill(FeedSource& source, const RealmDocument& realm, Time now);

  Head head() const override {
    return {follower_.place().known.sequence, follower_.place().known.time};
  }
  bool concerns(const Body& body) const override;

 private:
  FeedFollower follower_;
  std::map<std::pair<RevokedBy, std::string>, Time> issued_until_;
};

}  // namespace waybill::tools
