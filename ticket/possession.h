#pragma once

#include <optional>

#include "ticket/keys.h"
#include "ticket/wire/principal.h"

namespace waybill {

/// Proof that whoever registers a key holds it (specs/protocol.md 2): H("possession", X25519(key,
/// epoch); principal, kvno, both public keys). The KDC computes the same from the other side.
/// Nothing when the shared secret is all zero.
struct KeyClaim {
  const Principal& principal;
  Kvno kvno;
};
std::optional<Digest> prove_possession(const PrincipalKey& key, const EpochPublic& epoch,
                                       const KeyClaim& claim);
std::optional<Digest> expected_possession(const EpochKey& epoch, const PrincipalPublic& key,
                                          const KeyClaim& claim);

}  // namespace waybill
