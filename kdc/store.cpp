#include "kdc/store.h"

#include <algorithm>

#include "kdc/init.h"
#include "kdc/store_keys.h"
#include "kdc/store_migration.h"
#include "ticket/wire/hex.h"

namespace waybill::kdc {
namespace {

// A key as a person can read it: text when it is one, hex otherwise.
std::string readable(Bytes key) {
  const std::string_view text = text_of(key);
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  return plain ? std::string(text) : to_hex(key);
}

Env::Options env_options(const Store::Options& options) {
  Env::Options out;
  out.map_bytes = options.map_bytes;
  out.most_bytes = options.most_bytes;
  out.synced = options.synced;
  out.read_only = options.read_only;
  return out;
}

GuardedTable open_table(Env& env, std::string_view name) { return {env.open_table(name), name}; }

// Who may not write cannot make the table that an earlier version did not have.
template <class Open>
auto open_or_say(bool read_only, const Open& open) {
  try {
    return open();
  } catch (const StoreError& error) {
    if (!read_only) throw;
    throw StoreUnusable(std::string(error.what()) +
                        ": the store is empty or of an earlier version, which `waybill-kdc serve` "
                        "brings up to date");
  }
}

[[noreturn]] void refuse_format(std::uint64_t found) {
  const std::string sentence = "the store has format " + std::to_string(found) +
                               " and this program knows " + std::to_string(Store::format);
  if (found > Store::format) {
    throw StoreUnusable(sentence +
                        ": a newer waybill-kdc wrote it; use that one, or restore a backup from "
                        "before it");
  }
  throw StoreUnusable(sentence + (can_migrate(found)
                                      ? ": start `waybill-kdc serve`, which brings it up to date"
                                      : ": only the version that wrote it reads it"));
}

// Its MAC says whether the master key is this store's. Nothing: the store is new.
std::optional<std::uint64_t> stored_format(const Env& env, const GuardedTable& table,
                                           const RecordGuard& guard) {
  const ReadTxn txn(env);
  const Bytes key = bytes_of(meta::format);
  const auto stored = txn.get(table.table, key);
  if (!stored) return std::nullopt;
  const auto value = guard.check(table.name, key, *stored);
  if (!value) {
    throw StoreUnusable(
        "the master key is not the one that this store was made with: put back the "
        "master.key that belongs to it");
  }
  Reader in(*value, 16);
  const std::uint64_t found = in.uint();
  if (!in.finish()) throw RecordDamaged(table.name, key);
  return found;
}

void write_format(Env& env, const GuardedTable& table, const RecordGuard& guard) {
  const Bytes key = bytes_of(meta::format);
  WriteTxn txn(env);
  if (txn.count(table.table) != 0) throw RecordDamaged(table.name, key);
  const Buffer value = Writer().uint(Store::format).take();
  txn.put(table.table, key, guard.protect(table.name, key, value));
  std::move(txn).commit();
}

// Looked at before any table is made, since a store that is refused must stay as it is.
void check_format(Env& env, const RecordGuard& guard, const Store::Options& options) {
  const bool read_only = options.read_only;
  const GuardedTable table = open_or_say(read_only, [&] { return open_table(env, "meta"); });
  const auto found = stored_format(env, table, guard);
  if (!found && read_only) throw StoreUnusable("the store is empty: make a realm with `init`");
  if (!found) return write_format(env, table, guard);
  const bool is_taken_over = options.takes_over && !read_only && can_migrate(*found);
  if (*found != Store::format && !is_taken_over) refuse_format(*found);
}

StoreTables open_tables(Env& env, const RecordGuard& guard, const Store::Options& options) {
  check_format(env, guard, options);
  return open_or_say(options.read_only, [&] { return StoreTables(env); });
}

}  // namespace

RecordDamaged::RecordDamaged(std::string_view table, Bytes key)
    : std::runtime_error("the record " + readable(key) + " in the table " + std::string(table) +
                         " was not written by this KDC or is damaged: run `waybill-kdc store "
                         "check` and restore a backup") {}

StoreTables::StoreTables(Env& env)
    : meta(open_table(env, "meta")),
      secrets(open_table(env, "secrets")),
      principals(open_table(env, "principals")),
      queues(open_table(env, "queues")),
      grants(open_table(env, "grants")),
      grant_ids(open_table(env, "grant_ids")),
      revocations(open_table(env, "revocations")),
      feed(open_table(env, "feed")),
      feed_ends(open_table(env, "feed_ends")),
      tickets(open_table(env, "tickets")),
      by_subject(open_table(env, "by_subject")),
      by_audience(open_table(env, "by_audience")),
      by_workflow(open_table(env, "by_workflow")),
      by_end(open_table(env, "by_end")),
      locations(open_table(env, "locations")),
      audit(open_table(env, "audit")),
      checkpoints(open_table(env, "checkpoints")),
      verdict_logs(open_table(env, "verdict_logs")),
      audit_index(open_table(env, "audit_index")) {}

std::vector<GuardedTable> StoreTables::all() const {
  return {meta,        secrets, principals, queues,  grants,      grant_ids,
          revocations, feed,    feed_ends,  tickets, by_subject,  by_audience,
          by_workflow, by_end,  locations,  audit,   checkpoints, verdict_logs};
}

Store::Store(const std::filesystem::path& folder, MasterKey master, const Options& options)
    : env_(folder, env_options(options)),
      guard_(std::move(master)),
      tables_(open_tables(env_, guard_, options)) {
  if (!options.read_only) env_.make_room();
}

bool Store::opens_with(const std::filesystem::path& folder, MasterKey master) {
  Options options;
  options.read_only = true;
  Env env(folder, env_options(options));
  const GuardedTable table = open_or_say(true, [&] { return open_table(env, "meta"); });
  const ReadTxn txn(env);
  const Bytes key = bytes_of(meta::format);
  const auto stored = txn.get(table.table, key);
  if (!stored) throw StoreUnusable("the store is empty: make a realm with `init`");
  return bool(RecordGuard(std::move(master)).check(table.name, key, *stored));
}

Store::CheckReport Store::check(std::size_t most) const {
  CheckReport report;
  const ReadTxn txn(env_);
  for (const GuardedTable& table : tables_.all()) {
    visit_from(txn, table.table, {}, [&](const Cursor::Entry& entry) {
      ++report.records;
      if (!guard_.check(table.name, entry.key, entry.value) && report.damaged.size() < most) {
        report.damaged.push_back(std::string(table.name) + " " + readable(entry.key));
      }
      return true;
    });
  }
  return report;
}

std::optional<Buffer> StoreView::get(const GuardedTable& table, Bytes key) const {
  const auto stored = txn_.get(table.table, key);
  if (!stored) return std::nullopt;
  return copy_of(checked(store_, table, key, *stored));
}

void StoreChange::put(const GuardedTable& table, Bytes key, Bytes value) {
  wrote_ = true;
  write_.put(table.table, key, store().guard().protect(table.name, key, value));
}

void StoreChange::put_index_row(Bytes key) {
  wrote_ = true;
  write_.put(store().tables().audit_index.table, key, {});
}

bool StoreChange::erase(const GuardedTable& table, Bytes key) {
  wrote_ = true;
  return write_.erase(table.table, key);
}

std::optional<Buffer> StoreView::meta(std::string_view name) const {
  return get(store_.tables().meta, bytes_of(name));
}

void StoreChange::put_meta(std::string_view name, Bytes value) {
  put(store().tables().meta, bytes_of(name), value);
}

Result<SecretBuffer> StoreView::secret(std::string_view name) const {
  const auto wrapped = get(store_.tables().secrets, bytes_of(name));
  if (!wrapped) return Error{Errc::not_found, "secret"};
  return store_.guard().unwrap(name, *wrapped);
}

void StoreChange::put_secret(std::string_view name, Bytes secret) {
  put(store().tables().secrets, bytes_of(name), store().guard().wrap(name, secret));
}

void StoreChange::erase_secret(std::string_view name) {
  erase(store().tables().secrets, bytes_of(name));
}

}  // namespace waybill::kdc
