#include "ticket/noise.h"

#include <string_view>

#include <sodium.h>

#include "ticket/crypto.h"
#include "ticket/stack.h"
#include "ticket/wire/limits.h"

namespace waybill::noise {
namespace {

constexpr std::string_view protocol_name = "Noise_IK_25519_ChaChaPoly_BLAKE2b";  // 33 bytes: padded
constexpr std::size_t block_bytes = 128;  // BLAKE2b's, for HMAC
constexpr std::size_t tag_bytes = 16;

FixedBytes<32> public_of(const Secret<32>& secret) {
  const ClearStackOnExit clear;
  FixedBytes<32> out;
  crypto_scalarmult_base(out.data(), secret.expose().data());
  return out;
}

void blake2b(std::initializer_list<Bytes> parts, std::span<std::uint8_t, 64> out) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, out.size());
  for (const Bytes part : parts) crypto_generichash_update(&state, part.data(), part.size());
  crypto_generichash_final(&state, out.data(), out.size());
  sodium_memzero(&state, sizeof state);
}

// HMAC-BLAKE2b of RFC 2104, which libsodium does not have; not BLAKE2b's own keyed mode.
Secret<64> hmac(const Secret<64>& key, std::initializer_list<Bytes> parts) {
  const ClearStackOnExit clear;
  FixedBytes<block_bytes> inner_pad;
  FixedBytes<block_bytes> outer_pad;
  inner_pad.fill(0x36);
  outer_pad.fill(0x5c);
  for (std::size_t i = 0; i < 64; ++i) {
    inner_pad[i] ^= key.expose()[i];
    outer_pad[i] ^= key.expose()[i];
  }
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, 64);
  crypto_generichash_update(&state, inner_pad.data(), inner_pad.size());
  for (const Bytes part : parts) crypto_generichash_update(&state, part.data(), part.size());
  Secret<64> inner;
  crypto_generichash_final(&state, inner.writable().data(), 64);
  Secret<64> out;
  blake2b({outer_pad, inner.expose()}, out.writable());
  wipe(inner_pad);
  wipe(outer_pad);
  sodium_memzero(&state, sizeof state);
  return out;
}

struct KeyPair {
  Secret<64> first;
  Secret<64> second;
};

KeyPair hkdf(const Secret<64>& chaining_key, Bytes input) {
  const FixedBytes<1> one{1};
  const FixedBytes<1> two{2};
  const Secret<64> temp = hmac(chaining_key, {input});
  Secret<64> first = hmac(temp, {one});
  Secret<64> second = hmac(temp, {first.expose(), two});
  return {std::move(first), std::move(second)};
}

// Cipher keys are the first 32 of the hash's 64 bytes.
Secret<32> cipher_key(const Secret<64>& secret) {
  return Secret<32>::copy(secret.expose().first<32>());
}

// Four zero bytes, then the counter as 64 bits little-endian.
FixedBytes<12> nonce_of(std::uint64_t counter) {
  FixedBytes<12> nonce{};
  for (std::size_t i = 0; i < 8; ++i) {
    nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  }
  return nonce;
}

}  // namespace

Buffer CipherState::encrypt(Bytes ad, Bytes plaintext) {
  const ClearStackOnExit clear;
  const auto nonce = nonce_of(counter_++);
  Buffer out(plaintext.size() + tag_bytes);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(), plaintext.size(),
                                            ad.data(), ad.size(), nullptr, nonce.data(),
                                            key_.expose().data());
  return out;
}

Result<Buffer> CipherState::decrypt(Bytes ad, Bytes ciphertext) {
  const ClearStackOnExit clear;
  if (ciphertext.size() < tag_bytes) return Error{Errc::bad_integrity, "shorter than a tag"};
  const auto nonce = nonce_of(counter_);
  Buffer out(ciphertext.size() - tag_bytes);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, ciphertext.data(),
                                                ciphertext.size(), ad.data(), ad.size(),
                                                nonce.data(), key_.expose().data()) != 0) {
    return Error{Errc::bad_integrity, "noise cipher"};
  }
  ++counter_;
  return out;
}

SymmetricState::SymmetricState(Bytes prologue) {
  std::ranges::copy(protocol_name, hash_.begin());
  chaining_key_ = Secret<64>::copy(hash_);
  mix_hash(prologue);
}

void SymmetricState::mix_hash(Bytes data) {
  const FixedBytes<64> before = hash_;
  blake2b({before, data}, hash_);
}

Checked SymmetricState::mix_dh(const Secret<32>& secret, const FixedBytes<32>& peer) {
  const auto shared = shared_secret(secret, peer);
  if (!shared) return Error{Errc::bad_integrity, "a key of small order"};
  KeyPair keys = hkdf(chaining_key_, shared->expose());
  chaining_key_ = std::move(keys.first);
  cipher_.emplace(cipher_key(keys.second));
  return ok();
}

Buffer SymmetricState::encrypt_and_hash(Bytes plaintext) {
  Buffer out = cipher_.value().encrypt(hash_, plaintext);
  mix_hash(out);
  return out;
}

Result<Buffer> SymmetricState::decrypt_and_hash(Bytes ciphertext) {
  TRY(out, cipher_.value().decrypt(hash_, ciphertext));
  mix_hash(ciphertext);
  return out;
}

std::pair<CipherState, CipherState> SymmetricState::split() const {
  const KeyPair keys = hkdf(chaining_key_, {});
  return {CipherState(cipher_key(keys.first)), CipherState(cipher_key(keys.second))};
}

Initiator::Initiator(Secret<32> identity, const FixedBytes<32>& responder, Bytes prologue,
                     Secret<32> ephemeral)
    : state_(prologue),
      static_(std::move(identity)),
      ephemeral_(std::move(ephemeral)),
      responder_(responder) {
  state_.mix_hash(responder_);
}

Result<Buffer> Initiator::write(Bytes payload) {
  const FixedBytes<32> ephemeral = public_of(ephemeral_);
  Buffer out = copy_of(ephemeral);
  state_.mix_hash(ephemeral);
  CHECK_OK(state_.mix_dh(ephemeral_, responder_));
  const Buffer sealed_static = state_.encrypt_and_hash(public_of(static_));
  out.insert(out.end(), sealed_static.begin(), sealed_static.end());
  CHECK_OK(state_.mix_dh(static_, responder_));
  const Buffer sealed_payload = state_.encrypt_and_hash(payload);
  out.insert(out.end(), sealed_payload.begin(), sealed_payload.end());
  return out;
}

Result<Buffer> Initiator::read(Bytes message) {
  if (message.size() < message2_overhead) return Error{Errc::bad_integrity, "message 2"};
  const auto ephemeral = fixed<32>(message.first(32));
  state_.mix_hash(ephemeral);
  CHECK_OK(state_.mix_dh(ephemeral_, ephemeral));
  CHECK_OK(state_.mix_dh(static_, ephemeral));
  return state_.decrypt_and_hash(message.subspan(32));
}

Responder::Responder(Secret<32> identity, Bytes prologue, Secret<32> ephemeral)
    : state_(prologue), static_(std::move(identity)), ephemeral_(std::move(ephemeral)) {
  state_.mix_hash(public_of(static_));
}

Result<Buffer> Responder::read(Bytes message) {
  if (message.size() < message1_overhead || message.size() > limits::max_noise_message) {
    return Error{Errc::bad_integrity, "message 1"};
  }
  initiator_ephemeral_ = fixed<32>(message.first(32));
  state_.mix_hash(initiator_ephemeral_);
  CHECK_OK(state_.mix_dh(static_, initiator_ephemeral_));
  TRY(identity, state_.decrypt_and_hash(message.subspan(32, 48)));
  initiator_ = fixed<32>(identity);
  CHECK_OK(state_.mix_dh(static_, initiator_));
  return state_.decrypt_and_hash(message.subspan(80));
}

Result<Buffer> Responder::write(Bytes payload) {
  const FixedBytes<32> ephemeral = public_of(ephemeral_);
  Buffer out = copy_of(ephemeral);
  state_.mix_hash(ephemeral);
  CHECK_OK(state_.mix_dh(ephemeral_, initiator_ephemeral_));
  CHECK_OK(state_.mix_dh(ephemeral_, initiator_));
  const Buffer sealed = state_.encrypt_and_hash(payload);
  out.insert(out.end(), sealed.begin(), sealed.end());
  return out;
}

}  // namespace waybill::noise
