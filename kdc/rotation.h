#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdc/issuer.h"
#include "ticket/realm.h"

namespace waybill::kdc {

/// How a realm gets new keys (specs/storage.md, "Epochs"). The realm document says which epochs and
/// signing keys there are; the root key signs each one; the secrets are in the store beside it.
/// What is written here is written in a deed, by the daemon or by a command beside it: LMDB lets
/// one process write at a time, and the daemon takes a newer document within a second.

/// The name of a key's record in the store's table of secrets; `kind` is epoch, tgt or signer.
std::string secret_name(std::string_view kind, KeyId id);

/// An epoch or signing key that never opens, or was over before it did.
template <class Entry>
bool is_withdrawn(const Entry& entry) {
  return entry.until <= entry.from;
}

/// The newest epoch, when it has not opened yet; null when everybody is under way on the last one.
const RealmDocument::Epoch* epoch_ahead(const RealmDocument& document, Time now);

struct RotationWish {
  Time now;
  Seconds life;  ///< of each epoch that is made
  /// None: one more epoch, behind the newest one. Else new keys open after so long: what was ahead
  /// is withdrawn unused, what is open ends soon after, and the next one is published as well.
  std::optional<Seconds> starts_in = {};
};

/// The document that comes after `before`, not signed yet, and its new keys, which are in the store
/// from then on. What nothing needs any more is not listed. Errors: limit_exceeded (too many
/// epochs), before anything is written.
Result<RealmDocument> next_document(StoreChange& change, const RealmDocument& before,
                                    const RotationWish& wish);

/// That a signed document may follow the stored one. Errors: realm_invalid (another root or realm,
/// not newer, no key open now), unknown_epoch or unknown_signer (its keys are not in this store).
Result<RealmDocument> check_document(const StoreView& view, Bytes wire, Time now);

/// Puts a signed document in force, and erases what belongs to keys that it does not list: their
/// secrets, and older checkpoints of the audit chain that they signed.
void put_document(StoreChange& change, const RealmDocument& document, Bytes wire);

/// Names of secrets that are there and that nothing needs: the login key of an epoch that is over,
/// its TGT key when no TGT of its time is left, a signing key when no ticket and no segment of the
/// feed of its time can be left.
std::vector<std::string> needless_secrets(const StoreView& view, const RealmDocument& document,
                                          Time now);
/// From then on the record says that there was one.
void destroy_secret(StoreChange& change, std::string_view name);

/// What the deeds below work on.
struct RealmAtHand {
  const Store& store;
  Epochs& epochs;
  Issuer& issuer;
};

/// Makes, signs and puts in force the next document: one deed. Errors: realm_invalid (not this
/// realm's root key), next_document's.
Checked rotate(RealmAtHand realm, const RootKey& root, const RotationWish& wish);

/// Closes an epoch now and destroys its login and TGT key: whoever has a TGT of it logs in again.
/// Its signing key stays listed for the tickets that it signed. One that has not opened never will.
/// Errors: realm_invalid, unknown_epoch, already_ended, policy_denied (no other one is open).
Checked retire(RealmAtHand realm, const RootKey& root, KeyId id, Time now);

/// Makes keys for the next document and leaves it unsigned: for a root key on another machine.
Result<RealmDocument> request_document(RealmAtHand realm, const RotationWish& wish);
/// Puts what that machine has signed in force. Errors: check_document's.
Checked install_document(RealmAtHand realm, Bytes wire, Time now);

/// Destroys what needless_secrets() names; false when there is nothing.
bool destroy_needless_secrets(RealmAtHand realm, Time now);

}  // namespace waybill::kdc
