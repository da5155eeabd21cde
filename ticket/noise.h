#pragma once

#include <optional>

#include "ticket/keys.h"
#include "ticket/wire/error.h"

namespace waybill {  // NOLINT(modernize-concat-nested-namespaces): what it is for stands between

/// Noise_IK_25519_ChaChaPoly_BLAKE2b, exactly as revision 34 of the Noise specification has it
/// (specs/protocol.md 3): one round trip, the responder's static key known beforehand, the
/// initiator's sent encrypted. Used for the AS exchange and nothing else.
///   -> e, es, s, ss, payload
///   <- e, ee, se, payload
namespace noise {

/// Bytes that a message adds to its payload.
inline constexpr std::size_t message1_overhead = 32 + 48 + 16;
inline constexpr std::size_t message2_overhead = 32 + 16;

/// A cipher key with its counter, as Noise has it; of a finished handshake, a transport key.
class CipherState {
 public:
  explicit CipherState(Secret<32> key) : key_(std::move(key)) {}
  Buffer encrypt(Bytes ad, Bytes plaintext);
  Result<Buffer> decrypt(Bytes ad, Bytes ciphertext);

 private:
  Secret<32> key_;
  std::uint64_t counter_ = 0;
};

/// The hash chain that both sides run; its steps are named as in the specification.
class SymmetricState {
 public:
  explicit SymmetricState(Bytes prologue);
  void mix_hash(Bytes data);
  /// Errors: bad_integrity when the DH gave zero.
  Checked mix_dh(const Secret<32>& secret, const FixedBytes<32>& peer);
  Buffer encrypt_and_hash(Bytes plaintext);
  Result<Buffer> decrypt_and_hash(Bytes ciphertext);
  const FixedBytes<64>& handshake_hash() const { return hash_; }
  /// Initiator to responder first.
  std::pair<CipherState, CipherState> split() const;

 private:
  FixedBytes<64> hash_{};
  Secret<64> chaining_key_;
  std::optional<CipherState> cipher_;
};

class Initiator {
 public:
  /// `ephemeral` is for known-answer tests alone; everybody else leaves it out.
  Initiator(Secret<32> identity, const FixedBytes<32>& responder, Bytes prologue,
            Secret<32> ephemeral = Secret<32>::random());
  /// Errors: bad_integrity (the responder's key is of small order).
  Result<Buffer> write(Bytes payload);
  /// Errors: bad_integrity, for every cause. The payload may hold secrets: the caller wipes it.
  Result<Buffer> read(Bytes message);
  SymmetricState& state() { return state_; }

 private:
  SymmetricState state_;
  Secret<32> static_;
  Secret<32> ephemeral_;
  FixedBytes<32> responder_;
};

class Responder {
 public:
  Responder(Secret<32> identity, Bytes prologue, Secret<32> ephemeral = Secret<32>::random());
  /// Errors: bad_integrity, for every cause.
  Result<Buffer> read(Bytes message);
  /// The static key that message 1 proved; valid after read().
  const FixedBytes<32>& initiator() const { return initiator_; }
  Result<Buffer> write(Bytes payload);
  SymmetricState& state() { return state_; }

 private:
  SymmetricState state_;
  Secret<32> static_;
  Secret<32> ephemeral_;
  FixedBytes<32> initiator_{};
  FixedBytes<32> initiator_ephemeral_{};
};

}  // namespace noise
}  // namespace waybill
