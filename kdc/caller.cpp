#include "kdc/caller.h"

#include "kdc/init.h"
#include "kdc/policy.h"

namespace waybill::kdc {
namespace {

constexpr Time for_ever{Seconds(253'402'300'799)};  // the last second of 9999

}  // namespace

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

Revocation revocation(const Config& config, RevokedBy kind, std::string value, Time now) {
  const bool by_name = kind == RevokedBy::ticket || kind == RevokedBy::workflow;
  Revocation entry;
  entry.kind = kind;
  entry.value = std::move(value);
  entry.time = now;
  entry.issued_until = by_name ? for_ever : now;
  entry.matters_until = now + config.longest_life();
  return entry;
}

}  // namespace waybill::kdc
