#pragma once

#include <string>
#include <vector>

#include "ticket/exchange/messages.h"

namespace waybill {

/// The credential cache: one principal's TGT and service tickets, as kept in a file of mode 0600
/// (specs/storage.md). Reading and writing the file is adapters/files.h; this is its content.
class CredentialCache {
 public:
  CredentialCache(Principal principal, InstanceId kdc, std::uint64_t realm_serial);

  const Principal& principal() const { return principal_; }
  InstanceId kdc;              ///< the KDC instance that answered last
  std::uint64_t realm_serial;  ///< newest realm document seen; never goes back

  struct Credential {
    std::string audience;  ///< "krbtgt" for the TGT
    IssuedTicket issued;
  };
  /// Newest of its audience, whether in time or not; null when there is none.
  const IssuedTicket* find(std::string_view audience) const;
  const IssuedTicket* tgt() const { return find("krbtgt"); }
  /// Replaces what is there for this audience.
  void store(std::string audience, IssuedTicket issued);
  const std::vector<Credential>& credentials() const { return credentials_; }

  /// ["waybill-ccache", 1, principal, KDC instance, realm serial, [[audience, ticket]…]].
  SecretBuffer encode() const;
  static Result<CredentialCache> decode(Bytes file);

 private:
  Principal principal_;
  std::vector<Credential> credentials_;
};

}  // namespace waybill
