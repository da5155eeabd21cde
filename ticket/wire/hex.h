#pragma once

#include <string>
#include <string_view>

#include "ticket/wire/bytes.h"
#include "ticket/wire/error.h"

namespace waybill {

/// Lower-case hex, for identifiers and public keys in fields and texts.
std::string to_hex(Bytes bytes);
/// Errors: malformed.
Result<Buffer> from_hex(std::string_view text);
template <std::size_t N>
Result<FixedBytes<N>> fixed_from_hex(std::string_view text) {
  TRY(bytes, from_hex(text));
  if (bytes.size() != N) return Error{Errc::malformed, "hex of another length"};
  return fixed<N>(bytes);
}

}  // namespace waybill
