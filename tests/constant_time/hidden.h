#pragma once

#include "ticket/wire/bytes.h"

namespace waybill::test {

/// Secrets as valgrind's memcheck sees them: bytes that are hidden count as undefined, and so does
/// all that is computed of them. A branch or an address that depends on one is then an error, and
/// that is how an attacker's clock would find it out.

/// From now on, at this place.
void hide(Bytes secret);
/// Public by design from here on: what is sent, or whether something was accepted.
void show(Bytes bytes);
/// Whether some of it depends on a secret. Without this a subject could be clean because what it
/// looked at was no longer hidden.
bool is_hidden(Bytes bytes);

/// What a decryption gives is public to whoever holds the key, a message with lengths and names;
/// but for these bytes, which are hidden wherever a plaintext has them. Called before they are
/// hidden themselves.
void hide_in_plaintexts(Bytes secret);
/// show(), and all of hide_in_plaintexts().
void show_plaintext(Bytes plaintext);

/// Hides every copy of these bytes, which are not hidden yet, in the pages of a mapped file.
/// How many there were.
std::size_t hide_in_mapping(const char* file_name, Bytes secret);

/// True: comparisons of secrets end at the first difference, as memcmp does. Each place that
/// compares must then be reported.
extern bool compares_with_early_exit;

}  // namespace waybill::test
