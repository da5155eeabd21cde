#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ticket/secret.h"

/// A key in a PKCS#11 token (an HSM, a card, SoftHSM) that wraps the master key: AES-256, made in
/// the token and never out of it, used by the token for AES-GCM. Whoever lacks the token or its PIN
/// opens no wrapped key, and makes none that would be taken. The token is asked at the start and
/// let go; nothing waits for it later.
namespace waybill::kdc {

/// The token does not do what is needed. `what()` is one sentence with the mend, and ends with the
/// code in brackets (specs/errors.md, "A token").
class TokenError : public std::runtime_error {
 public:
  enum class Fault : std::uint8_t { address, module, missing, pin, key, wrapped, failed };
  TokenError(Fault fault, const std::string& sentence);
  Fault fault() const noexcept { return fault_; }

 private:
  Fault fault_;
};

/// Which key in which token, as a URI of RFC 7512:
///   pkcs11:token=LABEL;object=LABEL?module-path=FILE&pin-source=file:FILE
/// and `serial=` where two tokens have one label. Both files are absolute.
struct TokenKey {
  std::string token;   ///< the token's label
  std::string serial;  ///< empty: any
  std::string object;  ///< the key's label
  std::filesystem::path module;
  std::filesystem::path pin;  ///< one line, the user's PIN; as closed as a key

  /// Throws TokenError for whatever else it holds, and above all for a PIN.
  static TokenKey parse(const std::string& uri);
};

/// nonce(12) ‖ ciphertext ‖ tag(16).
inline constexpr std::size_t wrapped_bytes = 12 + 32 + 16;

/// Makes the key in the token. Throws TokenError, also when there is one of that label; FileError
/// for the PIN's file.
void make_token_key(const TokenKey& where);

/// Throws as make_token_key; also for a key that could leave its token.
Buffer wrap_in_token(const TokenKey& where, const Secret<32>& secret);
/// Throws as wrap_in_token, and for what that token key did not wrap.
Secret<32> unwrap_in_token(const TokenKey& where, Bytes wrapped);

}  // namespace waybill::kdc
