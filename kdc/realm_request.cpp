#include "kdc/realm_request.h"

#include "ticket/realm_keys.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

constexpr std::string_view kind = "waybill-realm-request";
constexpr std::uint64_t version = 1;
}  // namespace

Buffer encode_request(const RealmDocument& document) {
  Writer out;
  out.array(8).str(kind).uint(version).str(document.realm.text()).bin(document.realm_id);
  out.uint(document.serial).time(document.issued_at);
  waybill::detail::write_keys(out, document.epochs);
  waybill::detail::write_keys(out, document.signers);
  return out.take();
}

Result<RealmDocument> decode_request(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(8);
  in.literal(kind);
  if (in.uint() != version) in.fail(Errc::bad_version, "realm request");
  const auto realm = in.realm();
  const Digest realm_id = in.bin<32>();
  const std::uint64_t serial = in.uint();
  const Time issued_at = in.time();
  auto epochs = waybill::detail::read_keys<RealmDocument::Epoch>(in);
  auto signers = waybill::detail::read_keys<RealmDocument::Signer>(in);
  CHECK_OK(in.finish());
  return RealmDocument{*realm, realm_id, serial, issued_at, std::move(epochs), std::move(signers)};
}

}  // namespace waybill::kdc
