#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ticket/adapters/lmdb.h"
#include "ticket/records.h"
#include "trigger/engine.h"
#include "trigger/run_record.h"

namespace waybill::trigger {

/// A record that our key did not make: somebody changed the store, or the disk did.
class StoreDamaged : public std::runtime_error {
 public:
  explicit StoreDamaged(std::string_view table);
};

/// A table whose every value carries its MAC over table, key and value.
class GuardedTable {
 public:
  GuardedTable(Env& env, std::string name, const RecordGuard& guard);

  /// Inside its transaction only. Throws StoreDamaged.
  std::optional<Bytes> get(const Txn& txn, Bytes key) const;
  void put(WriteTxn& txn, Bytes key, Bytes value) const;
  void erase(WriteTxn& txn, Bytes key) const { txn.erase(table_, key); }
  std::uint64_t count(const Txn& txn) const { return txn.count(table_); }
  /// Keys from `from` upwards, as long as `visit` answers true. Values must be empty (an index).
  void visit_keys(const Txn& txn, Bytes from, const std::function<bool(Bytes key)>& visit) const;

  /// For large values: the MAC is made before the writer's turn.
  Buffer protect(Bytes key, Bytes value) const { return guard_.protect(name_, key, value); }
  void put_protected(WriteTxn& txn, Bytes key, Bytes value) const { txn.put(table_, key, value); }

 private:
  const std::string name_;
  const RecordGuard& guard_;
  const Table table_;
};

/// The whole seconds of `now` first, so that new keys stand at the end of their table.
RunId make_run_id(Time now);

/// The tables of an engine (specs/storage.md, "The trigger's store") and the one rule
/// that holds them together: which indexes a run stands in follows from its record alone.
class EngineTables {
 public:
  static constexpr std::uint64_t format_version = 3;

  /// Makes them when they are missing. A store of format 1 or 2 is taken over: its records are read
  /// as they are, and programs that know no other format refuse it from then on. Throws
  /// StoreDamaged when the store was made with another key, and std::runtime_error when it is of a
  /// newer version or of another service.
  EngineTables(Env& env, const RecordGuard& guard, const Principal& service);

  std::optional<RunRecord> run(const Txn& txn, const RunId& id) const;
  std::optional<RunId> run_of_workflow(const Txn& txn, std::string_view workflow_id) const;
  std::optional<RunId> run_of_ticket(const Txn& txn, const TicketId& ticket) const;
  Authority authority(const Txn& txn, const RunId& id) const;

  /// As what new work comes in.
  struct Admission {
    RunId id;
    Time now;
    std::size_t max_open;  ///< pieces of work that may not have ended, with this one
  };
  /// New work as queued, with its authority and its input (inputs.protect() under the id); a ticket
  /// that is known gives the work that it has. Errors: already_exists (the workflow id), busy
  /// (`max_open` pieces of work have not ended).
  Result<Run> admit(WriteTxn& txn, const NewRun& work, Bytes protected_input,
                    const Admission& admission) const;
  /// As Engine has them. A result is bound to `run_chain`; work that completed has one.
  std::optional<Run> find(const Txn& txn, const TicketId& ticket, const Digest& submission) const;
  Result<Buffer> result(const Txn& txn, const RunId& id,
                        const std::optional<std::string>& run_chain) const;
  std::optional<Buffer> evidence(const Txn& txn, std::string_view workflow_id) const;
  /// Without a run chain there is no result yet.
  Result<Buffer> open(const Txn& txn, const RunId& id, const std::optional<std::string>& run_chain,
                      const SealedPayload& sealed) const;
  std::vector<EndedWork> unreported(const Txn& txn, const std::optional<RunId>& after,
                                    std::size_t most) const;
  void reported(WriteTxn& txn, const std::vector<RunId>& ids) const;

  /// Stores a record and moves its index entries; `before` is what is stored now.
  void put(WriteTxn& txn, const std::optional<RunRecord>& before, const RunRecord& after) const;
  void put_authority(WriteTxn& txn, const Run& run, const Authority& authority) const;
  /// Whether that entry of that index is this record's.
  bool stands_in(const RunRecord& record, const GuardedTable& index, Bytes key) const;
  /// Of this store; not whether it fails.
  Engine::Counts counts(const Txn& txn) const;
  /// Writes what is there already: whether the store takes anything.
  void touch(WriteTxn& txn) const;
  /// Everything of a run.
  void erase(WriteTxn& txn, const RunRecord& record) const;

  /// Key of an index that is ordered by time: seconds (u64 BE), run id.
  static Buffer time_key(Time time, const RunId& id);
  static Time time_in(Bytes key);
  static RunId run_in(Bytes key) { return fixed<16>(key.last(16)); }
  /// Key of `ready`: queue, 0, time key.
  static Buffer ready_prefix(std::string_view queue);
  static Buffer ready_key(std::string_view queue, Time time, const RunId& id);

  const GuardedTable meta, runs, authorities, inputs, results, by_workflow, by_ticket;
  const GuardedTable ready;      // queued: may be handed out from that time on
  const GuardedTable leases;     // running: lease ends at that time
  const GuardedTable deadlines;  // not ended: given up from that time on
  const GuardedTable ended;      // ended at that time: forgotten some days later
  const GuardedTable outbox;     // ended, not reported to the KDC; by run id

 private:
  const RecordGuard& guard_;
  struct Entry {
    const GuardedTable* table;
    Buffer key;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  SessionKey session_of(const Authority& authority, const RunRecord& record) const;
  std::vector<Entry> entries_of(const RunRecord& record) const;
  void check_meta(Env& env, const Principal& service) const;
  void put_meta(WriteTxn& txn, const Principal& service) const;
};

}  // namespace waybill::trigger
