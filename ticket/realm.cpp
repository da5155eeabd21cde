#include "ticket/realm.h"

#include "ticket/realm_keys.h"
#include "ticket/wire/limits.h"

namespace waybill {
Result<RealmDocument> RealmDocument::parse(Bytes wire, const Realm& realm, const RootPublic& root) {
  Reader outer(wire, limits::max_message);
  outer.array(2);
  const Bytes document = outer.bin(limits::max_message);
  const auto signature = outer.bin<64>();
  CHECK_OK(outer.finish());
  if (!verify(root, document, signature)) return Error{Errc::realm_invalid, "root signature"};

  Reader in(document, limits::max_message);
  in.array(8);
  in.literal("realm");
  in.version();
  const auto named = in.realm();
  const Digest realm_id = in.bin<32>();
  const std::uint64_t serial = in.uint();
  const Time issued_at = in.time();
  auto epochs = detail::read_keys<Epoch>(in);
  auto signers = detail::read_keys<Signer>(in);
  CHECK_OK(in.finish());
  if (*named != realm) return Error{Errc::wrong_realm, "realm document"};
  return RealmDocument{*named, realm_id, serial, issued_at, std::move(epochs), std::move(signers)};
}

Buffer RealmDocument::encode() const {
  Writer out;
  out.array(8).str("realm").uint(limits::protocol_version).str(realm.text()).bin(realm_id);
  out.uint(serial).time(issued_at);
  detail::write_keys(out, epochs);
  detail::write_keys(out, signers);
  return out.take();
}

Buffer RealmDocument::sign(const RootKey& root) const {
  const Buffer document = encode();
  return Writer().array(2).bin(document).bin(waybill::sign(root, document)).take();
}

const RealmDocument::Epoch* RealmDocument::epoch_at(Time now) const {
  const Epoch* best = nullptr;
  for (const Epoch& e : epochs) {
    const bool open = e.from <= now && now < e.until;
    if (open && (best == nullptr || number(best->id) < number(e.id))) best = &e;
  }
  return best;
}

const RealmDocument::Epoch* RealmDocument::epoch(KeyId id) const {
  for (const Epoch& e : epochs) {
    if (e.id == id) return &e;
  }
  return nullptr;
}

const RealmDocument::Signer* RealmDocument::signer(KeyId id, Time when) const {
  for (const Signer& s : signers) {
    if (s.id == id) return s.from <= when && when < s.until ? &s : nullptr;
  }
  return nullptr;
}

}  // namespace waybill
