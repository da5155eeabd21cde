#pragma once

#include <cstdint>

#include "ticket/secret.h"

namespace waybill {

/// One type per purpose, no conversion between them: a TGT key handed to a function that wants a
/// session key does not compile. specs/protocol.md 2 says who holds each, and for how long.

/// 32 secret bytes for BLAKE2b or XChaCha20-Poly1305.
template <class Purpose>
class SymmetricKey {
 public:
  explicit SymmetricKey(Secret<32> secret) : secret_(std::move(secret)) {}
  static SymmetricKey random() { return SymmetricKey(Secret<32>::random()); }
  const Secret<32>& secret() const { return secret_; }
  SymmetricKey duplicate() const { return SymmetricKey(secret_.duplicate()); }
  friend bool operator==(const SymmetricKey&, const SymmetricKey&) = default;

 private:
  Secret<32> secret_;
};

using TgtKey = SymmetricKey<struct TgtPurpose>;            // seals TGTs; never leaves the KDC
using PairwiseKey = SymmetricKey<struct PairwisePurpose>;  // KDC and one audience, per rolling key
using SessionKey = SymmetricKey<struct SessionPurpose>;    // KDC, holder, audience of one ticket
using ChainKey = SymmetricKey<struct ChainPurpose>;        // tn of a caveat chain
using CallKey = SymmetricKey<struct CallPurpose>;          // seals one request to the KDC
using ReplyKey = SymmetricKey<struct ReplyPurpose>;        // seals the one answer to it
using InputKey = SymmetricKey<struct InputPurpose>;        // seals a workflow's input
using ResultKey = SymmetricKey<struct ResultPurpose>;      // seals a workflow's result
using MasterKey = SymmetricKey<struct MasterPurpose>;      // wraps and MACs one daemon's store

/// A Curve25519 public key of one purpose.
template <class Purpose>
struct DhPublic {
  FixedBytes<32> bytes{};
  friend bool operator==(const DhPublic&, const DhPublic&) = default;
};

/// A Curve25519 key pair of one purpose; the secret half stays where it was made.
template <class Purpose>
class DhKeyPair {
 public:
  explicit DhKeyPair(Secret<32> secret);
  static DhKeyPair random() { return DhKeyPair(Secret<32>::random()); }
  const Secret<32>& secret() const { return secret_; }
  const DhPublic<Purpose>& public_key() const { return public_; }
  DhKeyPair duplicate() const { return DhKeyPair(secret_.duplicate()); }

 private:
  Secret<32> secret_;
  DhPublic<Purpose> public_;
};

using PrincipalPublic = DhPublic<struct PrincipalPurpose>;  // what a principal is, to the KDC
using PrincipalKey = DhKeyPair<struct PrincipalPurpose>;    // in a keytab, or from a password
using EpochPublic = DhPublic<struct EpochPurpose>;          // static key of the AS exchange
using EpochKey = DhKeyPair<struct EpochPurpose>;
using RollingPublic = DhPublic<struct RollingPurpose>;  // one audience, at most 60 s
using RollingKey = DhKeyPair<struct RollingPurpose>;

/// An Ed25519 public key of one purpose.
template <class Purpose>
struct VerifyKey {
  FixedBytes<32> bytes{};
  friend bool operator==(const VerifyKey&, const VerifyKey&) = default;
};

/// An Ed25519 key; holds the 32-byte seed and the public key side by side, as libsodium wants it.
template <class Purpose>
class SigningKey {
 public:
  static SigningKey from_seed(const Secret<32>& seed);
  static SigningKey random() { return from_seed(Secret<32>::random()); }
  const Secret<64>& secret() const { return secret_; }
  VerifyKey<Purpose> public_key() const { return {fixed<32>(Bytes(secret_.expose()).subspan(32))}; }
  /// The 32 bytes that are kept on disk.
  Secret<32> seed() const { return Secret<32>::copy(secret_.expose().template first<32>()); }

 private:
  explicit SigningKey(Secret<64> secret) : secret_(std::move(secret)) {}
  Secret<64> secret_;
};

using RootPublic = VerifyKey<struct RootPurpose>;            // pinned by everyone in the realm file
using RootKey = SigningKey<struct RootPurpose>;              // signs the realm document
using KdcPublic = VerifyKey<struct KdcSigningPurpose>;       // in the realm document
using KdcSigningKey = SigningKey<struct KdcSigningPurpose>;  // batches, feed heads, checkpoints

using Signature = FixedBytes<64>;

/// Key version number of a principal's key; the first is 1.
enum class Kvno : std::uint32_t {};
/// Number of an epoch (TGT key and AS key) or of a signing key; the first is 1.
enum class KeyId : std::uint32_t {};

constexpr std::uint64_t number(Kvno kvno) { return static_cast<std::uint32_t>(kvno); }
constexpr std::uint64_t number(KeyId id) { return static_cast<std::uint32_t>(id); }

namespace detail {
void dh_public(std::span<const std::uint8_t, 32> secret, std::span<std::uint8_t, 32> out);
void signing_pair(std::span<const std::uint8_t, 32> seed, std::span<std::uint8_t, 64> out);
}  // namespace detail

template <class Purpose>
DhKeyPair<Purpose>::DhKeyPair(Secret<32> secret) : secret_(std::move(secret)) {
  detail::dh_public(secret_.expose(), public_.bytes);
}

template <class Purpose>
SigningKey<Purpose> SigningKey<Purpose>::from_seed(const Secret<32>& seed) {
  Secret<64> secret;
  detail::signing_pair(seed.expose(), secret.writable());
  return SigningKey(std::move(secret));
}

}  // namespace waybill
