#include "kdc/caller.h"

#include "kdc/init.h"
#include "kdc/policy.h"

namespace waybill::kdc {

bool Caller::is_operator() const { return record.has_role(operator_role); }

Result<VerifiedTicket> open_tgt(const KdcParts& parts, Bytes wire, Time now) {
  TRY(sealed, SealedTicket::parse(wire));
  TRY(opened, parts.epochs.open_tgt(sealed));
  return std::move(opened).verify_tgt(now);
}

Result<PrincipalRecord> holder_of(const StoreView& view, const Body& tgt) {
  auto record = active(view, tgt.subject.name());
  if (!record || record->principal != tgt.subject) return Error{Errc::revoked, "no such principal"};
  if (tgt.issued_at < record->not_before) return Error{Errc::revoked, "before the key was changed"};
  if (view.revoked(tgt)) return Error{Errc::revoked, "the TGT"};
  return *std::move(record);
}

Result<ShownTgt> open_shown_tgt(const KdcParts& parts, Ask& ask, Bytes wire, const char* field) {
  TRY(presentation, Presentation::parse(wire));
  TRY(tgt, open_tgt(parts, presentation.ticket(), ask.now));
  ask.fields.add(field, tgt.body().subject.text());
  CHECK_OK(presentation.check(tgt.session()));
  CHECK_OK(holder_of(parts.store.view(), tgt.body()));
  return ShownTgt{tgt.body(), presentation.caveats(), presentation.authenticator(),
                  presentation.tag()};
}

Revocation revocation(RevokedBy kind, std::string value, Time now, std::optional<Time> ends) {
  const bool for_ever = names_a_ticket(kind) || kind == RevokedBy::workflow;
  Revocation entry;
  entry.kind = kind;
  entry.value = std::move(value);
  entry.time = now;
  entry.issued_until = for_ever ? Revocation::for_ever : now;
  entry.matters_until = ends ? *ends + limits::clock_skew : now + limits::max_ticket_life;
  return entry;
}

}  // namespace waybill::kdc
