#pragma once

#include <initializer_list>

#include "tests/crosscheck/second/bytes.h"

namespace second {

/// Protocol 1: H(label; parts…) and H(label, key; parts…).
Bytes32 hash(std::string_view label, std::initializer_list<View> parts);
Bytes32 hash(std::string_view label, View key, std::initializer_list<View> parts);

/// Protocol 1: nonce ‖ commitment ‖ C. The nonce is the caller's.
Bytes seal(View key, View ad, View message, View nonce);
/// Refuses: bad_integrity.
Bytes open(View key, View ad, View sealed);

/// XChaCha20-Poly1305 (a nonce of 24 bytes) or ChaCha20-Poly1305-IETF (12), bare.
Bytes aead_seal(View key, View nonce, View ad, View message);
/// Refuses: bad_integrity.
Bytes aead_open(View key, View nonce, View ad, View sealed);

Bytes32 x25519_public(View secret);
/// Refuses a result that is all zero: bad_integrity.
Bytes32 x25519(View secret, View peer);

bool ed25519_verifies(View key, View message, View signature);
Bytes64 ed25519_sign(View seed, View message);

struct Argon2id {
  std::size_t kibibytes, passes, lanes, output;
};
Bytes argon2id(const Argon2id& cost, View password, View salt, View secret = {}, View ad = {});

/// HMAC-BLAKE2b with 64 bytes, and the same hash without a key: what Noise uses.
Bytes64 hmac_blake2b(View key, std::initializer_list<View> parts);
Bytes64 plain_blake2b(std::initializer_list<View> parts);

}  // namespace second
