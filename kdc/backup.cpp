#include "kdc/backup.h"

#include <vector>

#include "kdc/audit.h"
#include "kdc/audit_index.h"
#include "kdc/high_water.h"
#include "kdc/master_place.h"
#include "kdc/open_realm.h"
#include "kdc/store_migration.h"
#include "kdc/unfinished.h"
#include "ticket/adapters/files.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_plain_file = 1 << 20;

struct PlainFile {
  fs::path name;
  mode_t mode;
};

std::vector<PlainFile> plain_files() {
  const Folder any{};
  return {{any.config(), 0600},
          {any.realm_file(), 0644},
          {any.tls_ca(), 0644},
          {any.master_token(), 0600}};
}

// Puts in `to` what is missing there. A second master key would be one too many.
void copy_plain_files(const fs::path& from, const Folder& to) {
  for (const PlainFile& file : plain_files()) {
    if (!fs::exists(from / file.name) || fs::exists(to.path / file.name)) continue;
    if (file.name == Folder{}.master_token() && has_master_key(to)) continue;
    create_file(to.path / file.name, read_file(from / file.name, max_plain_file), file.mode);
  }
}

// What a token wrapped opens nothing else, so backups may have it.
Folder holder_of_key(const fs::path& from, const Folder& folder) {
  if (has_master_key(folder)) return folder;
  Folder beside{from};
  if (!fs::exists(beside.master_token())) {
    throw BackupRefused("the master key is not in " + folder.path.string() +
                        ": put the master.key of this realm there first, or name it with "
                        "--master-key; no backup holds it");
  }
  return beside;
}

void copy_store(const Env& env, const fs::path& to, const Tell& tell) {
  if (tell) {
    tell({"copying the store", env.usage().used_bytes, [file = to / "data.mdb"] {
            std::error_code ignored;
            const auto size = fs::file_size(file, ignored);
            return ignored ? 0 : size;
          }});
  }
  env.copy_to(to);
}

// A daemon raises it once a second: when it was killed, its last records were not counted yet. A
// store that went back already says nothing, nor does one that is beyond reading.
void raise_mark(const Folder& folder) {
  if (!fs::exists(folder.store() / "data.mdb")) return;
  try {
    const Store store = open_copy(folder.store(), folder);
    HighWater mark(folder.high_water(), store);
    if (!mark.fault(store.view())) mark.raise(store.view());
  } catch (const StoreError&) {
  } catch (const StoreUnusable&) {
  } catch (const RecordDamaged&) {
  }
}

// What is checked is what will be put back, and the backup itself stays as it is, also when an
// earlier version made it: the copy is brought up to date.
Store copy_of_backup(const fs::path& from, const fs::path& to, const Folder& folder,
                     const Tell& tell) {
  if (!fs::exists(from / "store" / "data.mdb")) {
    throw BackupRefused("there is no backup in " + from.string() +
                        ": name a folder that `waybill-kdc store backup` wrote");
  }
  const Secret<32> master = read_master_key(holder_of_key(from, folder));
  if (!Store::opens_with(from / "store", MasterKey(master.duplicate()))) {
    throw StoreUnusable(
        "the master key is not the one that this backup was made with: put back "
        "the master.key that belongs to it");
  }
  Env::Options only_read;
  only_read.read_only = true;
  copy_store(Env(from / "store", only_read), to, tell);
  Store::Options options;
  options.takes_over = true;
  return {to, MasterKey(master.duplicate()), options};
}

}  // namespace

Backup back_up(const Folder& folder, const fs::path& to, const Tell& tell) {
  const fs::path target = fs::absolute(to).lexically_normal();
  if (fs::exists(fs::symlink_status(target))) {
    throw BackupRefused(target.string() + " is there already: take another name for each backup");
  }
  const Store store = open_to_read(folder);
  Unfinished unfinished(target);
  make_private_folder(unfinished.path());
  copy_store(store.env(), unfinished.path() / "store", tell);
  copy_plain_files(folder.path, {unfinished.path()});
  Backup backup;
  backup.audit_records =
      Audit::position(open_copy(unfinished.path() / "store", folder).view()).sequence;
  backup.bytes = fs::file_size(unfinished.path() / "store" / "data.mdb");
  unfinished.take_name(target);
  return backup;
}

Restored restore(const fs::path& from, const Folder& folder, const Tell& tell) {
  make_private_folder(folder.path);
  const FolderLock lock = lock_folder(folder.path);
  Restored restored;
  const fs::path before = folder.path / "store.before-restore";
  if (fs::exists(fs::symlink_status(before))) {
    throw BackupRefused(before.string() +
                        " is there, from an earlier restore: move it away or remove it");
  }
  Unfinished incoming(folder.store());
  {
    Store copy = copy_of_backup(from, incoming.path(), folder, tell);
    if (tell) tell({"checking the backup"});
    migrate(copy);
    AuditIndex::complete(copy);
    restored.report = check_store(copy);
    if (!restored.report.faults.empty()) return restored;
    raise_mark(folder);
    restored.older = HighWater(folder.high_water(), copy).fault(copy.view());
  }
  copy_plain_files(from, folder);
  if (fs::exists(folder.store())) {
    incoming.change_places(folder.store(), before);
    restored.replaced = before;
  } else {
    incoming.take_name(folder.store());
  }
  return restored;
}

}  // namespace waybill::kdc
