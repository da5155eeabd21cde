#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ticket/adapters/kdc_client.h"
#include "ticket/exchange/client.h"
#include "ticket/exchange/keytab.h"
#include "ticket/payload.h"

namespace waybill::demo {

/// A piece of work that a user wants done.
struct Errand {
  std::string queue = "queue-alice";
  std::string type = "invoice-report";
  std::vector<std::string> actions{"invoice:read", "report:write"};
  std::string input =
      "number,customer,date,due,amount,paid\n1,acme,2026-01-02,2026-02-01,10.00,0\n";
  Seconds run_for{0};
  std::string space = "default";
  std::string workflow_id = "invoice-report-demo";
};

/// Somebody with a key and a TGT, who says to the KDC whatever he likes.
class Actor {
 public:
  /// Throws std::runtime_error when the login is refused.
  Actor(KdcClient& kdc, const Clock& clock, const Keytab& keytab);
  Actor(KdcClient& kdc, const Clock& clock, const Principal& principal, const PrincipalKey& key);

  const Principal& principal() const { return principal_; }
  const IssuedTicket& tgt() const { return login_.tgt; }
  const InstanceId& kdc_instance() const { return login_.kdc; }
  Time now() const { return clock_.now(); }

  /// One operation; the refusal's code is the Result's error.
  Result<Answer> call(const std::string& operation, Bytes arguments);
  Result<IssuedTicket> ticket_for(const std::string& service);
  /// The user's side of an errand.
  Buffer delegation(const Principal& trigger, const Errand& errand) const;
  /// The trigger's side.
  Result<IssuedTicket> exchange(Bytes delegation, const Errand& errand);

 private:
  KdcClient& kdc_;
  const Clock& clock_;
  Principal principal_;
  Login::Done login_;
};

/// WB-… of a refusal, empty for none.
template <class T>
std::string code_of(const Result<T>& result) {
  return result ? std::string() : std::string(describe(result.error().code).name);
}

/// Who plays in the demo, and where everything is.
struct Cast {
  KdcClient& kdc;
  const Clock& clock;
  const std::filesystem::path& folder;  ///< with the keytabs that tools/demo made
  std::string trigger_url;
  std::string temporal;  ///< HOST:PORT of the Temporal server; empty: the trigger's own engine
  std::string worker_program;
  Actor carol;   ///< may start invoice-* at queue-alice and queue-spare
  Actor dave;    ///< may start invoice-* at queue-bob
  Actor orders;  ///< trigger/orders: the honest trigger, whose key the attacker has here and there
  Actor rogue;   ///< trigger/rogue: a registered trigger that somebody has taken over
  Keytab alice;  ///< queue-alice
  Keytab spare;  ///< queue-spare, which has no worker
  Keytab bob;    ///< queue-bob
};

/// The workflow's ticket of an errand, asked for as it should be.
struct Granted {
  IssuedTicket ticket;
  Errand errand;
  Buffer sealed_input;
};
/// Throws std::runtime_error when the honest way is refused.
Granted grant(Cast& cast, Actor& user, const Errand& errand);

}  // namespace waybill::demo
