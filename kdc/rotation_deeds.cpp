// What changes a realm's keys, each as one deed.
#include <algorithm>

#include "kdc/init.h"
#include "kdc/rotation.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

Checked is_root_of(const StoreView& view, const RootKey& root) {
  const auto known = view.meta(meta::root_public);
  if (known && equal(*known, root.public_key().bytes)) return ok();
  return Error{Errc::realm_invalid, "this root key is not the realm's"};
}

// A commit is signed by a key that is open; when all were over, only the new document has one.
void take_if_needed(Epochs& epochs, const StoreChange& change, Time now) {
  if (!epochs.can_sign(now)) epochs.reload(change);
}

void tell(Fields& audit, const RealmDocument& document) {
  audit.add("serial", std::to_string(document.serial));
}

/// One deed; then this process knows what it did.
Checked in_a_deed(RealmAtHand realm, const std::string& event, const Issuer::Effects& effects) {
  const auto done = realm.issuer.commit({{event, std::nullopt, {}}, effects, std::nullopt});
  if (!done) return done.error();
  realm.epochs.reload(realm.store.view());
  return ok();
}

Checked can_be_retired(const StoreView& view, const RealmDocument& document, KeyId id, Time now) {
  const auto* epoch = document.epoch(id);
  if (epoch == nullptr) return Error{Errc::unknown_epoch, "there is no such epoch"};
  const auto secret = view.secret(secret_name("tgt", id));
  if (is_withdrawn(*epoch) || (secret && secret->empty())) {
    return Error{Errc::already_ended, "it is retired already"};
  }
  const bool other = std::ranges::any_of(document.epochs, [&](const RealmDocument::Epoch& e) {
    return e.id != id && e.from <= now && now < e.until &&
           document.signer(e.id, now + limits::clock_skew) != nullptr;
  });
  if (other || epoch->from > now) return ok();
  return Error{Errc::policy_denied, "no other epoch is open: rotate first, and wait for the start"};
}

// The signing key ends a little later: the daemon hears of the document within a second.
void close(RealmDocument& document, KeyId id, Time now) {
  for (auto& epoch : document.epochs) {
    if (epoch.id == id) epoch.until = std::max(epoch.from, std::min(epoch.until, now));
  }
  for (auto& signer : document.signers) {
    if (signer.id != id) continue;
    const Time end = signer.from > now ? signer.from : now + limits::clock_skew;
    signer.until = std::min(signer.until, end);
  }
}

}  // namespace

Checked rotate(RealmAtHand realm, const RootKey& root, const RotationWish& wish) {
  return in_a_deed(realm, "realm.rotated", [&](StoreChange& change, Fields& audit) -> Checked {
    CHECK_OK(is_root_of(change, root));
    TRY(document, next_document(change, Epochs::stored_document(change), wish));
    put_document(change, document, document.sign(root));
    tell(audit, document);
    take_if_needed(realm.epochs, change, wish.now);
    return ok();
  });
}

Checked retire(RealmAtHand realm, const RootKey& root, KeyId id, Time now) {
  return in_a_deed(realm, "epoch.retired", [&](StoreChange& change, Fields& audit) -> Checked {
    audit.add("epoch", std::to_string(number(id)));
    CHECK_OK(is_root_of(change, root));
    RealmDocument document = Epochs::stored_document(change);
    CHECK_OK(can_be_retired(change, document, id, now));
    close(document, id, now);
    ++document.serial;
    document.issued_at = now;
    put_document(change, document, document.sign(root));
    destroy_secret(change, secret_name("epoch", id));
    destroy_secret(change, secret_name("tgt", id));
    tell(audit, document);
    return ok();
  });
}

Result<RealmDocument> request_document(RealmAtHand realm, const RotationWish& wish) {
  std::optional<RealmDocument> wanted;
  CHECK_OK(in_a_deed(realm, "realm.requested", [&](StoreChange& change, Fields& audit) -> Checked {
    TRY(document, next_document(change, Epochs::stored_document(change), wish));
    tell(audit, document);
    wanted = std::move(document);
    return ok();
  }));
  return *std::move(wanted);
}

Checked install_document(RealmAtHand realm, Bytes wire, Time now) {
  return in_a_deed(realm, "realm.installed", [&](StoreChange& change, Fields& audit) -> Checked {
    TRY(document, check_document(change, wire, now));
    put_document(change, document, wire);
    tell(audit, document);
    take_if_needed(realm.epochs, change, now);
    return ok();
  });
}

bool destroy_needless_secrets(RealmAtHand realm, Time now) {
  const auto names = needless_secrets(realm.store.view(), realm.epochs.document(), now);
  if (names.empty()) return false;
  const auto done =
      in_a_deed(realm, "epoch.keys_destroyed", [&](StoreChange& change, Fields& audit) {
        std::string list;
        for (const std::string& name : names) {
          destroy_secret(change, name);
          list += (list.empty() ? "" : " ") + name;
        }
        audit.add("keys", list);
        return ok();
      });
  return bool(done);
}

}  // namespace waybill::kdc
