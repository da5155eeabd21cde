#include "kdc/admin.h"
#include "kdc/keys.h"
#include "kdc/pages.h"
#include "kdc/policy.h"

namespace waybill::kdc {
namespace {

// Asked again on the writer's thread. Who does not own it is not told whether it is there.
Checked runs_queue(const StoreView& view, const Principal& who, std::string_view queue) {
  if (is_operator(view, who) || owns_queue(view, who, queue)) return ok();
  return Error{Errc::not_permitted, "another's queue"};
}

// Of arguments that are its name alone.
Result<Principal> one_queue(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name"}));
  ask.fields.add("name", std::string(fields.get("name")));
  TRY(principal, principal_in(parts, fields, "name"));
  if (!parts.store.view().queue(principal.name())) return Error{Errc::queue_unknown, "queue"};
  return principal;
}

Fields row_of(const KdcParts& parts, const StoreView& view, const QueueRecord& queue, Time now) {
  Fields row{{"name", queue.name},
             {"owner", queue.owner.name()},
             {"owner_pending", yes_or_no(queue.owner_pending)}};
  if (const auto record = view.principal(queue.name)) {
    add_keys(row, *record, parts.config.max_renew, now);
    row.add("disabled", yes_or_no(record->disabled));
  }
  return std::move(row.add("created", unix_text(queue.created)));
}

/// Which queues a list shows.
struct QueueFilter {
  std::optional<Principal> owner;  ///< pending or not
  std::optional<bool> disabled;

  bool lets_through(const StoreView& view, const QueueRecord& queue) const {
    if (owner && queue.owner != *owner) return false;
    if (!disabled) return true;
    const auto record = view.principal(queue.name);
    return record && record->disabled == *disabled;
  }
};

Result<QueueFilter> filter_in(const KdcParts& parts, const Fields& fields) {
  TRY(disabled, yes_no_in(fields, "disabled"));
  if (!fields.has("owner")) return QueueFilter{std::nullopt, disabled};
  TRY(owner, principal_in(parts, fields, "owner"));
  return QueueFilter{owner, disabled};
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
  CHECK_OK(runs_queue(view, ask.caller.principal(), principal.name()));
  const auto queue = view.queue(principal.name());
  if (!queue) return Error{Errc::queue_unknown, "show"};
  ask.said->answer(row_of(parts, view, *queue, ask.now));
  return nothing_to_do();
}

Decided admin_queue_list(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"owner", "disabled", "prefix", "after", "count"}));
  TRY(wish, page_wish(fields));
  TRY(filter, filter_in(parts, fields));
  const auto view = parts.store.view();
  const std::string_view prefix = fields.get("prefix");
  ask.said->answer(filtered_page(
      wish,
      [&](const std::string& after, std::size_t most) { return view.queues(after, most, prefix); },
      [](const QueueRecord& queue) { return queue.name; },
      [&](const QueueRecord& queue) -> std::optional<Fields> {
        if (!filter.lets_through(view, queue)) return std::nullopt;
        return row_of(parts, view, queue, ask.now);
      }));
  return nothing_to_do();
}

Decided admin_queue_rekey(const KdcParts& parts, Ask& ask) {
  TRY(fields,
      read_fields(ask.arguments, {"name", "public_key", "possession", "epoch", "retire_old"}));
  ask.fields.add("name", std::string(fields.get("name")));
  TRY(principal, principal_in(parts, fields, "name"));
  const Principal& who = ask.caller.principal();
  const auto view = parts.store.view();
  CHECK_OK(runs_queue(view, who, principal.name()));
  ask.fields.add("as", ask.caller.is_operator() ? "operator" : "owner");
  // Whoever finds an owner's ticket must not be able to turn it into the queue's work.
  if (!ask.caller.is_operator()) CHECK_OK(is_fresh_login(ask));
  if (!view.queue(principal.name())) return Error{Errc::queue_unknown, "rekey"};
  const auto record = view.principal(principal.name());
  if (!record) return Error{Errc::queue_unknown, "rekey"};
  return rekey(parts, ask, fields, *record, [who, name = principal.name()](const StoreView& now) {
    return runs_queue(now, who, name);
  });
}

Decided admin_queue_change(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name", "owner"}));
  ask.fields.add("name", std::string(fields.get("name")))
      .add("owner", std::string(fields.get("owner")));
  TRY(principal, principal_in(parts, fields, "name"));
  TRY(owner, principal_in(parts, fields, "owner"));
  const auto effects = [name = principal.name(), owner = owner](StoreChange& change,
                                                                Fields& noted) -> Checked {
    auto queue = change.queue(name);
    if (!queue) return Error{Errc::queue_unknown, "change"};
    if (!change.principal(owner.name())) return Error{Errc::principal_unknown, "owner"};
    noted.add("owner_before", queue->owner.text());
    queue->owner = owner;
    queue->owner_pending = false;
    change.put_queue(*queue);
    return ok();
  };
  return to_do(effects);
}

Decided admin_queue_disable(const KdcParts& parts, Ask& ask) {
  TRY(principal, one_queue(parts, ask));
  return disable(ask, principal);
}

Decided admin_queue_enable(const KdcParts& parts, Ask& ask) {
  TRY(principal, one_queue(parts, ask));
  return enable(principal);
}

}  // namespace waybill::kdc
