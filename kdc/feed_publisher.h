#pragma once

#include <mutex>

#include "kdc/epochs.h"
#include "kdc/store.h"
#include "ticket/clock.h"
#include "ticket/feed.h"

namespace waybill::kdc {

/// The revocation feed as GET /v1/feed hands it out (specs/protocol.md 7). The head is signed when
/// somebody asks and the last one is older than the interval, or does not cover an entry that was
/// committed since: so a page shows every revocation that was answered before it was asked for,
/// and an idle KDC signs nothing. Thread-safe.
class FeedPublisher {
 public:
  FeedPublisher(const Store& store, const Epochs& epochs, const Clock& clock, Seconds interval)
      : store_(store), epochs_(epochs), clock_(clock), interval_(interval) {}

  /// Entries after `after`, in order, at most limits::max_page, and the head. Nothing after the
  /// head's sequence. Throws StoreError, RecordDamaged, StoreUnusable (no key signs now).
  FeedPage page(std::uint64_t after);

  /// Signatures made so far, for tests and figures.
  std::uint64_t signatures() const;

 private:
  const Store& store_;
  const Epochs& epochs_;
  const Clock& clock_;
  const Seconds interval_;

  mutable std::mutex lock_;
  std::uint64_t signatures_ = 0;
  FeedPosition covered_;
  Time signed_at_{};
  Buffer head_;  // empty: none yet
};

}  // namespace waybill::kdc
