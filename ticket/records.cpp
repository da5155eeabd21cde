#include "ticket/records.h"

namespace waybill {
namespace {

constexpr std::size_t mac_bytes = 32;
using WrapKey = SymmetricKey<struct WrapPurpose>;

WrapKey wrap_key(const MasterKey& master, std::string_view name) {
  return derive<WrapKey>(Label::wrap, master.secret(), {bytes_of(name)});
}

}  // namespace

Digest audit_link(const Digest& previous, Bytes record) {
  return hash(Label::audit, {previous, record});
}

Buffer RecordGuard::protect(std::string_view table, Bytes key, Bytes value) const {
  const Digest mac = keyed_hash(Label::record, master_.secret(), {bytes_of(table), key, value});
  Buffer out = copy_of(value);
  out.insert(out.end(), mac.begin(), mac.end());
  return out;
}

Result<Bytes> RecordGuard::check(std::string_view table, Bytes key, Bytes stored) const {
  if (stored.size() < mac_bytes) return Error{Errc::bad_integrity, "record without a MAC"};
  const Bytes value = stored.first(stored.size() - mac_bytes);
  const Digest mac = keyed_hash(Label::record, master_.secret(), {bytes_of(table), key, value});
  if (!same_secret(mac, stored.last(mac_bytes))) return Error{Errc::bad_integrity, "record MAC"};
  return value;
}

Buffer RecordGuard::wrap(std::string_view name, Bytes secret) const {
  return seal(wrap_key(master_, name), bytes_of(name), secret);
}

Result<SecretBuffer> RecordGuard::unwrap(std::string_view name, Bytes wrapped) const {
  TRY(plain, open(wrap_key(master_, name), bytes_of(name), wrapped));
  return wiped_copy(std::move(plain));
}

}  // namespace waybill
