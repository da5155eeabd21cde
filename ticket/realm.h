#pragma once

#include <vector>

#include "ticket/batch.h"
#include "ticket/crypto.h"
#include "ticket/wire/codec.h"

namespace waybill {

/// The signed list of a realm's public keys (specs/protocol.md 2). Everybody pins the root key out
/// of band, in the realm file; everything else is believed because this document says it.
struct RealmDocument {
  struct Epoch {
    KeyId id;
    EpochPublic key;
    Time from, until;  ///< when a login may use it
  };
  struct Signer {
    KeyId id;
    KdcPublic key;
    Time from, until;  ///< when it may have signed
  };

  Realm realm;
  Digest realm_id;       ///< random, once for ever: two realms of one name have other salts
  std::uint64_t serial;  ///< grows; a client refuses to go back
  Time issued_at;
  std::vector<Epoch> epochs;
  std::vector<Signer> signers;

  /// [document (bin), signature]. Errors: realm_invalid, wrong_realm and the codec's.
  static Result<RealmDocument> parse(Bytes wire, const Realm& realm, const RootPublic& root);
  Buffer sign(const RootKey& root) const;

  /// The newest epoch that is open at `now`; nothing when there is none.
  const Epoch* epoch_at(Time now) const;
  const Epoch* epoch(KeyId id) const;
  /// The key, when it may have signed at `when`.
  const Signer* signer(KeyId id, Time when) const;

 private:
  Buffer encode() const;
};

}  // namespace waybill
