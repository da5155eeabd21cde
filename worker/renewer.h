#pragma once

#include "ticket/adapters/service_principal.h"
#include "ticket/ticket.h"

namespace waybill::worker {

/// Asks the KDC for new times of a job's ticket (specs/protocol.md 6, "Renewal"), as the queue that
/// the ticket is addressed to. What comes back is believed by nobody before a Verifier has judged
/// it. Thread-safe.
class Renewer {
 public:
  /// `self` must outlive it.
  explicit Renewer(ServicePrincipal& self) : self_(self) {}

  /// The renewed ticket, sealed to this queue. Errors: the KDC's; kdc_unreachable when none answers
  /// or what answers does not speak as one.
  Result<Buffer> renew(const Evidence& evidence);

  /// Whether this refusal is the KDC's word on the ticket, so that asking again is no use. Any
  /// other says something of the KDC, of the way to it or of this worker, and may pass.
  static bool is_final(Errc refusal);

 private:
  ServicePrincipal& self_;
};

}  // namespace waybill::worker
