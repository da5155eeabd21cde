#pragma once

#include <filesystem>

#include "ticket/adapters/files.h"
#include "ticket/keys.h"

namespace waybill::trigger {

/// The trigger's folder (specs/storage.md): `store/` is the engine's LMDB, `store.key` keys the
/// MACs of its records and wraps the session keys in it, `realm.serial` is the newest realm
/// document seen. Held for this process as long as it lives.
class Folder {
 public:
  /// Makes what is missing, with mode 0700. Throws FileError, also when another process holds it.
  explicit Folder(std::filesystem::path path);

  std::filesystem::path store() const { return path_ / "store"; }
  std::filesystem::path mirror() const { return path_ / "mirror"; }
  /// Made at the first start, with mode 0400. Throws FileError when there is a store without its
  /// key: a new key would open nothing of it.
  MasterKey store_key() const;

  /// Zero when none was seen. Throws FileError when the file is there and no number.
  std::uint64_t realm_serial() const;
  void save_realm_serial(std::uint64_t serial) const;

 private:
  std::filesystem::path path_;
  FolderLock lock_;
};

}  // namespace waybill::trigger
