#include "trigger/engine_tables.h"

#include <algorithm>

#include "ticket/wire/limits.h"

namespace waybill::trigger {
namespace {

constexpr std::string_view meta_key = "store";
constexpr std::uint64_t oldest_format = 1;  // whose records can be read

template <class T>
T believed(Result<T> decoded, std::string_view table) {
  if (!decoded) throw StoreDamaged(table);
  return *std::move(decoded);
}

void append_time(Buffer& out, Time time) {
  const auto seconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(seconds >> static_cast<unsigned>(shift)));
  }
}

}  // namespace

StoreDamaged::StoreDamaged(std::string_view table)
    : std::runtime_error("a record of table " + std::string(table) +
                         " was not written with this store.key: the store was changed, or it "
                         "belongs to another key") {}

GuardedTable::GuardedTable(Env& env, std::string name, const RecordGuard& guard)
    : name_(std::move(name)), guard_(guard), table_(env.open_table(name_)) {}

std::optional<Bytes> GuardedTable::get(const Txn& txn, Bytes key) const {
  const auto stored = txn.get(table_, key);
  if (!stored) return std::nullopt;
  return believed(guard_.check(name_, key, *stored), name_);
}

void GuardedTable::put(WriteTxn& txn, Bytes key, Bytes value) const {
  txn.put(table_, key, guard_.protect(name_, key, value));
}

void GuardedTable::visit_keys(const Txn& txn, Bytes from,
                              const std::function<bool(Bytes key)>& visit) const {
  visit_from(txn, table_, from, [&](const Cursor::Entry& entry) {
    const Bytes value = believed(guard_.check(name_, entry.key, entry.value), name_);
    if (!value.empty()) throw StoreDamaged(name_);
    return visit(entry.key);
  });
}

EngineTables::EngineTables(Env& env, const RecordGuard& guard, const Principal& service)
    : meta(env, "meta", guard),
      runs(env, "runs", guard),
      authorities(env, "authorities", guard),
      inputs(env, "inputs", guard),
      results(env, "results", guard),
      by_workflow(env, "by_workflow", guard),
      by_ticket(env, "by_ticket", guard),
      ready(env, "ready", guard),
      leases(env, "leases", guard),
      deadlines(env, "deadlines", guard),
      ended(env, "ended", guard),
      outbox(env, "outbox", guard),
      guard_(guard) {
  check_meta(env, service);
}

void EngineTables::check_meta(Env& env, const Principal& service) const {
  WriteTxn txn(env);
  const auto stored = meta.get(txn, bytes_of(meta_key));
  if (!stored) {
    put_meta(txn, service);
    return std::move(txn).commit();
  }
  Reader in(*stored, limits::max_message);
  in.array(2);
  const std::uint64_t version = in.uint();
  const auto owner = in.principal();
  if (!in.finish()) throw StoreDamaged("meta");
  if (version < oldest_format || version > format_version) {
    throw std::runtime_error("the store has format " + std::to_string(version) +
                             " and this program knows format " + std::to_string(format_version) +
                             "; use the program that wrote it");
  }
  if (*owner != service) {
    throw std::runtime_error("the store belongs to " + owner->text() + ", not to " +
                             service.text() + "; give each trigger a folder of its own");
  }
  if (version == format_version) return;
  put_meta(txn, service);
  std::move(txn).commit();
}

void EngineTables::put_meta(WriteTxn& txn, const Principal& service) const {
  meta.put(txn, bytes_of(meta_key),
           Writer().array(2).uint(format_version).str(service.text()).take());
}

Engine::Counts EngineTables::counts(const Txn& txn) const {
  return {deadlines.count(txn), ended.count(txn), outbox.count(txn), leases.count(txn)};
}

void EngineTables::touch(WriteTxn& txn) const {
  const auto stored = meta.get(txn, bytes_of(meta_key));
  if (!stored) throw StoreDamaged("meta");
  const Buffer same = copy_of(*stored);
  meta.put(txn, bytes_of(meta_key), same);
}

std::optional<RunRecord> EngineTables::run(const Txn& txn, const RunId& id) const {
  const auto stored = runs.get(txn, id);
  if (!stored) return std::nullopt;
  return believed(RunRecord::decode(*stored), "runs");
}

std::optional<RunId> EngineTables::run_of_workflow(const Txn& txn,
                                                   std::string_view workflow_id) const {
  const auto stored = by_workflow.get(txn, bytes_of(workflow_id));
  return stored ? std::optional(fixed<16>(*stored)) : std::nullopt;
}

std::optional<RunId> EngineTables::run_of_ticket(const Txn& txn, const TicketId& ticket) const {
  const auto stored = by_ticket.get(txn, ticket);
  return stored ? std::optional(fixed<16>(*stored)) : std::nullopt;
}

Authority EngineTables::authority(const Txn& txn, const RunId& id) const {
  const auto stored = authorities.get(txn, id);
  if (!stored) throw StoreDamaged("authorities");
  return believed(Authority::decode(*stored), "authorities");
}

std::vector<EngineTables::Entry> EngineTables::entries_of(const RunRecord& record) const {
  const Run& run = record.run;
  std::vector<Entry> out;
  if (run.status == Status::queued) {
    out.push_back({&ready, ready_key(run.queue, record.due_at, run.id)});
  }
  if (run.status == Status::running) {
    out.push_back({&leases, time_key(record.lease_until, run.id)});
  }
  if (has_ended(run.status)) {
    out.push_back({&ended, time_key(run.ended_at.value_or(Time{}), run.id)});
  } else {
    out.push_back({&deadlines, time_key(last_moment(run), run.id)});
  }
  return out;
}

void EngineTables::put(WriteTxn& txn, const std::optional<RunRecord>& before,
                       const RunRecord& after) const {
  const std::vector<Entry> wanted = entries_of(after);
  const std::vector<Entry> present = before ? entries_of(*before) : std::vector<Entry>{};
  const auto is_in = [](const std::vector<Entry>& all, const Entry& one) {
    return std::ranges::find(all, one) != all.end();
  };
  for (const Entry& entry : present) {
    if (!is_in(wanted, entry)) entry.table->erase(txn, entry.key);
  }
  for (const Entry& entry : wanted) {
    if (!is_in(present, entry)) entry.table->put(txn, entry.key, {});
  }
  runs.put(txn, after.run.id, after.encode());
}

bool EngineTables::stands_in(const RunRecord& record, const GuardedTable& index, Bytes key) const {
  return std::ranges::any_of(entries_of(record), [&](const Entry& entry) {
    return entry.table == &index && equal(entry.key, key);
  });
}

void EngineTables::put_authority(WriteTxn& txn, const Run& run, const Authority& authority) const {
  authorities.put(txn, run.id, authority.encode());
  by_workflow.put(txn, bytes_of(run.workflow_id), run.id);
  by_ticket.put(txn, run.ticket, run.id);
}

void EngineTables::erase(WriteTxn& txn, const RunRecord& record) const {
  const Run& run = record.run;
  for (const Entry& entry : entries_of(record)) entry.table->erase(txn, entry.key);
  for (const GuardedTable* table : {&runs, &authorities, &inputs, &results}) {
    table->erase(txn, run.id);
  }
  by_workflow.erase(txn, bytes_of(run.workflow_id));
  by_ticket.erase(txn, run.ticket);
  outbox.erase(txn, run.id);
}

Buffer EngineTables::time_key(Time time, const RunId& id) {
  Buffer key;
  append_time(key, time);
  key.insert(key.end(), id.begin(), id.end());
  return key;
}

Time EngineTables::time_in(Bytes key) {
  std::uint64_t seconds = 0;
  for (const std::uint8_t byte : key.last(24).first(8)) seconds = seconds << 8U | byte;
  return Time{Seconds{static_cast<std::int64_t>(seconds)}};
}

Buffer EngineTables::ready_prefix(std::string_view queue) {
  Buffer key = copy_of(bytes_of(queue));
  key.push_back(0);  // no name holds it: "a" and "ab" never share a prefix
  return key;
}

Buffer EngineTables::ready_key(std::string_view queue, Time time, const RunId& id) {
  Buffer key = ready_prefix(queue);
  append_time(key, time);
  key.insert(key.end(), id.begin(), id.end());
  return key;
}

}  // namespace waybill::trigger
