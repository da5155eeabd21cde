#include "ticket/crypto.h"

#include <cstdlib>
#include <new>
#include <string_view>

#include <sodium.h>

#include "ticket/stack.h"
#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::array<std::string_view, label_count> labels{
    "WB1 seal",   "WB1 session", "WB1 pairwise", "WB1 leaf",  "WB1 node",    "WB1 chain",
    "WB1 caveat", "WB1 final",   "WB1 call",     "WB1 reply", "WB1 request", "WB1 delegated",
    "WB1 input",  "WB1 digest",  "WB1 result",   "WB1 login", "WB1 salt",    "WB1 possession",
    "WB1 feed",   "WB1 audit",   "WB1 record",   "WB1 wrap",
};

class Hasher {
 public:
  Hasher(Label label, Bytes key, std::size_t out_bytes) {
    const FixedBytes<16> person = label_bytes(label);
    crypto_generichash_blake2b_init_salt_personal(&state_, key.data(), key.size(), out_bytes,
                                                  nullptr, person.data());
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() { sodium_memzero(&state_, sizeof state_); }

  void part(Bytes bytes) {
    if (bytes.size() > 0xffffffff) std::abort();  // its length would not fit into the framing
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const std::array<std::uint8_t, 4> framed{
        static_cast<std::uint8_t>(size), static_cast<std::uint8_t>(size >> 8),
        static_cast<std::uint8_t>(size >> 16), static_cast<std::uint8_t>(size >> 24)};
    crypto_generichash_blake2b_update(&state_, framed.data(), framed.size());
    crypto_generichash_blake2b_update(&state_, bytes.data(), bytes.size());
  }
  void finish(std::span<std::uint8_t> out) {
    crypto_generichash_blake2b_final(&state_, out.data(), out.size());
  }

 private:
  crypto_generichash_blake2b_state state_;
};

void hash_into(Label label, Bytes key, std::initializer_list<Bytes> parts,
               std::span<std::uint8_t> out) {
  Hasher hasher(label, key, out.size());
  for (const Bytes part : parts) hasher.part(part);
  hasher.finish(out);
}

// ke ‖ commitment: the cipher key and what shows that only this key can open the blob.
Secret<64> message_keys(const Secret<32>& key, Bytes nonce, Bytes ad) {
  Secret<64> keys;
  hash_into(Label::seal, key.expose(), {nonce, ad}, keys.writable());
  return keys;
}

}  // namespace

FixedBytes<16> label_bytes(Label label) {
  const std::string_view text = labels.at(static_cast<std::size_t>(label));
  FixedBytes<16> out{};
  std::ranges::copy(text, out.begin());
  return out;
}

Digest hash(Label label, std::initializer_list<Bytes> parts) {
  Digest out;
  hash_into(label, {}, parts, out);
  return out;
}

Digest keyed_hash(Label label, const Secret<32>& key, std::initializer_list<Bytes> parts) {
  const ClearStackOnExit clear(ClearStackOnExit::hash_bytes);
  Digest out;
  hash_into(label, key.expose(), parts, out);
  return out;
}

Secret<32> derive_secret(Label label, const Secret<32>& key, std::initializer_list<Bytes> parts) {
  const ClearStackOnExit clear(ClearStackOnExit::hash_bytes);
  Secret<32> out;
  hash_into(label, key.expose(), parts, out.writable());
  return out;
}

namespace detail {

Buffer seal(const Secret<32>& key, Bytes ad, Bytes message, const FixedBytes<24>& nonce) {
  const ClearStackOnExit clear;
  const Secret<64> keys = message_keys(key, nonce, ad);
  const auto commitment = Bytes(keys.expose()).subspan(32);
  Buffer out(seal_overhead + message.size());
  std::ranges::copy(nonce, out.begin());
  std::ranges::copy(commitment, out.begin() + 24);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + 56, nullptr, message.data(),
                                             message.size(), ad.data(), ad.size(), nullptr,
                                             nonce.data(), keys.expose().data());
  return out;
}

Result<Buffer> open(const Secret<32>& key, Bytes ad, Bytes sealed) {
  const ClearStackOnExit clear;
  if (sealed.size() < seal_overhead) return Error{Errc::bad_integrity, "shorter than a seal"};
  const Bytes nonce = sealed.first(24);
  const Secret<64> keys = message_keys(key, nonce, ad);
  if (!same_secret(Bytes(keys.expose()).subspan(32), sealed.subspan(24, 32))) {
    return Error{Errc::bad_integrity, "commitment"};
  }
  const Bytes cipher = sealed.subspan(56);
  Buffer out(cipher.size() - 16);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, cipher.data(),
                                                 cipher.size(), ad.data(), ad.size(), nonce.data(),
                                                 keys.expose().data()) != 0) {
    return Error{Errc::bad_integrity, "cipher"};
  }
  return out;
}

Signature sign(const Secret<64>& key, Bytes message) {
  const ClearStackOnExit clear;
  Signature out;
  crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), key.expose().data());
  return out;
}

bool verify(const FixedBytes<32>& key, Bytes message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     key.data()) == 0;
}

void dh_public(std::span<const std::uint8_t, 32> secret, std::span<std::uint8_t, 32> out) {
  const ClearStackOnExit clear;
  crypto_scalarmult_base(out.data(), secret.data());
}

void signing_pair(std::span<const std::uint8_t, 32> seed, std::span<std::uint8_t, 64> out) {
  const ClearStackOnExit clear;
  FixedBytes<32> public_half;
  crypto_sign_seed_keypair(public_half.data(), out.data(), seed.data());
}

}  // namespace detail

std::optional<Secret<32>> shared_secret(const Secret<32>& secret, const FixedBytes<32>& peer) {
  const ClearStackOnExit clear;
  Secret<32> out;
  if (crypto_scalarmult(out.writable().data(), secret.expose().data(), peer.data()) != 0) {
    return std::nullopt;
  }
  return out;
}

PrincipalKey key_from_password(Bytes password, const Digest& realm_id, std::string_view principal) {
  const ClearStackOnExit clear(4 * ClearStackOnExit::usual_bytes);
  const Digest salt = hash(Label::salt, {realm_id, bytes_of(principal)});
  Secret<32> stretched;
  if (crypto_pwhash(stretched.writable().data(), 32, reinterpret_cast<const char*>(password.data()),
                    password.size(), salt.data(), limits::argon2_passes, limits::argon2_memory,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();
  }
  // Derived once more, so that the same password elsewhere gives another key.
  return derive<PrincipalKey>(Label::login, stretched, {bytes_of(principal)});
}

}  // namespace waybill
