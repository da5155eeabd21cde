#include "kdc/realm_request.h"

#include <algorithm>

#include "ticket/limits.h"

namespace waybill::kdc {
namespace {

constexpr std::string_view kind = "waybill-realm-request";
constexpr std::uint64_t version = 1;
constexpr std::size_t max_keys = 64;

template <class Entry>
void write_keys(Writer& out, const std::vector<Entry>& entries) {
  out.array(entries.size());
  for (const Entry& e : entries) {
    out.array(4).uint(number(e.id)).bin(e.key.bytes).time(e.from).time(e.until);
  }
}

template <class Entry>
std::vector<Entry> read_keys(Reader& in) {
  std::vector<Entry> entries;
  for (std::size_t n = in.array(0, max_keys); n > 0; --n) {
    in.array(4);
    const KeyId id{in.uint32()};
    const auto key = in.bin<32>();
    const Time from = in.time();
    const Time until = in.time();
    if (std::ranges::find(entries, id, &Entry::id) != entries.end()) {
      in.fail(Errc::malformed, "one id twice");
    }
    entries.push_back({id, {key}, from, until});
  }
  return entries;
}

}  // namespace

Buffer encode_request(const RealmDocument& document) {
  Writer out;
  out.array(8).str(kind).uint(version).str(document.realm.text()).bin(document.realm_id);
  out.uint(document.serial).time(document.issued_at);
  write_keys(out, document.epochs);
  write_keys(out, document.signers);
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
  auto epochs = read_keys<RealmDocument::Epoch>(in);
  auto signers = read_keys<RealmDocument::Signer>(in);
  CHECK_OK(in.finish());
  return RealmDocument{*realm, realm_id, serial, issued_at, std::move(epochs), std::move(signers)};
}

}  // namespace waybill::kdc
