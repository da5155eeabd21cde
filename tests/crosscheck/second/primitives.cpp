#include "tests/crosscheck/second/primitives.h"

#include <botan/aead.h>
#include <botan/argon2.h>
#include <botan/auto_rng.h>
#include <botan/curve25519.h>
#include <botan/ed25519.h>
#include <botan/hash.h>
#include <botan/mac.h>
#include <botan/pubkey.h>

#include "tests/crosscheck/second/blake2b.h"

namespace second {
namespace {

Bytes labelled(std::string_view label, View key, std::initializer_list<View> parts,
               std::size_t output) {
  Blake2b state({output, key, {}, view(label)});
  for (const View part : parts) {
    std::array<std::uint8_t, 4> length{};
    for (std::size_t i = 0; i < 4; ++i) {
      length[i] = static_cast<std::uint8_t>(part.size() >> (8 * i));
    }
    state.update(length).update(part);
  }
  return state.finish();
}

// RFC 8032, 5.1.7: S is less than the order of the group. Botan 2 accepts some that are not.
bool below_order(View s) {
  static constexpr Bytes32 order = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                    0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                    0,    0,    0,    0,    0,    0,    0,    0,
                                    0,    0,    0,    0,    0,    0,    0,    0x10};
  return std::lexicographical_compare(s.rbegin(), s.rend(), order.rbegin(), order.rend());
}

constexpr Bytes32 p_and(std::uint8_t low) {  // 2^255 - 19 and a little more or less
  Bytes32 out{};
  out.fill(0xff);
  out[0] = static_cast<std::uint8_t>(0xed + low);
  out[31] = 0x7f;
  return out;
}

Bytes32 without_sign(View point) {
  Bytes32 y = first<32>(point);
  y[31] &= 0x7f;
  return y;
}

// RFC 8032, 5.1.3: a coordinate of p or more is no encoding of anything. Botan 2 accepts some.
bool is_canonical_point(View point) {
  const Bytes32 y = without_sign(point);
  static constexpr Bytes32 p = p_and(0);
  return std::lexicographical_compare(y.rbegin(), y.rend(), p.rbegin(), p.rend());
}

// Protocol 1: the y of the points whose order is 1, 2, 4 or 8; of the last there are two.
bool is_small_order(View point) {
  static constexpr Bytes32 zero{}, one{1}, minus_one = p_and(0xff);
  static constexpr Bytes32 eighth = {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f,
                                     0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
                                     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6,
                                     0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};
  static constexpr Bytes32 minus_eighth = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
                                           0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
                                           0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
                                           0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
  const Bytes32 y = without_sign(point);
  return y == zero || y == one || y == minus_one || y == eighth || y == minus_eighth;
}

Botan::RandomNumberGenerator& generator() {
  static Botan::AutoSeeded_RNG random;
  return random;
}

}  // namespace

Bytes32 hash(std::string_view label, std::initializer_list<View> parts) {
  return first<32>(labelled(label, {}, parts, 32));
}

Bytes32 hash(std::string_view label, View key, std::initializer_list<View> parts) {
  return first<32>(labelled(label, key, parts, 32));
}

Bytes seal(View key, View ad, View message, View nonce) {
  const Bytes derived = labelled("WB1 seal", key, {nonce, ad}, 64);
  Bytes out = copy(nonce);
  out.insert(out.end(), derived.begin() + 32, derived.end());
  const Bytes body = aead_seal(View(derived).first(32), nonce, ad, message);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Bytes open(View key, View ad, View sealed) {
  require(sealed.size() >= 24 + 32 + 16, Code::bad_integrity);
  const View nonce = sealed.first(24);
  const Bytes derived = labelled("WB1 seal", key, {nonce, ad}, 64);
  require(same(View(derived).subspan(32), sealed.subspan(24, 32)), Code::bad_integrity);
  return aead_open(View(derived).first(32), nonce, ad, sealed.subspan(56));
}

Bytes aead_seal(View key, View nonce, View ad, View message) {
  const auto cipher = Botan::AEAD_Mode::create_or_throw("ChaCha20Poly1305", Botan::ENCRYPTION);
  cipher->set_key(key.data(), key.size());
  cipher->set_associated_data(ad.data(), ad.size());
  cipher->start(nonce.data(), nonce.size());
  Botan::secure_vector<std::uint8_t> buffer(message.begin(), message.end());
  cipher->finish(buffer);
  return {buffer.begin(), buffer.end()};
}

Bytes aead_open(View key, View nonce, View ad, View sealed) {
  require(sealed.size() >= 16, Code::bad_integrity);
  const auto cipher = Botan::AEAD_Mode::create_or_throw("ChaCha20Poly1305", Botan::DECRYPTION);
  cipher->set_key(key.data(), key.size());
  cipher->set_associated_data(ad.data(), ad.size());
  cipher->start(nonce.data(), nonce.size());
  Botan::secure_vector<std::uint8_t> buffer(sealed.begin(), sealed.end());
  try {
    cipher->finish(buffer);
  } catch (const Botan::Integrity_Failure&) {
    refuse(Code::bad_integrity);
  }
  return {buffer.begin(), buffer.end()};
}

Bytes32 x25519_public(View secret) {
  Bytes32 out{};
  Botan::curve25519_basepoint(out.data(), secret.data());
  return out;
}

Bytes32 x25519(View secret, View peer) {
  Bytes32 out{};
  Botan::curve25519_donna(out.data(), secret.data(), peer.data());
  require(out != Bytes32{}, Code::bad_integrity);
  return out;
}

bool ed25519_verifies(View key, View message, View signature) {
  if (signature.size() != 64 || !below_order(signature.subspan(32))) return false;
  if (!is_canonical_point(key) || is_small_order(key)) return false;
  if (is_small_order(signature.first(32))) return false;
  const Botan::Ed25519_PublicKey loaded(key.data(), key.size());
  Botan::PK_Verifier verifier(loaded, "Pure");
  return verifier.verify_message(message.data(), message.size(), signature.data(),
                                 signature.size());
}

Bytes64 ed25519_sign(View seed, View message) {
  const Botan::Ed25519_PrivateKey key(Botan::secure_vector<std::uint8_t>(seed.begin(), seed.end()));
  Botan::PK_Signer signer(key, generator(), "Pure");
  return first<64>(signer.sign_message(message.data(), message.size(), generator()));
}

Bytes argon2id(const Argon2id& cost, View password, View salt, View secret, View ad) {
  constexpr std::uint8_t variant_id = 2;
  Bytes out(cost.output);
  Botan::argon2(out.data(), out.size(), reinterpret_cast<const char*>(password.data()),
                password.size(), salt.data(), salt.size(), secret.data(), secret.size(), ad.data(),
                ad.size(), variant_id, cost.lanes, cost.kibibytes, cost.passes);
  return out;
}

Bytes64 hmac_blake2b(View key, std::initializer_list<View> parts) {
  const auto mac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(Blake2b(512))");
  mac->set_key(key.data(), key.size());
  for (const View part : parts) mac->update(part.data(), part.size());
  return first<64>(mac->final());
}

Bytes64 plain_blake2b(std::initializer_list<View> parts) {
  const auto state = Botan::HashFunction::create_or_throw("Blake2b(512)");
  for (const View part : parts) state->update(part.data(), part.size());
  return first<64>(state->final());
}

}  // namespace second
