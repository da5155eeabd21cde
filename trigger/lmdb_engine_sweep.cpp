// What time does to work: leases that run out, tickets that end, ended work that is forgotten.
#include "trigger/lmdb_engine.h"

namespace waybill::trigger {
namespace {

constexpr std::size_t most_at_once = 256;  // so that the writer's turn stays short

}  // namespace

void LmdbEngine::sweep() {
  const Time now = clock_.now();
  const Trouble silent{Errc::lease_lost, "the worker was not heard of any more"};
  const Trouble late{Errc::ticket_expired, "nobody did it in time"};
  if (writer_.counts().is_failing) writer_.run([&](WriteTxn& txn) { tables_.touch(txn); });

  // The lease's last second is exclusive. The back-off counts from the end of the lease, however
  // late we look.
  sweep_index(tables_.leases, now, [&](WriteTxn& txn, const RunRecord& before) {
    RunRecord after = before;
    try_again_or_bury(after, silent, before.lease_until);
    store(txn, before, after);
  });
  // What a worker holds at its last moment ends with its lease, or with what the worker says.
  sweep_index(tables_.deadlines, now, [&](WriteTxn& txn, const RunRecord& before) {
    if (before.run.status != Status::queued) return;
    RunRecord after = before;
    end(after, Status::dead, late, now);
    store(txn, before, after);
  });
  sweep_index(tables_.ended, now - options_.keep_ended,
              [&](WriteTxn& txn, const RunRecord& record) { tables_.erase(txn, record); });
}

// Of an index that is ordered by time: keys up to `until`, inclusive, from `from` upwards.
std::vector<Buffer> LmdbEngine::keys_until(const GuardedTable& index, Bytes from,
                                           Time until) const {
  std::vector<Buffer> keys;
  const ReadTxn txn(env_);  // the common case costs no write
  index.visit_keys(txn, from, [&](Bytes key) {
    if (EngineTables::time_in(key) > until) return false;
    keys.push_back(copy_of(key));
    return keys.size() < most_at_once;
  });
  return keys;
}

void LmdbEngine::sweep_index(const GuardedTable& index, Time until, const SweepOne& one) {
  Buffer from;
  std::vector<Buffer> keys;
  do {
    keys = keys_until(index, from, until);
    if (keys.empty()) return;
    writer_.run([&](WriteTxn& txn) {
      for (const Buffer& key : keys) {
        const auto record = tables_.run(txn, EngineTables::run_in(key));
        // It may have moved since it was read; then its turn comes at another time.
        if (record && tables_.stands_in(*record, index, key)) one(txn, *record);
      }
    });
    from = keys.back();
    from.push_back(0);  // the next key after it
  } while (keys.size() == most_at_once);
}

}  // namespace waybill::trigger
