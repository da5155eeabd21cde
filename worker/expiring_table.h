#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ticket/adapters/lmdb.h"
#include "ticket/records.h"
#include "ticket/wire/clock.h"

namespace waybill::worker {

/// Records that matter until a certain second: a table `NAME` of [until, value (bin)], each under a
/// MAC, and a table `NAME_by_end` that orders their keys by that second, so that sweeping reads
/// only what is over (specs/storage.md). Methods throw StoreError, also for a record whose MAC is
/// wrong: nothing is decided on a changed record.
class ExpiringTable {
 public:
  struct Row {
    Time until;
    Buffer value;
  };
  static constexpr std::size_t max_key = 256;

  /// `guard` must outlive it.
  ExpiringTable(Env& env, const RecordGuard& guard, std::string_view name);

  std::optional<Row> get(const Txn& txn, Bytes key) const;
  bool has(const Txn& txn, Bytes key) const { return get(txn, key).has_value(); }
  void put(WriteTxn& txn, Bytes key, const Row& row) const;
  /// Erases what was over at `now`, oldest first, `at_most` records; returns how many.
  std::size_t sweep(WriteTxn& txn, Time now, std::size_t at_most) const;
  std::uint64_t count(const Txn& txn) const { return txn.count(rows_); }

 private:
  const RecordGuard& guard_;
  const std::string name_;
  Table rows_;
  Table by_end_;
};

}  // namespace waybill::worker
