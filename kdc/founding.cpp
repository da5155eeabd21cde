#include "kdc/founding.h"

#include "kdc/audit.h"
#include "kdc/realm_request.h"
#include "kdc/rotation.h"

namespace waybill::kdc {
namespace {

Result<RealmDocument> check_first(const StoreView& view, Bytes wire, Time now) {
  const auto asked = first_request(view);
  const auto root = view.meta(meta::root_public);
  const auto realm = Realm::parse(text_of(view.meta(meta::realm).value_or(Buffer{})));
  if (!asked || !root || !realm) return Error{Errc::already_exists, "the realm has its document"};
  TRY(document, RealmDocument::parse(wire, *realm, RootPublic{fixed<32>(*root)}));
  if (encode_request(document) != *asked) {
    return Error{Errc::realm_invalid, "it is not what this KDC has asked for"};
  }
  if (document.epoch_at(now) == nullptr) {
    return Error{Errc::realm_invalid, "none of its keys is open now"};
  }
  return document;
}

}  // namespace

std::optional<Buffer> first_request(const StoreView& view) {
  return view.meta(meta::realm_request);
}

Checked found_realm(Store& store, Bytes wire, Time now) {
  WriteTxn txn(store.env());
  StoreChange change(store, txn);
  TRY(document, check_first(change, wire, now));
  put_document(change, document, wire);
  change.erase(store.tables().meta, bytes_of(meta::realm_request));
  const Epochs epochs(change);
  const auto admin = Principal::make(operator_role, document.realm);
  Audit::append(change,
                {"realm.created",
                 std::nullopt,
                 {{"realm", document.realm.text()}, {"principal", admin->text()}}},
                now);
  Audit::checkpoint(change, epochs, now);
  std::move(txn).commit();
  return ok();
}

}  // namespace waybill::kdc
