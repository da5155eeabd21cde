// Revocations: the list in force, and the feed that carries them to offline verifiers.
#include "kdc/store_keys.h"
#include "ticket/limits.h"

namespace waybill::kdc {
namespace {

/// A row of the feed: the entry as it goes on the wire, and the link after it.
struct FeedRow {
  Buffer entry;
  Digest link;

  Buffer encode() const { return Writer().array(2).bin(entry).bin(link).take(); }
  static Result<FeedRow> decode(Bytes wire) {
    Reader in(wire, limits::max_message);
    in.array(2);
    const Bytes entry = in.bin(limits::max_caveat);
    const Digest link = in.bin<32>();
    CHECK_OK(in.finish());
    return FeedRow{copy_of(entry), link};
  }
};

Key list_key(RevokedBy kind, std::string_view value) {
  return Key().byte(static_cast<std::uint8_t>(kind)).text(value);
}

FeedRow row_of(const Store& store, const Cursor::Entry& entry) {
  const GuardedTable& table = store.tables().feed;
  return decoded<FeedRow>(table, entry.key, checked(store, table, entry.key, entry.value));
}

}  // namespace

std::optional<Revocation> StoreView::revocation(RevokedBy kind, std::string_view value) const {
  return find<Revocation>(*this, store_.tables().revocations, list_key(kind, value));
}

bool StoreView::revoked(const Body& body) const {
  return is_revoked(body, [&](RevokedBy kind, const std::string& value) -> std::optional<Time> {
    const auto entry = revocation(kind, value);
    if (!entry) return std::nullopt;
    return entry->issued_until;
  });
}

FeedPosition StoreView::feed_position() const {
  Cursor cursor(txn_, store_.tables().feed.table);
  const auto last = cursor.last();
  if (!last) return {};
  return {number_in(last->key), row_of(store_, *last).link};
}

std::vector<Buffer> StoreView::feed_after(std::uint64_t sequence, std::size_t most,
                                          std::size_t most_bytes) const {
  std::vector<Buffer> entries;
  std::size_t bytes = 0;
  if (most == 0 || sequence == UINT64_MAX) return entries;
  const GuardedTable& table = store_.tables().feed;
  visit_from(txn_, table.table, Key().number(sequence + 1), [&](const Cursor::Entry& entry) {
    entries.push_back(row_of(store_, entry).entry);
    bytes += entries.back().size();
    return entries.size() < most && bytes < most_bytes;
  });
  return entries;
}

std::uint64_t StoreChange::revoke(Revocation entry) {
  const FeedPosition before = feed_position();
  entry.sequence = before.sequence + 1;
  FeedRow row{entry.encode(), {}};
  row.link = next_link(before.link, row.entry);
  put(store().tables().feed, Key().number(entry.sequence), row.encode());

  const Key key = list_key(entry.kind, entry.value);
  const auto old = revocation(entry.kind, entry.value);
  const bool reaches_further = !old || entry.issued_until >= old->issued_until;
  if (reaches_further) {
    if (old) entry.matters_until = std::max(entry.matters_until, old->matters_until);
    put(store().tables().revocations, key, entry.encode());
    put(store().tables().feed_ends, Key().time(entry.matters_until).number(entry.sequence), key);
  }
  return entry.sequence;
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
    const auto key = get(ends, end);
    const auto entry = find<Revocation>(*this, store().tables().revocations, key.value());
    if (entry && entry->matters_until <= now) erase(store().tables().revocations, *key);
    erase(ends, end);
  }
  return over.size();
}

}  // namespace waybill::kdc
