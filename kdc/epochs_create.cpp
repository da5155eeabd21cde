// The first epochs of a realm.
#include <algorithm>

#include "kdc/epochs.h"
#include "kdc/init.h"
#include "ticket/limits.h"

namespace waybill::kdc {
namespace {

struct Span {
  Time from;
  Time until;
};

// The next one opens before this one closes, so that clients and the KDC need not switch in the
// same second.
std::array<Span, 2> spans(const Epochs::Plan& plan) {
  const Seconds overlap = std::min<Seconds>(std::chrono::hours(24), plan.life / 4);
  const Time end = plan.now + plan.life;
  return {Span{plan.now - limits::clock_skew, end}, Span{end - overlap, end + plan.life}};
}

}  // namespace

RealmDocument Epochs::create(StoreChange& change, const RootKey& root, const Plan& plan) {
  RealmDocument document{plan.realm, random_bytes<32>(), 1, plan.now, {}, {}};
  std::uint32_t number = 0;
  for (const Span& span : spans(plan)) {
    const KeyId id{++number};
    const EpochKey epoch = EpochKey::random();
    const TgtKey tgt = TgtKey::random();
    const KdcSigningKey signer = KdcSigningKey::random();
    change.put_secret(secret_name("epoch", id), epoch.secret().expose());
    change.put_secret(secret_name("tgt", id), tgt.secret().expose());
    change.put_secret(secret_name("signer", id), signer.seed().expose());
    document.epochs.push_back({id, epoch.public_key(), span.from, span.until});
    document.signers.push_back({id, signer.public_key(), span.from, span.until});
  }
  change.put_meta(meta::realm, bytes_of(plan.realm.text()));
  change.put_meta(meta::root_public, root.public_key().bytes);
  change.put_meta(meta::realm_document, document.sign(root));
  return document;
}

}  // namespace waybill::kdc
