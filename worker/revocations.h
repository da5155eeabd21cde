#pragma once

#include <mutex>

#include "ticket/feed.h"
#include "worker/expiring_table.h"
#include "worker/store.h"
#include "worker/verifier.h"

namespace waybill::worker {

/// The revocation feed, mirrored into the worker's store (specs/protocol.md 7) and shared by all
/// processes that have the same folder. How far it has come is stored with what it brought, in one
/// transaction, so a feed that goes back is refused after a restart as well. Nothing here asks
/// anybody; carrying pages is Upkeep's. Thread-safe. Methods throw StoreError.
class RevocationMirror final : public Revocations {
 public:
  /// `store` must outlive it.
  explicit RevocationMirror(Store& store);

  Head head() const override;
  /// Costs one read transaction, however long the lineage.
  bool concerns(const Body& body) const override;

  /// What to ask the KDC for: entries after this one.
  std::uint64_t next();
  enum class Taken { complete, more_is_needed };
  /// Takes over a page that was asked for with next(). Entries count once a chain of pages has led
  /// to a signed head. A page that another process has overtaken is dropped (more_is_needed).
  /// Errors: feed_invalid, wrong_realm, the codec's; nothing is taken over then.
  Result<Taken> take(const FeedPage& page, const RealmDocument& realm);

  /// Forgets entries that can concern no living ticket at `signed_time`, the time of a feed head.
  /// At most `at_most`; returns how many.
  std::size_t sweep(Time signed_time, std::size_t at_most);
  std::uint64_t count() const;

 private:
  /// Where a chain of entries has led to a head.
  struct Place {
    std::uint64_t sequence = 0;
    Digest link{};
    Time head_time{};
    friend bool operator==(const Place&, const Place&) = default;
  };
  Place place(const Txn& txn) const;
  void store_place(WriteTxn& txn, const Place& place) const;
  void store_entry(WriteTxn& txn, const Revocation& entry) const;
  void follow_from(const Place& place);

  Store& store_;
  Table state_;
  ExpiringTable entries_;
  std::mutex lock_;        // of what follows
  FeedFollower follower_;  // the stored place, and pages beyond it that have not met a head yet
};

}  // namespace waybill::worker
