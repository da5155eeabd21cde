#pragma once

#include "ticket/records.h"
#include "trigger/engine.h"

namespace waybill::trigger {

/// What the embedded engine keeps of a run, as plain values with one canonical encoding each
/// (specs/storage.md, "The trigger's store").

/// Table `runs`: all that changes, small, so that an attempt rewrites some hundred bytes.
struct RunRecord {
  Run run;
  Time due_at{};                 ///< queued: may be handed out from then on
  std::optional<LeaseId> lease;  ///< the last one, kept after the end
  Time lease_until{};            ///< running: exclusive

  Buffer encode() const;
  static Result<RunRecord> decode(Bytes wire);
};

/// Table `authorities`: what never changes, with the session key wrapped.
struct Authority {
  Buffer ticket;
  Buffer evidence;
  Buffer wrapped_session;
  Digest submission;

  static Authority of(const NewRun& work, const RecordGuard& guard);
  /// Errors: bad_integrity.
  Result<SessionKey> session(const TicketId& ticket_id, const RecordGuard& guard) const;

  Buffer encode() const;
  static Result<Authority> decode(Bytes wire);
};

}  // namespace waybill::trigger
