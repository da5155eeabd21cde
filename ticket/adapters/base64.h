#pragma once

#include <string>
#include <string_view>

#include "ticket/wire/bytes.h"
#include "ticket/wire/error.h"

/// Bytes inside JSON and HTTP headers (RFC 4648). Not for secrets: it takes its time by the data.
/// Decoding is strict: one text for each value, no line ends, no missing or surplus padding, no
/// bits that are left over.
namespace waybill {

/// Section 4, with padding: bytes in JSON.
std::string to_base64(Bytes bytes);
/// Errors: malformed.
Result<Buffer> from_base64(std::string_view text);

/// Section 5, without padding: a presentation in an Authorization header.
std::string to_base64url(Bytes bytes);
/// Errors: malformed.
Result<Buffer> from_base64url(std::string_view text);

}  // namespace waybill
