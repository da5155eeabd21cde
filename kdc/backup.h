#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include "kdc/init.h"
#include "kdc/progress.h"
#include "kdc/store_check.h"

namespace waybill::kdc {

/// What is asked for is refused, for a reason that lies in what was asked. One sentence, with the
/// mend.
class BackupRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Backup {
  std::uint64_t audit_records = 0;  ///< it reaches up to this one
  std::uint64_t bytes = 0;
};

/// Writes a new folder (0700) with one consistent state of the store, compacted, and the public and
/// plain files beside it (kdc.toml, realm.toml, ca.pem, master.token); no key. The KDC may be
/// serving. The folder has its name only when all of it is on the disk; never over one that is
/// there. Throws BackupRefused, FileError, StoreError, and what opening a realm throws.
Backup back_up(const Folder& folder, const std::filesystem::path& to, const Tell& tell = {});

struct Restored {
  StoreReport report;                ///< of the backup; with faults nothing was put back
  std::optional<std::string> older;  ///< what the roll-back guard will say at the next start
  std::optional<std::filesystem::path> replaced;  ///< where the store from before is now
};

/// Puts a copy of the store of a backup in the place of the folder's, after it was checked whole
/// under the folder's master key and, when it is of an earlier format, brought up to date. The
/// store that was there is kept beside it; the files of the backup take the place of what is
/// missing and of nothing else. A crash leaves the old store or the new one. The high-water mark is
/// raised before to where the replaced store was, when that can still be read. Refuses while a KDC
/// serves the folder (FileError). Throws as back_up.
Restored restore(const std::filesystem::path& from, const Folder& folder, const Tell& tell = {});

}  // namespace waybill::kdc
