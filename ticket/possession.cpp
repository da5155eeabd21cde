#include "ticket/possession.h"

#include "ticket/crypto.h"
#include "ticket/wire/codec.h"

namespace waybill {
namespace {

std::optional<Digest> possession(const std::optional<Secret<32>>& shared, const KeyClaim& claim,
                                 Bytes key, Bytes epoch) {
  if (!shared) return std::nullopt;
  const Buffer kvno = Writer().uint(number(claim.kvno)).take();
  return keyed_hash(Label::possession, *shared,
                    {bytes_of(claim.principal.text()), kvno, key, epoch});
}

}  // namespace

std::optional<Digest> prove_possession(const PrincipalKey& key, const EpochPublic& epoch,
                                       const KeyClaim& claim) {
  return possession(shared_secret(key.secret(), epoch.bytes), claim, key.public_key().bytes,
                    epoch.bytes);
}

std::optional<Digest> expected_possession(const EpochKey& epoch, const PrincipalPublic& key,
                                          const KeyClaim& claim) {
  return possession(shared_secret(epoch.secret(), key.bytes), claim, key.bytes,
                    epoch.public_key().bytes);
}

}  // namespace waybill
