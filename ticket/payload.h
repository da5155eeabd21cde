#pragma once

#include <string>

#include "ticket/crypto.h"
#include "ticket/ticket.h"

namespace waybill {

/// What travels beside a ticket (specs/protocol.md 8): the scheduler's operators see no input and
/// cannot swap it, and nobody but the worker of the job can make its result.

/// What an input is bound to.
struct InputBinding {
  std::string space;  ///< namespace
  std::string queue;
  std::string workflow_type;
  std::string workflow_id;
};
Buffer seal_input(const SessionKey& session, const InputBinding& binding, Bytes input);
/// Errors: bad_integrity.
Result<Buffer> open_input(const SessionKey& session, const InputBinding& binding, Bytes sealed);

/// What a result is bound to.
struct ResultBinding {
  TicketId ticket;
  std::string workflow_id;
  std::string run_chain;  ///< the engine's first run id of this work
};
Buffer seal_result(const SessionKey& session, const ResultBinding& binding, Bytes result);
/// Errors: bad_result.
Result<Buffer> open_result(const SessionKey& session, const ResultBinding& binding, Bytes sealed);

}  // namespace waybill
