// Letting go of the old end of the feed (specs/storage.md, "Compaction").
#include "kdc/init.h"
#include "kdc/store_keys.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// Of a small segment's entries. More of them, and it waits until they matter no more: to carry them
// on costs the feed and every follower an entry each, and gains no more than the segment.
constexpr std::size_t most_carried = limits::small_segment / 8;

/// A small segment that can go, and what of it must stand again before it does.
struct LightSegment {
  FeedPosition end;
  std::vector<Revocation> left;
};

// That a row is the newest for its kind and value, and matters.
std::optional<Revocation> still_matters(const StoreView& view, const FeedRow& row, Time now) {
  const auto entry = Revocation::decode(row.entry);
  if (!entry) throw RecordDamaged("feed", Key().number(row.sequence));
  auto standing = view.standing(entry->kind, entry->value);
  if (!standing || standing->sequence != row.sequence) return std::nullopt;
  if (standing->entry.matters_until <= now) return std::nullopt;
  return std::move(standing->entry);
}

// The one after the base, when it is full and light enough.
std::optional<LightSegment> light_segment(const StoreView& view, Time now) {
  const auto rows = view.feed_after(view.feed_base().position.sequence, limits::small_segment);
  if (rows.size() < limits::small_segment) return std::nullopt;
  LightSegment out{rows.back().position(), {}};
  for (const FeedRow& row : rows) {
    auto entry = still_matters(view, row, now);
    if (!entry) continue;
    if (out.left.size() == most_carried) return std::nullopt;
    out.left.push_back(*std::move(entry));
  }
  return out;
}

// Rows below it are not needed: a large segment that the base is inside of is published whole, and
// begins with the link of the row before it.
std::uint64_t first_needed_row(const StoreView& view) {
  const std::uint64_t base = view.feed_base().position.sequence;
  return base - base % limits::large_segment;
}

}  // namespace

bool StoreView::can_compact_feed(Time now) const { return light_segment(*this, now).has_value(); }

StoreChange::Compacted StoreChange::compact_feed(Time now, std::size_t most) {
  Compacted done;
  for (; done.segments < most; ++done.segments) {
    auto segment = light_segment(*this, now);
    if (!segment) break;
    for (Revocation& entry : segment->left) {
      entry.time = now;
      revoke(std::move(entry));
      ++done.carried;
    }
    const Time raised = std::max(now, feed_base().raised);
    const FeedPosition& end = segment->end;
    put_meta(meta::feed_base,
             Writer().array(3).uint(end.sequence).bin(end.link).time(raised).take());
  }
  return done;
}

bool StoreView::has_old_feed_rows() const {
  Cursor cursor(txn_, store_.tables().feed.table);
  const auto first = cursor.first();
  return first && number_in(first->key) < first_needed_row(*this);
}

std::size_t StoreChange::sweep_feed(std::size_t at_most) {
  if (!has_old_feed_rows()) return 0;
  wrote_ = true;
  return write_.erase_below(store().tables().feed.table, Key().number(first_needed_row(*this)),
                            at_most);
}

}  // namespace waybill::kdc
