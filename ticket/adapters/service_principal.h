#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ticket/adapters/kdc_client.h"
#include "ticket/exchange/keytab.h"

namespace waybill {

/// A daemon's own identity: it logs in from a keytab, keeps its TGT fresh, calls the KDC under it
/// and holds tickets for the services that it uses. Thread-safe; no lock is held while the KDC is
/// asked for anything but a login. Throws HttpError when no KDC answers.
class ServicePrincipal {
 public:
  /// `kdc` and `clock` must outlive it. Nothing is asked before the first call.
  ServicePrincipal(KdcClient& kdc, const Keytab& keytab, const Clock& clock);

  const Principal& principal() const { return principal_; }

  /// One operation; a refused answer is the Result's error. Errors: the KDC's, Login's.
  Result<Answer> call(Operation operation);
  /// Several in one call, each with its own answer, as KdcClient::call. A TGT that the KDC does not
  /// take any more is replaced by a new login, once.
  Result<std::vector<Answer>> call(const std::vector<Operation>& operations);

  /// A ticket for a service of this realm, asked for again when three quarters of its life are
  /// over, so that it never ends on the way.
  Result<std::shared_ptr<const IssuedTicket>> ticket_for(const std::string& service);
  /// The next ticket_for() asks the KDC: the service did not take the one that we have.
  void forget(const std::string& service);

 private:
  struct Identity {
    std::shared_ptr<const IssuedTicket> tgt;
    InstanceId kdc;
  };
  Result<Identity> identity();
  Result<Login::Done> login();
  bool may_be_stale(const Identity& used, const Result<std::vector<Answer>>& answers) const;
  void drop(const Identity& stale);
  void remember(const Identity& used, const InstanceId& kdc);

  KdcClient& kdc_;
  const Clock& clock_;
  const Principal principal_;
  std::vector<PrincipalKey> keys_;  // newest first

  std::mutex login_lock_;  // one login at a time; taken before lock_
  std::mutex lock_;
  std::shared_ptr<const IssuedTicket> tgt_;
  InstanceId instance_{};
  std::map<std::string, std::shared_ptr<const IssuedTicket>> tickets_;
};

}  // namespace waybill
