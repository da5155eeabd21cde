#pragma once

#include <algorithm>
#include <string_view>

#include "kdc/store.h"

namespace waybill::kdc {

/// Keys of the store's tables (specs/storage.md). Numbers are eight bytes, big-endian, so that
/// LMDB's order of bytes is the order of numbers; a text that something follows ends with a zero
/// byte, which occurs in no name, so that no key is the beginning of another one's text.
class Key {
 public:
  Key& text(std::string_view text) { return bytes(bytes_of(text)); }
  Key& ended_text(std::string_view text) { return this->text(text).byte(0); }
  Key& byte(std::uint8_t byte) {
    bytes_.push_back(byte);
    return *this;
  }
  Key& number(std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) byte(static_cast<std::uint8_t>(value >> shift));
    return *this;
  }
  Key& time(Time time) {
    return number(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  }
  Key& bytes(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  operator Bytes() const { return bytes_; }

 private:
  Buffer bytes_;
};

/// The longest key that LMDB takes. Names that parsed are far below; a text from a stranger that is
/// longer is the key of nothing.
inline constexpr std::size_t max_key = 511;

/// The number at the start of a key.
inline std::uint64_t number_in(Bytes key) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8 && i < key.size(); ++i) value = value << 8U | key[i];
  return value;
}

/// A record's value; throws RecordDamaged when its MAC is wrong.
inline Bytes checked(const Store& store, const GuardedTable& table, Bytes key, Bytes stored) {
  const auto value = store.guard().check(table.name, key, stored);
  if (!value) throw RecordDamaged(table.name, key);
  return *value;
}

/// A record as the type that its table holds.
template <class Record>
Record decoded(const GuardedTable& table, Bytes key, Bytes value) {
  auto record = Record::decode(value);
  if (!record) throw RecordDamaged(table.name, key);
  return *std::move(record);
}

template <class Record>
std::optional<Record> find(const StoreView& view, const GuardedTable& table, Bytes key) {
  if (key.empty() || key.size() > max_key) return std::nullopt;
  const auto stored = view.txn().get(table.table, key);
  if (!stored) return std::nullopt;
  return decoded<Record>(table, key, checked(view.store(), table, key, *stored));
}

/// Records whose key is greater than `after` and begins with `prefix`, in order, `most` of them.
template <class Record>
std::vector<Record> list_after(const StoreView& view, const GuardedTable& table, Bytes after,
                               std::size_t most, Bytes prefix = {}) {
  std::vector<Record> rows;
  if (most == 0 || prefix.size() > max_key) return rows;
  const bool before_all = std::ranges::lexicographical_compare(after, prefix);
  const Bytes start = before_all ? prefix : after.first(std::min(after.size(), max_key));
  visit_from(view.txn(), table.table, start, [&](const Cursor::Entry& entry) {
    if (!after.empty() && equal(entry.key, after)) return true;
    const bool fits =
        entry.key.size() >= prefix.size() && equal(entry.key.first(prefix.size()), prefix);
    if (!fits) return false;
    rows.push_back(
        decoded<Record>(table, entry.key, checked(view.store(), table, entry.key, entry.value)));
    return rows.size() < most;
  });
  return rows;
}

}  // namespace waybill::kdc
