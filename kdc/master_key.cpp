#include "kdc/master_key.h"

#include <array>
#include <cerrno>
#include <optional>

#include "kdc/audit.h"
#include "kdc/epochs.h"
#include "kdc/high_water.h"
#include "kdc/store_check.h"
#include "kdc/token_file.h"
#include "ticket/adapters/files.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t step = 1000;  // records that are held in memory at a time

// The two homes of a key in the folder.
constexpr std::array homes{MasterPlace::file, MasterPlace::token};

fs::path home_of(const Folder& folder, MasterPlace kind) {
  return kind == MasterPlace::file ? folder.master_key() : folder.master_token();
}

// Where a new key waits until the store has it.
fs::path next_to(fs::path home) { return home += ".next"; }

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
void change_store(const Folder& folder, const RecordGuard& next, const MasterHome& home, Time now) {
  Store store(folder.store(), MasterKey(read_master_key(folder)));
  if (const auto fault = HighWater(folder.high_water(), store).fault(store.view())) {
    throw StoreUnusable(*fault + ": the master key of such a store is not changed");
  }
  const Epochs epochs(store);
  store.env().make_room(2 * store.env().usage().used_bytes);  // each page is written once more
  WriteTxn txn(store.env());
  {
    StoreChange change(store, txn);
    const char* kept = home.token.empty() ? "file" : "token";
    Audit::append(change, {"master.rotated", std::nullopt, {{"kept_in", kept}}}, now);
    Audit::checkpoint(change, epochs, now);
  }
  for (const GuardedTable& table : store.tables().all()) protect_anew(store, txn, table, next);
  std::move(txn).commit();
}

bool opens_with(const Folder& folder, const Secret<32>& key) {
  return Store::opens_with(folder.store(), MasterKey(key.duplicate()));
}

void remove_durably(const fs::path& file) {
  fs::remove(file);
  sync_folder(file.parent_path());
}

// The key from before, while it is still somewhere; or the new one, when all but the end was done.
std::optional<Secret<32>> key_before(const Folder& folder, MasterPlace to) {
  for (const MasterPlace kind : homes) {
    const fs::path home = home_of(folder, kind);
    if (kind != to && fs::exists(home)) return read_home(kind, home);
  }
  if (folder.master_file.empty() && fs::exists(home_of(folder, to))) {
    return read_home(to, home_of(folder, to));
  }
  if (!has_master_key(folder)) return std::nullopt;
  return read_master_key(folder);
}

// The store has the new key. First the mark, then whatever kept the old key, then the name.
void complete(const Folder& folder, MasterPlace to, const Secret<32>& key) {
  if (const auto before = key_before(folder, to)) {
    HighWater::protect_anew(folder.high_water(), RecordGuard(MasterKey(before->duplicate())),
                            RecordGuard(MasterKey(key.duplicate())));
  }
  for (const MasterPlace kind : homes) {
    if (kind != to && fs::exists(home_of(folder, kind))) remove_durably(home_of(folder, kind));
  }
  const fs::path home = home_of(folder, to);
  fs::rename(next_to(home), home);
  sync_folder(folder.path);
}

// Where it is kept now, unless something else is wished for.
MasterHome next_home(const Folder& folder, const std::optional<MasterHome>& wish) {
  const MasterPlace now = master_place(folder);
  if (now == MasterPlace::file || now == MasterPlace::token) {
    if (wish) return *wish;
    return {now == MasterPlace::file ? "" : TokenFile::load(folder.master_token()).address};
  }
  if (!wish) {
    throw FileError("the master key is not kept in " + folder.path.string() +
                        ", where a new one can be written: say with --to where it is to be",
                    folder.path);
  }
  for (const MasterPlace kind : homes) {
    if (!fs::exists(home_of(folder, kind))) continue;
    throw FileError(home_of(folder, kind).string() + " is in the way: remove it", folder.path,
                    EEXIST);
  }
  return *wish;
}

}  // namespace

void finish_master_rotation(const Folder& folder) {
  for (const MasterPlace kind : homes) {
    const fs::path next = next_to(home_of(folder, kind));
    if (!fs::exists(next)) continue;
    if (has_master_key(folder) && opens_with(folder, read_master_key(folder))) {
      remove_durably(next);  // it was never the store's
      continue;
    }
    const Secret<32> key = read_home(kind, next);
    if (!opens_with(folder, key)) {
      throw StoreUnusable("neither " + next.filename().string() +
                          " nor the master key from before it opens the store");
    }
    complete(folder, kind, key);
  }
}

void rotate_master_key(const Folder& folder, const std::optional<MasterHome>& wish,
                       const Clock& clock) {
  require_realm(folder);
  const FolderLock lock = lock_folder(folder.path);
  finish_master_rotation(folder);
  const MasterHome home = next_home(folder, wish);
  const Secret<32> key = Secret<32>::random();
  create_file(next_to(home.file(folder)), home.content(key).expose(), home.mode());
  try {  // nothing was committed: the new key is nobody's
    change_store(folder, RecordGuard(MasterKey(key.duplicate())), home, clock.now());
  } catch (...) {
    finish_master_rotation(folder);
    throw;
  }
  finish_master_rotation(folder);
}

}  // namespace waybill::kdc
