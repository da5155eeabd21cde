#pragma once

#include <vector>

#include "ticket/codec.h"
#include "ticket/crypto.h"

namespace waybill {

/// The keys of one principal, as kept in a file of mode 0600 (specs/storage.md). Reading and
/// writing the file is adapters/files.h; this is its content.
class Keytab {
 public:
  struct Entry {
    Kvno kvno;
    Time created;
    PrincipalKey key;
  };

  Keytab(Principal principal, Entry first);

  const Principal& principal() const { return principal_; }
  /// Newest kvno first; never empty.
  const std::vector<Entry>& entries() const { return entries_; }
  const Entry& newest() const { return entries_.front(); }
  /// The next version: requires a higher kvno. The oldest beyond two is dropped.
  void add(Entry entry);

  /// ["waybill-keytab", 1, principal, [[kvno, created, secret]…]]. Holds secrets.
  SecretBuffer encode() const;
  static Result<Keytab> decode(Bytes file);

 private:
  Principal principal_;
  std::vector<Entry> entries_;
};

/// Proof that whoever registers a key holds it: H("possession", X25519(key, epoch);
/// principal, kvno, both public keys). The KDC computes the same from the other side.
/// Nothing when the shared secret is all zero.
struct KeyClaim {
  const Principal& principal;
  Kvno kvno;
};
std::optional<Digest> prove_possession(const PrincipalKey& key, const EpochPublic& epoch,
                                       const KeyClaim& claim);
std::optional<Digest> expected_possession(const EpochKey& epoch, const PrincipalPublic& key,
                                          const KeyClaim& claim);

}  // namespace waybill
