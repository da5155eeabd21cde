// The first epochs of a realm, and the keys of each that follows.
#include <algorithm>

#include "kdc/epochs.h"
#include "kdc/init.h"
#include "kdc/rotation.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {

Seconds Epochs::overlap(Seconds life) {
  return std::min<Seconds>(std::chrono::hours(24), life / 4);
}

void Epochs::add(StoreChange& change, RealmDocument& document, KeyId id, Time from, Time until) {
  const EpochKey epoch = EpochKey::random();
  const TgtKey tgt = TgtKey::random();
  const KdcSigningKey signer = KdcSigningKey::random();
  change.put_secret(secret_name("epoch", id), epoch.secret().expose());
  change.put_secret(secret_name("tgt", id), tgt.secret().expose());
  change.put_secret(secret_name("signer", id), signer.seed().expose());
  document.epochs.push_back({id, epoch.public_key(), from, until});
  document.signers.push_back({id, signer.public_key(), from, until});
}

RealmDocument Epochs::draft(StoreChange& change, const RootPublic& root, const Plan& plan) {
  RealmDocument document{plan.realm, random_bytes<32>(), 1, plan.now, {}, {}};
  const Time end = plan.now + plan.life;
  add(change, document, KeyId{1}, plan.now - limits::clock_skew, end);
  add(change, document, KeyId{2}, end - overlap(plan.life), end + plan.life);
  change.put_meta(meta::realm, bytes_of(plan.realm.text()));
  change.put_meta(meta::root_public, root.bytes);
  return document;
}

RealmDocument Epochs::create(StoreChange& change, const RootKey& root, const Plan& plan) {
  RealmDocument document = draft(change, root.public_key(), plan);
  change.put_meta(meta::realm_document, document.sign(root));
  return document;
}

}  // namespace waybill::kdc
