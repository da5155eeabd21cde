#pragma once

#include <map>
#include <string>
#include <utility>

#include "ticket/adapters/kdc_client.h"
#include "worker/verifier.h"

namespace waybill::tools {

/// The whole revocation feed, read once: what `waybill verify` asks instead of a worker's mirror.
class FeedInMemory final : public worker::Revocations {
 public:
  /// Reads and verifies all pages. Errors: feed_invalid, wrong_realm, the codec's. Throws
  /// HttpError.
  Checked fill(KdcClient& client, const RealmDocument& realm);

  Head head() const override { return {follower_.sequence, follower_.head_time}; }
  bool concerns(const Body& body) const override;

 private:
  FeedFollower follower_;
  std::map<std::pair<RevokedBy, std::string>, Time> issued_until_;
};

}  // namespace waybill::tools
