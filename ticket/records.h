#pragma once

#include <string_view>

#include "ticket/crypto.h"

namespace waybill {

/// The link after a record of the audit chain: H("audit"; previous link, record) (specs/protocol.md
/// 9). The link before the first is zero.
Digest audit_link(const Digest& previous, Bytes record);

/// How a daemon keeps things in its store (specs/storage.md): every record carries a keyed MAC over
/// table, key and value, so that a swapped public key is not believed; secrets are wrapped.
class RecordGuard {
 public:
  explicit RecordGuard(MasterKey master) : master_(std::move(master)) {}

  /// value ‖ mac(32).
  Buffer protect(std::string_view table, Bytes key, Bytes value) const;
  /// The value inside `stored`, a view of it. Errors: bad_integrity.
  Result<Bytes> check(std::string_view table, Bytes key, Bytes stored) const;

  /// A secret under a name that is bound to it.
  Buffer wrap(std::string_view name, Bytes secret) const;
  /// Errors: bad_integrity.
  Result<SecretBuffer> unwrap(std::string_view name, Bytes wrapped) const;

 private:
  MasterKey master_;
};

}  // namespace waybill
