// A build without PKCS#11 (WAYBILL_PKCS11=OFF): whoever needs a token is told.
#include "kdc/token.h"

namespace waybill::kdc {
namespace {
[[noreturn]] void refuse() {
  throw TokenError(TokenError::Fault::module, "this program was built without PKCS#11");
}
}  // namespace

TokenKey TokenKey::parse(const std::string&) { refuse(); }
void make_token_key(const TokenKey&) { refuse(); }
Buffer wrap_in_token(const TokenKey&, const Secret<32>&) { refuse(); }
Secret<32> unwrap_in_token(const TokenKey&, Bytes) { refuse(); }

}  // namespace waybill::kdc
