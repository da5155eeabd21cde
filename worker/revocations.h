#pragma once

#include "ticket/adapters/feed_mirror.h"
#include "worker/verifier.h"

namespace waybill::worker {

/// The host's mirror of the revocation feed, as the verifier asks it. Thread-safe. Methods throw
/// StoreError.
class RevocationMirror final : public Revocations {
 public:
  /// `mirror` must outlive it.
  explicit RevocationMirror(const FeedMirror& mirror) : mirror_(mirror) {}

  Head head() const override {
    const FeedMirror::Head known = mirror_.head();
    return {known.sequence, known.time, known.least};
  }
  bool concerns(const Body& body) const override { return mirror_.concerns(body); }

 private:
  const FeedMirror& mirror_;
};

}  // namespace waybill::worker
