#pragma once

#include <initializer_list>
#include <optional>

#include "ticket/keys.h"
#include "ticket/wire/error.h"

namespace waybill {

/// The only calls of an AEAD, a hash, a signature or a DH outside the Noise exchange, all of
/// libsodium (specs/protocol.md 1). No algorithm is chosen here or anywhere.

/// Every use of the hash has its own label, the BLAKE2b personalisation. Two uses never share one.
enum class Label : std::uint8_t {
  seal,          // key and commitment of a seal
  session,       // what a body commits its session key with
  pairwise,      // KDC and audience
  leaf,          // one ticket in a batch
  node,          // two nodes of a batch
  chain,         // t0
  caveat,        // ti
  final_tag,     // the tag of a presentation
  call,          // key of a request box
  reply,         // key of an answer
  request,       // digest of a request, in an authenticator
  delegated,     // id of a delegated ticket, from the user's final tag
  input,         // key of a sealed input
  input_digest,  // digest of the logical input, in a body
  result,        // key of a sealed result
  login,         // a user's secret key, from Argon2id
  salt,          // a user's salt, from realm id and principal
  possession,    // proof that a new key is held
  feed,          // a link of the revocation feed
  audit,         // a link of the audit chain
  record,        // MAC of a stored record
  wrap,          // key that wraps a stored secret
};
inline constexpr std::size_t label_count = static_cast<std::size_t>(Label::wrap) + 1;
/// The 16 bytes as hashed.
FixedBytes<16> label_bytes(Label label);

/// H(label, key; parts…): BLAKE2b-256, each part preceded by its length as u32 LE.
Digest hash(Label label, std::initializer_list<Bytes> parts);
/// The same under a key, with a public output: tags and MACs.
Digest keyed_hash(Label label, const Secret<32>& key, std::initializer_list<Bytes> parts);
/// The same with a secret output.
Secret<32> derive_secret(Label label, const Secret<32>& key, std::initializer_list<Bytes> parts);

template <class KeyType>
KeyType derive(Label label, const Secret<32>& key, std::initializer_list<Bytes> parts) {
  return KeyType(derive_secret(label, key, parts));
}

/// nonce(24) ‖ commitment(32) ‖ ciphertext ‖ tag(16).
inline constexpr std::size_t seal_overhead = 24 + 32 + 16;

namespace detail {
Buffer seal(const Secret<32>& key, Bytes ad, Bytes message, const FixedBytes<24>& nonce);
Result<Buffer> open(const Secret<32>& key, Bytes ad, Bytes sealed);
Signature sign(const Secret<64>& key, Bytes message);
bool verify(const FixedBytes<32>& key, Bytes message, const Signature& signature);
}  // namespace detail

/// Seals `message`; `ad` is bound, not carried.
template <class Purpose>
Buffer seal(const SymmetricKey<Purpose>& key, Bytes ad, Bytes message) {
  return detail::seal(key.secret(), ad, message, random_bytes<24>());
}
/// The commitment is checked before anything is decrypted. Errors: bad_integrity, for every cause.
/// The caller wipes the answer when it holds a secret.
template <class Purpose>
Result<Buffer> open(const SymmetricKey<Purpose>& key, Bytes ad, Bytes sealed) {
  return detail::open(key.secret(), ad, sealed);
}

/// Signs a message that starts, in canonical encoding, with the name of what it is.
template <class Purpose>
Signature sign(const SigningKey<Purpose>& key, Bytes message) {
  return detail::sign(key.secret(), message);
}
template <class Purpose>
bool verify(const VerifyKey<Purpose>& key, Bytes message, const Signature& signature) {
  return detail::verify(key.bytes, message, signature);
}

/// X25519. Nothing when the result is all zero (a key of small order).
std::optional<Secret<32>> shared_secret(const Secret<32>& secret, const FixedBytes<32>& peer);

/// A user's key from the password: Argon2id under a salt from realm id and principal, so nobody
/// need ask for one (specs/protocol.md 1). Costs 256 MiB for about a second; throws std::bad_alloc.
PrincipalKey key_from_password(Bytes password, const Digest& realm_id, std::string_view principal);

}  // namespace waybill
