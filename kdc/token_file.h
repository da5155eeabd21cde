#pragma once

#include "kdc/token.h"

namespace waybill::kdc {

/// `master.token`: a master key as a token wrapped it, and where that token's key is. TOML, so that
/// an operator can correct the address (another path of the module, another place of the PIN); who
/// changes what is wrapped has a file that the token refuses.
struct TokenFile {
  std::string address;  ///< TokenKey::parse
  Buffer wrapped;

  /// Wraps, and unwraps again before anybody relies on it. Throws TokenError, FileError.
  static TokenFile make(const std::string& address, const Secret<32>& secret);
  /// Throws FileError (no such file, open to others, not of this form).
  static TokenFile load(const std::filesystem::path& file);
  Secret<32> open() const;
  std::string print() const;
};

}  // namespace waybill::kdc
