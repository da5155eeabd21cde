#include "kdc/admin.h"
#include "kdc/keys.h"
#include "kdc/pages.h"
#include "ticket/hex.h"
#include "ticket/limits.h"

namespace waybill::kdc {
namespace {

Result<Principal> principal_in(const KdcParts& parts, const Fields& fields, std::string_view name) {
  TRY(principal, Principal::parse(fields.get(name), parts.realm()));
  if (principal.realm() != parts.realm()) return Error{Errc::wrong_realm, "queue"};
  return principal;
}

Fields row_of(const StoreView& view, const QueueRecord& queue) {
  Fields row{{"name", queue.name},
             {"owner", queue.owner.name()},
             {"owner_pending", yes_or_no(queue.owner_pending)}};
  if (const auto record = view.principal(queue.name)) {
    row.add("kvno", std::to_string(number(record->newest().kvno)))
        .add("public_key", to_hex(record->newest().key.bytes))
        .add("disabled", yes_or_no(record->disabled));
  }
  return std::move(row.add("created", unix_text(queue.created)));
}

}  // namespace

Decided admin_queue_add(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name", "owner", "public_key", "possession", "epoch"}));
  ask.fields.add("name", std::string(fields.get("name")))
      .add("owner", std::string(fields.get("owner")))
      .add("public_key", std::string(fields.get("public_key")));
  TRY(principal, principal_in(parts, fields, "name"));
  TRY(owner, principal_in(parts, fields, "owner"));
  if (principal.name() == krbtgt_name) return Error{Errc::already_exists, "the KDC itself"};
  TRY(key, proven_key(parts, fields, {principal, Kvno{1}}, ask.now));
  PrincipalRecord record{
      .principal = principal, .kind = PrincipalKind::queue, .keys = {}, .roles = {}};
  record.add_key(key, ask.now);
  record.created = ask.now;
  const auto effects = [record, owner = owner, said = ask.said](StoreChange& change,
                                                                Fields& noted) -> Checked {
    const std::string& name = record.principal.name();
    if (change.principal(name)) return Error{Errc::already_exists, "principal"};
    const bool pending = !change.principal(owner.name());
    change.put_principal(record);
    change.put_queue({name, owner, pending, record.created});
    noted.add("owner_pending", yes_or_no(pending));
    said->answer(Fields{{"name", name},
                        {"owner", owner.name()},
                        {"owner_pending", yes_or_no(pending)},
                        {"kvno", "1"}});
    return ok();
  };
  return to_do(effects);
}

Decided admin_queue_show(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name"}));
  TRY(principal, principal_in(parts, fields, "name"));
  const auto view = parts.store.view();
  const auto queue = view.queue(principal.name());
  if (!queue) return Error{Errc::queue_unknown, "show"};
  ask.said->answer(row_of(view, *queue));
  return nothing_to_do();
}

Decided admin_queue_list(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"after"}));
  const auto view = parts.store.view();
  const auto queues = view.queues(fields.get("after"), limits::max_page);
  PageBuilder page;
  std::string last;
  for (const QueueRecord& queue : queues) {
    if (!page.add(row_of(view, queue))) break;
    last = queue.name;
  }
  const bool more = page.is_full() || queues.size() == limits::max_page;
  ask.said->answer(page.finish(more ? last : std::string()));
  return nothing_to_do();
}

}  // namespace waybill::kdc
