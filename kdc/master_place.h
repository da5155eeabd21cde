#pragma once

#include <cstdint>

#include "kdc/init.h"

namespace waybill::kdc {

/// Where the master key of a realm's store is: in the file that a command names
/// (Folder::master_file), whatever else there is; else in one place of these.
enum class MasterPlace : std::uint8_t {
  named,
  file,        ///< `master.key` in the folder
  credential,  ///< `master.key` among those that systemd hands to the unit
};

/// Throws FileError when it is in none, or in more than one: then one of them was forgotten, and
/// lies beside the store for nothing.
MasterPlace master_place(const Folder& folder);
bool has_master_key(const Folder& folder);

/// Throws FileError as master_place, and for a file of a wrong mode, owner or size.
Secret<32> read_master_key(const Folder& folder);

}  // namespace waybill::kdc
