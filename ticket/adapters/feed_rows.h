#pragma once

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "ticket/adapters/lmdb.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/limits.h"
#include "ticket/wire/revocation.h"

/// What the tables of a FeedMirror hold (specs/storage.md, "The mirror of the feed"), and how rows
/// get into them.
namespace waybill::feed_rows {

inline StoreError damaged(const char* what) {
  return {std::string("the store cannot ") + what, EBADMSG};
}

// --- Rows, and how two about the same thing become one: what reaches further in each respect. ---

/// [ticket id → matters_until in 4 bytes]; there are millions of them.
struct Ended {
  TicketId id;
  std::uint32_t until;

  static constexpr std::uint32_t for_ever = std::numeric_limits<std::uint32_t>::max();

  static Ended of(const Revocation& entry) {
    const auto seconds = entry.matters_until.time_since_epoch().count();
    const bool fits = seconds >= 0 && seconds < for_ever;
    return {fixed<16>(bytes_of(entry.value)),
            fits ? static_cast<std::uint32_t>(seconds) : for_ever};
  }
  static std::uint32_t until_in(Bytes value) {
    if (value.size() != 4) throw damaged("read an entry of the feed");
    std::uint32_t until = 0;
    for (const std::uint8_t byte : value) until = until << 8 | byte;
    return until;
  }
  static bool matters_at(Bytes value, Time now) {
    const std::uint32_t until = until_in(value);
    return until == for_ever || Time{Seconds{until}} > now;
  }

  Bytes key() const { return id; }
  FixedBytes<4> value() const {
    const auto byte = [&](int shift) { return static_cast<std::uint8_t>(until >> shift); };
    return {byte(24), byte(16), byte(8), byte(0)};
  }
  void join(const Ended& other) { until = std::max(until, other.until); }
  /// False when that adds nothing to what is stored.
  bool join(Bytes stored) {
    const std::uint32_t known = until_in(stored);
    return until > known;
  }
};

/// [kind ‖ name → issued_until, matters_until].
struct Named {
  Buffer name;
  Time issued_until, matters_until;

  static Buffer key_of(RevokedBy kind, std::string_view value) {
    Buffer key{static_cast<std::uint8_t>(kind)};
    key.insert(key.end(), value.begin(), value.end());
    return key;
  }
  static Named of(const Revocation& entry) {
    return {key_of(entry.kind, entry.value), entry.issued_until, entry.matters_until};
  }
  static Named read(Bytes value) {
    Reader in(value, limits::max_message);
    in.array(2);
    const Time issued_until = in.time();
    const Time matters_until = in.time();
    if (!in.finish()) throw damaged("read an entry of the feed");
    return {{}, issued_until, matters_until};
  }

  Bytes key() const { return name; }
  Buffer value() const { return Writer().array(2).time(issued_until).time(matters_until).take(); }
  void join(const Named& other) {
    issued_until = std::max(issued_until, other.issued_until);
    matters_until = std::max(matters_until, other.matters_until);
  }
  bool join(Bytes stored) {
    const Named known = read(stored);
    join(known);
    return issued_until != known.issued_until || matters_until != known.matters_until;
  }
};

inline bool comes_before(Bytes a, Bytes b) { return std::ranges::lexicographical_compare(a, b); }

/// Rows on their way into a table, in the order of its keys: each page is touched once.
template <class Row>
class Rows {
 public:
  void add(Row row) { rows_.push_back(std::move(row)); }
  std::size_t size() const { return rows_.size(); }
  bool is_done() const { return done_ == rows_.size(); }
  void clear() {
    rows_.clear();
    done_ = 0;
  }

  void sort() {
    const auto before = [](const Row& a, const Row& b) { return comes_before(a.key(), b.key()); };
    std::ranges::sort(rows_, before);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (kept > 0 && equal(rows_[kept - 1].key(), rows_[i].key())) {
        rows_[kept - 1].join(rows_[i]);
      } else {
        if (kept != i) rows_[kept] = std::move(rows_[i]);
        ++kept;
      }
    }
    rows_.resize(kept);
  }

  /// Puts what there is room for.
  void put(WriteTxn& txn, Table table, std::size_t& room) {
    const Buffer last = last_key(txn, table);
    for (; room > 0 && !is_done(); ++done_, --room) {
      Row& row = rows_[done_];
      if (comes_before(last, row.key())) {
        txn.append(table, row.key(), row.value());
      } else if (!txn.put_new(table, row.key(), row.value()) &&
                 row.join(txn.get(table, row.key()).value())) {
        txn.put(table, row.key(), row.value());
      }
    }
  }

 private:
  static Buffer last_key(const Txn& txn, Table table) {
    const auto last = Cursor(txn, table).last();
    return last ? copy_of(last->key) : Buffer{};
  }

  std::vector<Row> rows_;
  std::size_t done_ = 0;
};

// Of the tables in the order of a sweep.
inline bool matters_at(std::size_t table, Bytes value, Time now) {
  return table == 2 ? Named::read(value).matters_until > now : Ended::matters_at(value, now);
}

}  // namespace waybill::feed_rows
