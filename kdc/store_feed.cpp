// Revocations: what stands, and the feed that carries it to offline verifiers.
#include "kdc/init.h"
#include "kdc/store_keys.h"
#include "ticket/exchange/revoked.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

Buffer encode_row(Bytes entry, const Digest& link) {
  return Writer().array(2).bin(entry).bin(link).take();
}

FeedRow row_of(const StoreView& view, Bytes key, Bytes stored) {
  const GuardedTable& table = view.store().tables().feed;
  Reader in(checked(view.store(), table, key, stored), limits::max_message);
  in.array(2);
  const Bytes entry = in.bin(limits::max_caveat);
  const Digest link = in.bin<32>();
  if (!in.finish()) throw RecordDamaged(table.name, key);
  return {number_in(key), copy_of(entry), link};
}

Key standing_key(RevokedBy kind, std::string_view value) {
  return Key().byte(static_cast<std::uint8_t>(kind)).text(value);
}

// One for each that stands.
Key end_key(const Standing& standing) {
  return Key().time(standing.entry.matters_until).number(standing.sequence);
}

}  // namespace

Time FeedRow::time() const {
  const auto decoded = Revocation::decode(entry);
  if (!decoded) throw RecordDamaged("feed", Key().number(sequence));
  return decoded->time;
}

Buffer Standing::encode() const {
  return Writer().array(2).uint(sequence).bin(entry.encode()).take();
}

Result<Standing> Standing::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(2);
  const std::uint64_t sequence = in.uint();
  const Bytes bytes = in.bin(limits::max_caveat);
  CHECK_OK(in.finish());
  TRY(entry, Revocation::decode(bytes));
  return Standing{sequence, std::move(entry)};
}

std::optional<Standing> StoreView::standing(RevokedBy kind, std::string_view value) const {
  return find<Standing>(*this, store_.tables().revocations, standing_key(kind, value));
}

void StoreView::each_standing(const std::function<bool(const Standing&)>& visit) const {
  const GuardedTable& table = store_.tables().revocations;
  visit_from(txn_, table.table, {}, [&](const Cursor::Entry& entry) {
    return visit(
        decoded<Standing>(table, entry.key, checked(store_, table, entry.key, entry.value)));
  });
}

std::optional<Revocation> StoreView::revocation(RevokedBy kind, std::string_view value) const {
  auto found = standing(kind, value);
  if (!found) return std::nullopt;
  return std::move(found->entry);
}

bool StoreView::revoked(const Body& body) const {
  return is_revoked(body, [&](RevokedBy kind, const std::string& value) -> std::optional<Time> {
    const auto entry = revocation(kind, value);
    if (!entry) return std::nullopt;
    return entry->issued_until;
  });
}

std::optional<FeedRow> StoreView::last_feed_row() const {
  Cursor cursor(txn_, store_.tables().feed.table);
  const auto last = cursor.last();
  if (!last) return std::nullopt;
  return row_of(*this, last->key, last->value);
}

FeedPosition StoreView::feed_position() const {
  const auto last = last_feed_row();
  return last ? last->position() : FeedPosition{};
}

FeedPosition StoreView::feed_position(std::uint64_t sequence) const {
  if (sequence == 0) return {};
  const Key key = Key().number(sequence);
  const auto stored = txn_.get(store_.tables().feed.table, key);
  if (!stored) throw RecordDamaged(store_.tables().feed.name, key);
  return row_of(*this, key, *stored).position();
}

FeedBase StoreView::feed_base() const {
  const auto value = meta(meta::feed_base);
  if (!value) return {};
  Reader in(*value, limits::max_caveat);
  in.array(3);
  const std::uint64_t sequence = in.uint();
  const Digest link = in.bin<32>();
  const Time raised = in.time();
  if (!in.finish()) throw RecordDamaged("meta", bytes_of(meta::feed_base));
  return {{sequence, link}, raised};
}

std::vector<FeedRow> StoreView::feed_after(std::uint64_t sequence, std::size_t most) const {
  std::vector<FeedRow> rows;
  if (most == 0 || sequence == UINT64_MAX) return rows;
  const GuardedTable& table = store_.tables().feed;
  visit_from(txn_, table.table, Key().number(sequence + 1), [&](const Cursor::Entry& entry) {
    rows.push_back(row_of(*this, entry.key, entry.value));
    return rows.size() < most;
  });
  return rows;
}

std::uint64_t StoreChange::revoke(Revocation entry) {
  const StoreTables& tables = store().tables();
  const Key key = standing_key(entry.kind, entry.value);
  if (const auto old = standing(entry.kind, entry.value)) {
    entry.issued_until = std::max(entry.issued_until, old->entry.issued_until);
    entry.matters_until = std::max(entry.matters_until, old->entry.matters_until);
    erase(tables.feed_ends, end_key(*old));
  }
  FeedPosition before;
  if (const auto last = last_feed_row()) {
    before = last->position();
    entry.time = std::max(entry.time, last->time());
  }
  const Buffer bytes = entry.encode();
  const Standing standing{before.sequence + 1, std::move(entry)};
  put(tables.feed, Key().number(standing.sequence),
      encode_row(bytes, next_link(before.link, bytes)));
  put(tables.revocations, key, standing.encode());
  put(tables.feed_ends, end_key(standing), key);
  moved_feed_ = true;
  return standing.sequence;
}

std::size_t StoreChange::sweep_revocations(Time now, std::size_t at_most) {
  const GuardedTable& ends = store().tables().feed_ends;
  std::vector<Buffer> over;
  visit_from(txn(), ends.table, {}, [&](const Cursor::Entry& entry) {
    if (number_in(entry.key) >= number_in(Key().time(now))) return false;
    over.push_back(copy_of(entry.key));
    return over.size() < at_most;
  });
  for (const Buffer& end : over) {
    const Buffer key = get(ends, end).value();
    if (!erase(store().tables().revocations, key)) throw RecordDamaged(ends.name, end);
    erase(ends, end);
  }
  return over.size();
}

}  // namespace waybill::kdc
