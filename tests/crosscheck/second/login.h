#pragma once

#include "tests/crosscheck/second/call.h"

namespace second {

/// The initiator of Noise_IK_25519_ChaChaPoly_BLAKE2b (Noise, revision 34):
///   -> e, es, s, ss, payload
///   <- e, ee, se, payload
class Initiator {
 public:
  Initiator(View identity, View responder, View prologue, View ephemeral);
  /// Refuses: bad_integrity.
  Bytes write(View payload);
  /// Refuses: bad_integrity.
  Bytes read(View message);
  const Bytes64& handshake_hash() const { return hash_; }
  /// Transport keys, the initiator's first.
  std::pair<Bytes32, Bytes32> split() const;

 private:
  void mix_hash(View data);
  void mix_key(View material);
  Bytes encrypt(View plaintext);
  Bytes decrypt(View ciphertext);

  Bytes64 hash_{};
  Bytes64 chaining_key_{};
  Bytes32 key_{};
  std::uint64_t counter_ = 0;
  Bytes identity_, responder_, ephemeral_;
};

/// A message of a Noise transport: no associated data.
Bytes transport_seal(View key, std::uint64_t counter, View plaintext);

/// The messages of the AS exchange, protocol 3.
struct LoginEnvelope {
  std::string realm;
  std::uint64_t epoch = 0;
  Bytes message;
  Bytes encode() const;
  static LoginEnvelope read(View wire);
};
struct LoginRequest {
  std::string principal;
  std::uint64_t life = 0, renewable = 0, time = 0;
  Bytes earlier;
  Bytes encode() const;
  static LoginRequest read(View payload);
};
struct LoginReply {
  std::uint64_t code = 0, time = 0;
  Bytes16 instance{};
  Bytes ticket;  ///< an issued ticket; none in a refusal
  Bytes encode() const;
  static LoginReply read(View payload);
};

/// The client's side of it.
class Login {
 public:
  struct Wish {
    std::string principal;
    std::uint64_t life, renewable, now;
  };
  /// Refuses: unknown_epoch, bad_integrity.
  Login(View secret, const RealmDocument& realm, const Wish& wish, View ephemeral);
  const Bytes& request() const { return request_; }

  struct Done {
    Issued tgt;
    Bytes16 kdc{};
    std::uint64_t kdc_time = 0;
  };
  /// Refuses: the refusal of the answer, bad_integrity, the codec's.
  Done finish(View reply, std::uint64_t now);

 private:
  Initiator initiator_;
  Bytes request_;
};

/// The key that a password gives, protocol 2. It takes 256 MiB.
Bytes32 key_from_password(View password, View realm_id, std::string_view principal);

/// Proof of possession, protocol 2: from the secret of the new key or of the epoch, and the public
/// half of the other. Refuses: bad_integrity.
struct Claim {
  std::string principal;
  std::uint64_t kvno;
  Bytes32 key, epoch;  ///< public
};
Bytes32 possession(View secret, View peer, const Claim& claim);

}  // namespace second
