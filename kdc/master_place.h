#pragma once

#include <cstdint>
#include <string>

#include "kdc/init.h"
#include "ticket/adapters/files.h"

namespace waybill::kdc {

/// Where the master key of a realm's store is: in the file that a command names
/// (Folder::master_file), whatever else there is; else in one place of these.
enum class MasterPlace : std::uint8_t {
  named,
  file,        ///< `master.key` in the folder
  token,       ///< wrapped by a token, `master.token` in the folder
  credential,  ///< `master.key` among those that systemd hands to the unit
};

/// Throws FileError when it is in none, or in more than one: then one of them was forgotten, and
/// lies beside the store for nothing.
MasterPlace master_place(const Folder& folder);
bool has_master_key(const Folder& folder);

/// Throws FileError as master_place, and for a file of a wrong mode, owner or size; TokenError.
Secret<32> read_master_key(const Folder& folder);
/// All that can be known without a try of a token's PIN. Throws as read_master_key.
void check_master_key(const Folder& folder);

/// Where a program itself writes a master key: into the folder, in clear or as a token wraps it.
struct MasterHome {
  std::string token = {};  ///< the address (kdc/token.h); empty: `master.key`, in clear

  std::filesystem::path file(const Folder& folder) const;
  mode_t mode() const { return token.empty() ? 0400 : 0600; }
  /// What the file holds. Throws as TokenFile::make.
  SecretBytes content(const Secret<32>& key) const;
};
/// Reads a file that a MasterHome wrote, under another name too. Throws as read_master_key.
Secret<32> read_home(MasterPlace kind, const std::filesystem::path& file);

}  // namespace waybill::kdc
