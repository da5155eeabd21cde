// What is taken out of the realm for good, with all that refers to it.
#include "kdc/admin.h"
#include "kdc/pages.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

using Holder = GrantRecord::Holder;
using GrantIds = std::vector<std::uint64_t>;

std::string numbers_of(const GrantIds& ids) {
  std::string out;
  for (const std::uint64_t id : ids) out += (out.empty() ? "" : ",") + std::to_string(id);
  return out;
}

// Whoever gets the name one day must not get what was granted to this one.
GrantIds grants_to(const StoreView& view, const std::string& name) {
  GrantIds ids;
  for (const Holder holder : {Holder::subject, Holder::trigger}) {
    for (const GrantRecord& grant : view.grants_of(holder, name)) ids.push_back(grant.id);
  }
  return ids;
}

// Those that name this queue and no other; a prefix goes on to mean what it says. Queues are
// removed rarely: the table is read from end to end.
GrantIds grants_at(const StoreView& view, const std::string& queue) {
  GrantIds ids;
  std::uint64_t after = 0;
  for (;;) {
    const auto page = view.grants(after, limits::max_page);
    for (const GrantRecord& grant : page) {
      if (grant.queue.text() == queue) ids.push_back(grant.id);
      after = grant.id;
    }
    if (page.size() < limits::max_page) return ids;
  }
}

void take_out(StoreChange& change, const PrincipalRecord& record, const GrantIds& grants,
              Time now) {
  for (const std::uint64_t id : grants) change.remove_grant(id);
  revoke_all(change, record, now, "removed");
  const StoreTables& tables = change.store().tables();
  const std::string& name = record.principal.name();
  if (change.location(name)) change.erase(tables.locations, bytes_of(name));
  if (change.queue(name)) change.erase(tables.queues, bytes_of(name));
  change.erase(tables.principals, bytes_of(name));
}

// The names of arguments are checked; `name` is in the record.
Result<Principal> named(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name"}));
  ask.fields.add("name", std::string(fields.get("name")));
  return principal_in(parts, fields, "name");
}

void tell(Fields& noted, Said& said, const GrantIds& grants) {
  noted.add("grants", numbers_of(grants));
  said.answer(Fields{{"grants", numbers_of(grants)}});
}

}  // namespace

Decided admin_principal_remove(const KdcParts& parts, Ask& ask) {
  TRY(principal, named(parts, ask));
  if (principal == ask.caller.principal()) {
    return ask.refuse(Errc::policy_denied, "nobody removes himself: a realm keeps an operator");
  }
  const auto effects = [principal = principal, now = ask.now, said = ask.said](
                           StoreChange& change, Fields& noted) -> Checked {
    const auto record = change.principal(principal.name());
    if (!record) return Error{Errc::principal_unknown, "remove"};
    if (record->kind == PrincipalKind::queue) {
      return Error{Errc::wrong_kind, "a queue is removed as a queue"};
    }
    const auto queues = change.queues_of(principal);
    if (!queues.empty()) {
      said->detail = "it owns " + joined(queues) + "; give them to another owner first";
      return Error{Errc::policy_denied, "an owner"};
    }
    const GrantIds grants = grants_to(change, principal.name());
    take_out(change, *record, grants, now);
    tell(noted, *said, grants);
    return ok();
  };
  return to_do(effects);
}

Decided admin_queue_remove(const KdcParts& parts, Ask& ask) {
  TRY(principal, named(parts, ask));
  const auto effects = [name = principal.name(), now = ask.now, said = ask.said](
                           StoreChange& change, Fields& noted) -> Checked {
    const auto record = change.principal(name);
    if (!record || !change.queue(name)) return Error{Errc::queue_unknown, "remove"};
    GrantIds grants = grants_at(change, name);
    for (const std::uint64_t id : grants_to(change, name)) grants.push_back(id);
    take_out(change, *record, grants, now);
    tell(noted, *said, grants);
    return ok();
  };
  return to_do(effects);
}

}  // namespace waybill::kdc
