#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kdc/parts.h"
#include "ticket/exchange/fields.h"
#include "ticket/presentation.h"

namespace waybill::kdc {

/// Who calls, proven (kdc/call.h): the tag was made with the TGT's session key, for us, now, for
/// these operations, for the first time; the principal is active and the TGT not revoked.
struct Caller {
  const VerifiedTicket& tgt;
  const PrincipalRecord& record;
  const std::vector<Caveat>& caveats;  ///< of the call: a narrowed TGT does less

  const Principal& principal() const { return record.principal; }
  bool is_operator() const;
};

/// What is told to the asker besides a code and a ticket. Shared with the effects of a deed, which
/// fill it on the writer's thread, before the asker's thread reads it.
struct Said {
  SecretBuffer value;  ///< canonical encoding, by operation
  std::string detail;  ///< of a refusal: a sentence for the person who asked, may be empty
  void answer(const Fields& fields) { value = secret_copy(fields.encode()); }
  void answer(const Page& page) { value = secret_copy(page.encode()); }
};

/// One operation on its way.
struct Ask {
  const Caller& caller;
  Bytes arguments;
  Time now;
  Fields fields;  ///< of its audit record, filled as they become known, before any refusal
  std::shared_ptr<Said> said = std::make_shared<Said>();

  /// A refusal with a sentence of its own.
  Error refuse(Errc code, std::string detail, const char* note = "") const {
    said->detail = std::move(detail);
    return {code, note};
  }
};

/// What an operation decided, having read and not yet changed anything: a refusal; something to be
/// done; or nothing to do, because reading was all. The effects run inside the transaction, where
/// kdc/call.cpp has made sure once more that the caller may still do this; they check again
/// whatever else may have changed in between. The audit record is made of the operation's name, the
/// Ask's fields and what the effects add.
struct ToDo {
  Issuer::Effects effects;
  std::optional<Issuer::TicketOrder> ticket;
  /// What is to become of memory, on the asker's thread, when the deed is durable and not before.
  std::function<void()> afterwards;
};
using Decided = Result<std::optional<ToDo>>;
inline Decided to_do(Issuer::Effects effects, std::optional<Issuer::TicketOrder> ticket = {}) {
  return std::optional<ToDo>(ToDo{std::move(effects), std::move(ticket), {}});
}
inline Decided to_do(Issuer::Effects effects, std::function<void()> afterwards) {
  return std::optional<ToDo>(ToDo{std::move(effects), {}, std::move(afterwards)});
}
inline Decided nothing_to_do() { return std::optional<ToDo>(); }
using Decide = Decided (*)(const KdcParts&, Ask&);

/// A TGT out of a presentation, opened by the epoch that it names, and in its time. Errors: the
/// codec's, wrong_kind, wrong_realm, unknown_epoch, bad_integrity, not_yet_valid, ticket_expired.
Result<VerifiedTicket> open_tgt(const KdcParts& parts, Bytes wire, Time now);

/// Its subject, as long as the ticket still speaks for it. Errors: revoked (also: the principal is
/// gone or disabled, or its key was changed since).
Result<PrincipalRecord> holder_of(const StoreView& view, const Body& tgt);

/// Somebody else's TGT, presented to a service that shows it on: proven to be that person's doing,
/// and in good standing.
struct ShownTgt {
  Body tgt;
  std::vector<Caveat> caveats;
  Authenticator authenticator;
  Digest tag;
};
/// The subject goes into the record under `field`. Errors: open_tgt's, bad_tag, holder_of's.
Result<ShownTgt> open_shown_tgt(const KdcParts& parts, Ask& ask, Bytes wire, const char* field);

/// An entry for the revocation feed. By subject, actor, queue and realm it reaches what was issued
/// until now; by ticket and workflow whatever was and will be. It matters for as long as any ticket
/// may live; when it is by a service ticket, which ends at `ends`, no longer than that one: nothing
/// is derived from it, and a renewal never moves its end.
Revocation revocation(RevokedBy kind, std::string value, Time now, std::optional<Time> ends = {});

}  // namespace waybill::kdc
