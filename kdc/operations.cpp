#include "kdc/operations.h"

#include <algorithm>
#include <array>

#include "kdc/admin.h"
#include "kdc/audit_reading.h"
#include "kdc/audit_search.h"
#include "kdc/init.h"
#include "kdc/keys.h"
#include "kdc/locations.h"
#include "kdc/look.h"
#include "kdc/reasons.h"
#include "kdc/revoke.h"
#include "kdc/tgs_exchange.h"
#include "kdc/tickets.h"
#include "kdc/verdicts.h"

namespace waybill::kdc {
namespace {

Result<CaveatRequest> not_narrowed(Bytes) {
  return Error{Errc::not_permitted, "not with a narrowed TGT"};
}

Result<CaveatRequest> by_time(Bytes) { return CaveatRequest{}; }

constexpr auto anybody = MayCall::anybody;
constexpr auto services = MayCall::services;
constexpr auto operators = MayCall::operators;
constexpr auto owners = MayCall::owners;
constexpr auto beside = Pace::beside;
constexpr auto in_turn = Pace::in_turn;

constexpr std::array table{
    // name, who may call, with a narrowed TGT, pace, what decides
    OperationRow{"tgs", anybody, by_time, beside, tgs},
    OperationRow{"tgs.delegate", services, delegated_work, beside, tgs_delegate},
    OperationRow{"look", services, looked_at_work, beside, look},
    OperationRow{"renew", anybody, evidence_work, beside, renew},
    OperationRow{"complete", anybody, evidence_work, in_turn, complete},
    OperationRow{"verdict", anybody, not_narrowed, beside, verdict},
    OperationRow{"revoke", anybody, by_time, in_turn, revoke},
    OperationRow{"tickets", anybody, by_time, in_turn, tickets},
    OperationRow{"locate", anybody, by_time, in_turn, locate},
    OperationRow{"self", anybody, by_time, in_turn, self},
    OperationRow{"passwd", anybody, not_narrowed, in_turn, passwd},
    OperationRow{"announce", services, not_narrowed, in_turn, announce},
    OperationRow{"audit.search", anybody, by_time, in_turn, audit_search},
    OperationRow{"audit.work", anybody, by_time, in_turn, audit_work},
    OperationRow{"audit.tail", operators, by_time, in_turn, audit_tail},
    OperationRow{"audit.records", operators, by_time, in_turn, audit_records},
    OperationRow{"audit.checkpoint", operators, by_time, in_turn, audit_checkpoint},
    OperationRow{"admin.principal.add", operators, not_narrowed, in_turn, admin_principal_add},
    OperationRow{"admin.principal.show", operators, by_time, in_turn, admin_principal_show},
    OperationRow{"admin.principal.list", operators, by_time, in_turn, admin_principal_list},
    OperationRow{"admin.principal.disable", operators, not_narrowed, in_turn,
                 admin_principal_disable},
    OperationRow{"admin.principal.enable", operators, not_narrowed, in_turn,
                 admin_principal_enable},
    OperationRow{"admin.principal.unlock", operators, not_narrowed, in_turn,
                 admin_principal_unlock},
    OperationRow{"admin.principal.change", operators, not_narrowed, in_turn,
                 admin_principal_change},
    OperationRow{"admin.principal.rekey", operators, not_narrowed, in_turn, admin_principal_rekey},
    OperationRow{"admin.principal.remove", operators, not_narrowed, in_turn,
                 admin_principal_remove},
    OperationRow{"admin.principal.stage", operators, not_narrowed, in_turn, admin_principal_stage},
    OperationRow{"admin.principal.import", operators, not_narrowed, in_turn,
                 admin_principal_import},
    OperationRow{"admin.queue.add", operators, not_narrowed, in_turn, admin_queue_add},
    OperationRow{"admin.queue.show", owners, by_time, in_turn, admin_queue_show},
    OperationRow{"admin.queue.change", operators, not_narrowed, in_turn, admin_queue_change},
    OperationRow{"admin.queue.disable", operators, not_narrowed, in_turn, admin_queue_disable},
    OperationRow{"admin.queue.enable", operators, not_narrowed, in_turn, admin_queue_enable},
    OperationRow{"admin.queue.remove", operators, not_narrowed, in_turn, admin_queue_remove},
    OperationRow{"admin.queue.rekey", owners, not_narrowed, in_turn, admin_queue_rekey},
    OperationRow{"admin.queue.list", operators, by_time, in_turn, admin_queue_list},
    OperationRow{"admin.grant.add", owners, not_narrowed, in_turn, admin_grant_add},
    OperationRow{"admin.grant.list", owners, by_time, in_turn, admin_grant_list},
    OperationRow{"admin.grant.remove", owners, not_narrowed, in_turn, admin_grant_remove},
};

}  // namespace

std::span<const OperationRow> operations() { return table; }

const OperationRow* find_operation(std::string_view name) {
  const auto found = std::ranges::find(table, name, &OperationRow::name);
  return found == table.end() ? nullptr : &*found;
}

Checked may_call(const PrincipalRecord& who, MayCall allowed) {
  switch (allowed) {
    case MayCall::anybody:
    case MayCall::owners:
      return ok();
    case MayCall::services:
      if (who.kind == PrincipalKind::service) return ok();
      break;
    case MayCall::operators:
      if (who.has_role(operator_role)) return ok();
      break;
  }
  return Error{Errc::not_permitted, "operation"};
}

Checked caveats_allow(const OperationRow& row, Ask& ask) {
  if (ask.caller.caveats.empty()) return ok();
  TRY(asked, row.narrowed(ask.arguments));
  asked.now = ask.now;
  return check_caveats(ask.caller.caveats, asked, ask.fields);
}

}  // namespace waybill::kdc
