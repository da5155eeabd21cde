#pragma once

#include <vector>

#include "ticket/keys.h"
#include "ticket/wire/codec.h"

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

}  // namespace waybill
