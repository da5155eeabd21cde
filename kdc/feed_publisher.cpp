#include "kdc/feed_publisher.h"

#include <algorithm>

#include "ticket/adapters/log.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

std::vector<Buffer> entries_of(std::vector<FeedRow> rows) {
  std::vector<Buffer> entries;
  entries.reserve(rows.size());
  for (FeedRow& row : rows) entries.push_back(std::move(row.entry));
  return entries;
}

// Exactly those of a segment.
std::vector<FeedRow> rows_of(const StoreView& view, const SegmentName& name) {
  std::vector<FeedRow> rows = view.feed_after(name.before(), name.end() - name.before());
  if (rows.empty() || rows.back().sequence != name.end() ||
      rows.size() != name.end() - name.before()) {
    throw RecordDamaged("feed", bytes_of(name.path()));
  }
  return rows;
}

Digest link_after(Digest link, const std::vector<Buffer>& entries) {
  for (const Buffer& entry : entries) link = next_link(link, entry);
  return link;
}

}  // namespace

FeedPublisher::FeedPublisher(std::filesystem::path folder, const Store& store, const Epochs& epochs,
                             const Clock& clock, Seconds interval)
    : folder_(std::move(folder)),
      store_(store),
      epochs_(epochs),
      clock_(clock),
      interval_(interval) {
  read_folder(store_.view());
  put_realm();
  head();
}

Buffer FeedPublisher::head() {
  const std::scoped_lock guard(lock_);
  // The clock before the view: whatever was committed before that second is in the view. The lock
  // before both: a head never covers less than one that was handed out.
  const Time now = clock_.now();
  const auto view = store_.view();
  const bool fresh = !head_.empty() && now < head_time_ + interval_;
  if (!fresh || view.feed_position() != covered_) publish(view, now);
  return head_;
}

Time FeedPublisher::published() const {
  const std::scoped_lock guard(lock_);
  return head_time_;
}

std::uint64_t FeedPublisher::signatures() const {
  const std::scoped_lock guard(lock_);
  return signatures_;
}

void FeedPublisher::publish(const StoreView& view, Time now) {
  const FeedBase base = view.feed_base();
  const auto last_row = view.last_feed_row();
  const FeedPosition last = last_row ? last_row->position() : FeedPosition{};
  const FeedWindow window(base.position.sequence, last.sequence);
  // Followers refuse a head that went back.
  signed_at_ = std::max({now, signed_at_, base.raised, last_row ? last_row->time() : Time{}});
  Buffer head = epochs_.sign_feed_head(
      {epochs_.realm(), base.position, last, signed_at_, signed_at_ + interval_});
  ++signatures_;
  write_segments(view, window, head);
  folder_.put_head(head);
  head_ = std::move(head);
  head_time_ = signed_at_;
  covered_ = last;
  written_ = last.sequence;
  if (window.keeps_the_same_as(cleaned_)) return;
  for (const SegmentName& name : folder_.segments()) {
    if (!window.keeps(name)) folder_.remove(name);
  }
  cleaned_ = window;
}

// One that is there is not written again: it was checked at the start, or written since.
void FeedPublisher::write_segments(const StoreView& view, const FeedWindow& window,
                                   const Buffer& head) {
  for (const SegmentName& name : window.full_after(written_)) {
    if (!folder_.has(name)) folder_.put(name, full_segment(view, name).encode());
  }
  const auto partial = window.partial();
  if (!partial || folder_.has(*partial)) return;
  const FeedSegment segment{partial->before(), entries_of(rows_of(view, *partial)), head};
  folder_.put(*partial, segment.encode());
}

// Always the same bytes for the same entries: its head is of the second of the last of them, and
// signed with that second's key.
FeedSegment FeedPublisher::full_segment(const StoreView& view, const SegmentName& name) const {
  std::vector<FeedRow> rows = rows_of(view, name);
  const Time time = rows.back().time();
  Buffer head = epochs_.sign_feed_head({epochs_.realm(), {}, rows.back().position(), time, time});
  return {name.before(), entries_of(std::move(rows)), std::move(head)};
}

// --- At the start. ------------------------------------------------------------------------------

void FeedPublisher::read_folder(const StoreView& view) {
  const FeedPosition last = view.feed_position();
  const FeedWindow window(view.feed_base().position.sequence, last.sequence);
  for (const SegmentName& name : folder_.segments()) {
    if (!window.keeps(name) || !is_sound(view, name)) folder_.remove(name);
  }
  const auto bytes = folder_.head();
  const auto head = bytes ? FeedHead::parse(*bytes, epochs_.document()) : Errc::not_found;
  if (!head) return;
  signed_at_ = std::max(signed_at_, head->time);
  if (head->last.sequence > last.sequence) {  // a store that was put back from a backup
    log_warning("feed_went_back", {{"was", head->last.sequence}, {"is", last.sequence}});
  }
}

// Whether a file holds just the entries of the store, under a head that followers believe.
bool FeedPublisher::is_sound(const StoreView& view, const SegmentName& name) {
  const auto bytes = folder_.segment(name);
  const auto segment = bytes ? FeedSegment::decode(*bytes) : Errc::not_found;
  if (!segment || segment->before != name.before()) return false;
  const auto head = FeedHead::parse(segment->head, epochs_.document());
  if (!head || head->last != view.feed_position(name.end())) return false;
  const Digest start = view.feed_position(name.before()).link;
  if (segment->entries.size() != name.end() - name.before() ||
      link_after(start, segment->entries) != head->last.link) {
    return false;
  }
  const auto newest = Revocation::decode(segment->entries.back());
  if (!newest) return false;
  if (name.width != 0) {
    signed_at_ = std::max(signed_at_, head->time);  // its own head may not have come so far
    return true;
  }
  return head->time == newest->time;
}

}  // namespace waybill::kdc
