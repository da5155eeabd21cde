#include "kdc/keys.h"

#include "kdc/pages.h"
#include "kdc/policy.h"
#include "ticket/hex.h"
#include "ticket/limits.h"

namespace waybill::kdc {
namespace {

Kvno next_version(const PrincipalRecord& record) {
  return Kvno{static_cast<std::uint32_t>(number(record.newest().kvno) + 1)};
}

}  // namespace

Result<PrincipalPublic> proven_key(const KdcParts& parts, const Fields& fields,
                                   const KeyClaim& claim, Time now) {
  TRY(key, fixed_from_hex<32>(fields.get("public_key")));
  TRY(possession, fixed_from_hex<32>(fields.get("possession")));
  TRY(epoch, parse_number(fields.get("epoch")));
  if (epoch > UINT32_MAX) return Error{Errc::unknown_epoch, "epoch"};
  const KeyId id{static_cast<std::uint32_t>(epoch)};
  TRY(expected, parts.epochs.expected_possession(id, {key}, claim, now));
  if (!same_secret(expected, possession)) return Error{Errc::possession_unproven, "possession"};
  return PrincipalPublic{key};
}

Decided self(const KdcParts& parts, Ask& ask) {
  CHECK_OK(read_fields(ask.arguments, {}));
  const PrincipalRecord& record = ask.caller.record;
  Fields row{{"name", record.principal.name()},
             {"kind", std::string(name_of(record.kind))},
             {"kvno", std::to_string(number(record.newest().kvno))},
             {"created", unix_text(record.created)}};
  for (const std::string& role : record.roles) row.add("role", role);
  const auto view = parts.store.view();
  for (std::string& queue : view.queues_of(record.principal)) {
    if (owns_queue(view, record.principal, queue)) row.add("queue", std::move(queue));
  }
  ask.said->answer(row);
  return nothing_to_do();
}

Decided passwd(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"public_key", "possession", "epoch"}));
  const Body& tgt = ask.caller.tgt.body();
  const bool initial = (tgt.flags & flags::initial) != 0;
  if (!initial || ask.now >= tgt.issued_at + limits::fresh_login) {
    return Error{Errc::login_not_fresh, "passwd"};
  }
  const Kvno kvno = next_version(ask.caller.record);
  ask.fields.add("kvno", std::to_string(number(kvno)))
      .add("public_key", std::string(fields.get("public_key")));
  TRY(key, proven_key(parts, fields, {ask.caller.principal(), kvno}, ask.now));
  const auto effects = [name = ask.caller.principal().name(), key, kvno, now = ask.now,
                        said = ask.said](StoreChange& change, Fields&) -> Checked {
    auto record = change.principal(name);
    if (next_version(*record) != kvno) return Error{Errc::possession_unproven, "changed meanwhile"};
    record->add_key(key, now);
    if (record->kind == PrincipalKind::user) {
      record->keys.resize(1, record->newest());
      record->not_before = now + Seconds(1);  // this second's TGTs end too; logins start after it
    }
    change.put_principal(*record);
    said->answer(Fields{{"kvno", std::to_string(number(kvno))}});
    return ok();
  };
  return to_do(effects);
}

}  // namespace waybill::kdc
