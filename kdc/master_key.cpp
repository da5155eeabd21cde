#include "kdc/master_key.h"

#include "kdc/audit.h"
#include "kdc/epochs.h"
#include "kdc/high_water.h"
#include "kdc/master_place.h"
#include "kdc/store_check.h"
#include "ticket/adapters/files.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t step = 1000;  // records that are held in memory at a time

fs::path next_key(const Folder& folder) { return folder.path / "master.key.next"; }

MasterKey read_master(const fs::path& file) { return MasterKey(read_key_file(file)); }

struct Row {
  Buffer key;
  Buffer value;  // checked, without its MAC
};

// A few rows after `after`, read out first: the table must not change under a cursor.
std::vector<Row> rows_after(const Store& store, const Txn& txn, const GuardedTable& table,
                            Bytes after) {
  std::vector<Row> rows;
  visit_from(txn, table.table, after, [&](const Cursor::Entry& entry) {
    if (!after.empty() && equal(entry.key, after)) return true;
    const auto value = store.guard().check(table.name, entry.key, entry.value);
    if (!value) throw RecordDamaged(table.name, entry.key);
    rows.push_back({copy_of(entry.key), copy_of(*value)});
    return rows.size() < step;
  });
  return rows;
}

Buffer wrapped_anew(const Store& store, const RecordGuard& next, const Row& row) {
  const std::string_view name = text_of(row.key);
  const auto secret = store.guard().unwrap(name, row.value);
  if (!secret) throw RecordDamaged("secrets", row.key);
  return next.wrap(name, *secret);
}

void protect_anew(const Store& store, WriteTxn& txn, const GuardedTable& table,
                  const RecordGuard& next) {
  const bool is_secrets = table.name == store.tables().secrets.name;
  Buffer after;
  for (auto rows = rows_after(store, txn, table, after); !rows.empty();
       rows = rows_after(store, txn, table, after)) {
    for (const Row& row : rows) {
      const Buffer value = is_secrets ? wrapped_anew(store, next, row) : row.value;
      txn.put(table.table, row.key, next.protect(table.name, row.key, value));
    }
    after = rows.back().key;
  }
}

// The record of it goes under the new key with all others.
void change_store(const Folder& folder, const RecordGuard& next, Time now) {
  Store store(folder.store(), read_master(folder.master_key()));
  if (const auto fault = HighWater(folder.high_water(), store).fault(store.view())) {
    throw StoreUnusable(*fault + ": the master key of such a store is not changed");
  }
  const Epochs epochs(store);
  WriteTxn txn(store.env());
  {
    StoreChange change(store, txn);
    Audit::append(change, {"master.rotated", std::nullopt, {}}, now);
    Audit::checkpoint(change, epochs, now);
  }
  for (const GuardedTable& table : store.tables().all()) protect_anew(store, txn, table, next);
  std::move(txn).commit();
}

bool opens_with(const Folder& folder, MasterKey key) {
  try {  // the only way to ask whose store it is
    const Store store(folder.store(), std::move(key));
    return true;
  } catch (const StoreUnusable&) {
    return false;
  }
}

void remove_durably(const Folder& folder, const fs::path& file) {
  // What replaces a file syncs its folder, and with it what was removed before.
  fs::remove(file);
  const SecretBytes key = read_secret_file(folder.master_key(), 64);
  write_file_atomic(folder.master_key(), key.expose(), 0400);
}

}  // namespace

void finish_master_rotation(const Folder& folder) {
  const fs::path next = next_key(folder);
  if (!fs::exists(next)) return;
  if (!opens_with(folder, read_master(next))) {
    if (!opens_with(folder, read_master(folder.master_key()))) {
      throw StoreUnusable("neither master.key nor master.key.next opens the store");
    }
    remove_durably(folder, next);
    return;
  }
  HighWater::protect_anew(folder.high_water(), RecordGuard(read_master(folder.master_key())),
                          RecordGuard(read_master(next)));
  {
    const SecretBytes key = read_secret_file(next, 64);
    write_file_atomic(folder.master_key(), key.expose(), 0400);
  }
  remove_durably(folder, next);
}

void rotate_master_key(const Folder& folder, const Clock& clock) {
  require_realm(folder);
  const FolderLock lock = lock_folder(folder.path);
  finish_master_rotation(folder);
  if (master_place(folder) != MasterPlace::file) {
    throw FileError("the master key is not in " + folder.path.string() +
                        ": put it there for as long as it is changed",
                    folder.path);
  }
  const Secret<32> next = Secret<32>::random();
  create_file(next_key(folder), next.expose(), 0400);
  try {  // nothing was committed: the new key is nobody's
    change_store(folder, RecordGuard(MasterKey(next.duplicate())), clock.now());
  } catch (...) {
    finish_master_rotation(folder);
    throw;
  }
  finish_master_rotation(folder);
}

}  // namespace waybill::kdc
