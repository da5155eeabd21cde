#pragma once

#include <semaphore>

#include "ticket/adapters/service_principal.h"
#include "trigger/kdc_port.h"

namespace waybill::trigger {

/// The realm's KDC over HTTP, under the trigger's own identity. So many delegations and looks are
/// under way at the same time, which the KDC puts into one commit; further ones wait for a moment
/// and are refused as busy then.
class RealmKdc final : public KdcPort {
 public:
  static constexpr int exchanges = 48;  ///< below the threads of a KDC

  /// A realm document that is older than `serial` is refused.
  RealmKdc(RealmFile realm, const Keytab& keytab, const Clock& clock, std::uint64_t serial);

  /// As KdcClient::use.
  Checked use(RealmFile realm) { return client_.use(std::move(realm)); }

  RealmDocument realm() override;
  Result<IssuedTicket> delegate(const DelegatedTicketRequest& request) override;
  Result<Viewer> look(const LookRequest& request) override;
  std::vector<Checked> complete(const std::vector<Buffer>& evidences) override;
  Checked announce(const std::string& url) override;

 private:
  std::vector<Answer> call(const std::vector<Operation>& operations);
  Result<SecretBuffer> exchange(Operation operation);

  KdcClient client_;
  ServicePrincipal self_;
  std::counting_semaphore<exchanges> slots_{exchanges};
};

}  // namespace waybill::trigger
