#include "kdc/keys.h"

#include "kdc/pages.h"
#include "kdc/policy.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

/// What is to become of a principal's keys.
struct KeyChange {
  std::string name;
  std::optional<PrincipalPublic> key;  ///< of the next version; none only retires
  Kvno kvno;                           ///< of `key`, or the newest
  bool retire_old;
  Time now;
  Seconds overlap;
};

std::string version_text(Kvno kvno) { return std::to_string(number(kvno)); }

// A third key would end the first, and with it logins of whoever has not heard of the second.
Checked check_room(const PrincipalRecord& record, const KeyChange& wanted, Said& said) {
  const LiveKey* older = older_key(record, wanted.overlap, wanted.now);
  if (older == nullptr || wanted.retire_old || record.kind == PrincipalKind::user) return ok();
  const Seconds left = record.newest().created + wanted.overlap - wanted.now;
  said.detail = "version " + version_text(older->kvno) + " is good for " +
                std::to_string(left.count()) + " seconds yet; say retire_old = yes to end it now";
  return Error{Errc::policy_denied, "two keys are good"};
}

Checked change_key(StoreChange& change, const KeyChange& wanted, Said& said) {
  auto record = change.principal(wanted.name);
  if (!record) return Error{Errc::principal_unknown, "changed meanwhile"};
  const Kvno expected = wanted.key ? next_version(*record) : record->newest().kvno;
  if (expected != wanted.kvno) return Error{Errc::possession_unproven, "changed meanwhile"};
  if (wanted.key) {
    CHECK_OK(check_room(*record, wanted, said));
    record->add_key(*wanted.key, wanted.now);
  } else if (record->keys.size() < 2) {
    return Error{Errc::not_found, "an older key"};
  }
  if (wanted.retire_old || record->kind == PrincipalKind::user) {
    record->keys.resize(1, record->newest());
    // This second's TGTs end too; logins start after it.
    record->not_before = wanted.now + Seconds(1);
  }
  change.put_principal(*record);
  Fields row{{"name", wanted.name}};
  add_keys(row, *record, wanted.overlap, wanted.now);
  said.answer(row);
  return ok();
}

// Absent, or "yes".
Result<bool> word_in(Ask& ask, const Fields& fields) {
  if (!fields.has("retire_old")) return false;
  ask.fields.add("retire_old", std::string(fields.get("retire_old")));
  if (fields.get("retire_old") == "yes") return true;
  return ask.refuse(Errc::malformed, "retire_old is yes, or left out");
}

// Out of arguments of which the names are checked.
Result<KeyChange> change_in(const KdcParts& parts, Ask& ask, const Fields& fields,
                            const PrincipalRecord& record) {
  TRY(retire_old, word_in(ask, fields));
  KeyChange wanted{record.principal.name(), std::nullopt, record.newest().kvno, retire_old, ask.now,
                   parts.config.max_renew};
  const bool brings_key =
      fields.has("public_key") || fields.has("possession") || fields.has("epoch");
  if (!brings_key && retire_old) return wanted;
  wanted.kvno = next_version(record);
  ask.fields.add("kvno", version_text(wanted.kvno))
      .add("public_key", std::string(fields.get("public_key")));
  TRY(key, proven_key(parts, fields, {record.principal, wanted.kvno}, ask.now));
  wanted.key = key;
  return wanted;
}

}  // namespace

Kvno next_version(const PrincipalRecord& record) {
  return Kvno{static_cast<std::uint32_t>(number(record.newest().kvno) + 1)};
}

const LiveKey* older_key(const PrincipalRecord& record, Seconds overlap, Time now) {
  if (record.keys.size() < 2 || now >= record.newest().created + overlap) return nullptr;
  return &record.keys.back();
}

void add_keys(Fields& row, const PrincipalRecord& record, Seconds overlap, Time now) {
  row.add("kvno", version_text(record.newest().kvno))
      .add("public_key", to_hex(record.newest().key.bytes));
  if (const LiveKey* older = older_key(record, overlap, now)) {
    row.add("older_kvno", version_text(older->kvno))
        .add("older_until", unix_text(record.newest().created + overlap));
  }
}

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

Checked is_fresh_login(const Ask& ask) {
  const Body& tgt = ask.caller.tgt.body();
  const bool initial = (tgt.flags & flags::initial) != 0;
  if (initial && ask.now < tgt.issued_at + limits::fresh_login) return ok();
  return Error{Errc::login_not_fresh, "a change of key"};
}

Decided passwd(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"public_key", "possession", "epoch", "retire_old"}));
  CHECK_OK(is_fresh_login(ask));
  TRY(wanted, change_in(parts, ask, fields, ask.caller.record));
  const auto effects = [wanted = wanted, said = ask.said](StoreChange& change, Fields&) -> Checked {
    return change_key(change, wanted, *said);
  };
  return to_do(effects);
}

Decided rekey(const KdcParts& parts, Ask& ask, const Fields& fields, const PrincipalRecord& record,
              MayRekey may) {
  TRY(wanted, change_in(parts, ask, fields, record));
  const auto effects = [wanted = wanted, may = std::move(may), said = ask.said](
                           StoreChange& change, Fields&) -> Checked {
    CHECK_OK(may(change));
    return change_key(change, wanted, *said);
  };
  return to_do(effects);
}

}  // namespace waybill::kdc
