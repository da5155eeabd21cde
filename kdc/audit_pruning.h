#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include "kdc/init.h"
#include "kdc/progress.h"

namespace waybill::kdc {

/// Nothing was removed, or nothing more. One sentence, with the mend.
class PruningRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct PruningWish {
  Time before;                    ///< records of this second and later stay
  std::filesystem::path archive;  ///< a new file
};

/// Which records went, by number.
struct Pruned {
  std::uint64_t first, last;
};

/// Moves the oldest records of the audit chain into an archive (kdc/audit_archive.h): all up to the
/// first that is not older than `before`, and never one that the high-water mark needs. The archive
/// (0600) has its name when all of it is on the disk and was read back and found sound; only then
/// do records go, a few thousand in a deed, each deed with its record `audit.pruned`. So a process
/// that is killed leaves a whole chain, and at most an archive that reaches into it. The KDC may be
/// serving. Nothing when no record is that old. Throws PruningRefused, RecordDamaged, FileError,
/// StoreError, and what opening a realm throws.
std::optional<Pruned> prune_audit(const Folder& folder, const Clock& clock, const PruningWish& wish,
                                  const Tell& tell = {});

/// Makes the index of the audit chain anew; gives of how many records. Refuses while a KDC serves
/// the folder (FileError). When it is cut off, it or the next start of the KDC ends it.
std::uint64_t reindex_audit(const Folder& folder);

}  // namespace waybill::kdc
