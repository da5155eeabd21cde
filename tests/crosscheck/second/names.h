#pragma once

#include "tests/crosscheck/second/bytes.h"

namespace second {

/// The alphabets of protocol 1.
bool is_realm(std::string_view text);
bool is_principal(std::string_view text);  ///< name@REALM
bool is_name(std::string_view text, std::size_t most);

/// The part after the @ of something that is_principal().
std::string realm_of(std::string_view principal);

}  // namespace second
