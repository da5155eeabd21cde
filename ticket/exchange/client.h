#pragma once

#include <memory>

#include "ticket/call.h"
#include "ticket/exchange/messages.h"
#include "ticket/noise.h"
#include "ticket/realm.h"

namespace waybill {

/// The client's side of the AS exchange as two pure steps; carrying the bytes is the caller's
/// (adapters/kdc_client.h).
class Login {
 public:
  struct Wish {
    Seconds life;
    Seconds renewable;
    /// A TGT that this principal had here before, whether in time or not: who shows one is not held
    /// up by the failures of strangers. Null when there is none.
    const IssuedTicket* earlier = nullptr;
  };
  /// Errors: unknown_epoch (the realm document has no open epoch now), bad_integrity.
  static Result<Login> start(const PrincipalKey& key, const Principal& principal,
                             const RealmDocument& realm, Wish wish, Time now);
  /// The body for POST /v1/as.
  Bytes request() const { return request_; }

  struct Done {
    IssuedTicket tgt;
    InstanceId kdc;
    Time kdc_time;
  };
  /// Errors: login_failed, clock_skew, bad_integrity (not the realm's KDC), the codec's.
  Result<Done> finish(Bytes reply, Time now);

 private:
  Login(noise::Initiator initiator, Buffer request)
      : initiator_(std::move(initiator)), request_(std::move(request)) {}
  noise::Initiator initiator_;
  Buffer request_;
};

/// What an earlier TGT is presented for in a login (specs/protocol.md 3): for nothing but a login
/// at this epoch.
Digest earlier_digest(const Realm& realm, KeyId epoch);

/// The delegation that a caller hands a trigger: the TGT, narrowed to one trigger and one piece of
/// work, finished (specs/protocol.md 5). `wanted` names what is delegated. Errors: limit_exceeded
/// (too much for a caveat, as many long actions are).
struct Delegation {
  Principal trigger;
  std::string queue;
  std::string workflow_type;
  std::vector<std::string> actions;
  Digest input;
  std::vector<Downstream> downstreams;
  std::optional<std::string> workflow_id;
  Time not_after;
  std::optional<std::string> space{};  ///< the namespace that it must run in, where it is known
};
Result<Buffer> delegate(const IssuedTicket& tgt, const Delegation& wanted, Time now);

/// A presentation of a service ticket for one request to that service.
struct ServiceRequest {
  Principal service;
  InstanceId instance;
  Digest request;
};
Buffer present(const IssuedTicket& ticket, const ServiceRequest& wanted, Time now);

/// What somebody shows a trigger to see a payload of a piece of work (specs/protocol.md 5): the
/// TGT, narrowed to looking at it, there, for one request. Errors: limit_exceeded.
struct Look {
  ServiceRequest at;
  std::string workflow_id;
  std::optional<std::string> space{};  ///< the namespace that it must lie in, where it is known
};
Result<Buffer> present_look(const IssuedTicket& tgt, const Look& wanted, Time now);

}  // namespace waybill
