#pragma once

#include <mutex>

#include "kdc/epochs.h"
#include "kdc/feed_folder.h"
#include "kdc/store.h"
#include "ticket/wire/clock.h"

namespace waybill::kdc {

/// Publishes the revocation feed (specs/protocol.md 7) as files, which GET /v1/feed/… hands out and
/// any static server can carry. A head comes after the segments that it makes followers ask for,
/// and segments that nobody can ask for any more are removed after it.
///
/// The folder holds nothing that the store does not say. A publisher may die at any moment; the
/// next one checks every file against the store, removes what does not fit, writes what is missing
/// and publishes. The sequence and the time of its heads never go back, whatever the clock does.
/// One publisher per folder. Thread-safe.
class FeedPublisher {
 public:
  /// Publishes before it returns. Throws what head() throws.
  FeedPublisher(std::filesystem::path folder, const Store& store, const Epochs& epochs,
                const Clock& clock, Seconds interval);

  /// The newest head. It covers every revocation that was answered before it was asked for, and is
  /// younger than the interval: else another is published first.
  /// Throws FileError, StoreError, RecordDamaged, StoreUnusable (no key signs now).
  Buffer head();
  /// A file of the feed; nothing when there is none, or none any more.
  std::optional<Buffer> segment(const SegmentName& name) const { return folder_.segment(name); }

  /// The time of the newest head; a disk that takes no new one leaves it behind.
  Time published() const;

  /// Writes the realm document beside the feed, when it is another one.
  void put_realm() const { folder_.put_realm(epochs_.signed_document()); }

  /// Heads signed so far, for tests and figures.
  std::uint64_t signatures() const;

 private:
  void read_folder(const StoreView& view);
  bool is_sound(const StoreView& view, const SegmentName& name);
  void publish(const StoreView& view, Time now);
  void write_segments(const StoreView& view, const FeedWindow& window, const Buffer& head);
  FeedSegment full_segment(const StoreView& view, const SegmentName& name) const;

  const FeedFolder folder_;
  const Store& store_;
  const Epochs& epochs_;
  const Clock& clock_;
  const Seconds interval_;

  mutable std::mutex lock_;
  std::uint64_t signatures_ = 0;
  FeedPosition covered_;       // by head_
  std::uint64_t written_ = 0;  // full segments that end here or before are there
  FeedWindow cleaned_{0, 0};   // for which the folder was cleaned
  Time signed_at_{};           // no head is of an earlier second
  Buffer head_;
  Time head_time_{};
};

}  // namespace waybill::kdc
