#include <algorithm>

#include "kdc/admin.h"
#include "kdc/pages.h"
#include "kdc/policy.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

using Holder = GrantRecord::Holder;

Result<Holder> holder_in(const Fields& fields) {
  std::optional<Holder> holder;
  for (const Holder one : {Holder::subject, Holder::role, Holder::trigger}) {
    if (!fields.has(name_of(one))) continue;
    if (holder) return Error{Errc::malformed, "a grant has one holder"};
    holder = one;
  }
  if (!holder) return Error{Errc::malformed, "a grant without a holder"};
  return *holder;
}

// Without the realm: that is how the store names holders.
Result<std::string> holder_name(const KdcParts& parts, const Fields& fields, Holder holder) {
  const std::string_view text = fields.get(name_of(holder));
  if (holder == Holder::role) {
    if (!is_name(text, limits::max_name)) return Error{Errc::bad_name, "role"};
    return std::string(text);
  }
  TRY(principal, principal_in(parts, fields, name_of(holder)));
  return principal.name();
}

Checked add_work(GrantRecord& grant, const KdcParts& parts, const Fields& fields) {
  TRY(workflow, Pattern::parse(fields.get("workflow")));
  TRY(max_run, parse_number(fields.get("max_run")));
  const auto longest = static_cast<std::uint64_t>(parts.config.max_renew.count());
  if (max_run == 0 || max_run > longest) return Error{Errc::limit_exceeded, "max_run"};
  grant.actions = fields.all("action");
  if (grant.actions.size() > limits::max_actions) return Error{Errc::limit_exceeded, "actions"};
  for (const std::string& action : grant.actions) {
    if (!is_name(action, limits::max_name)) return Error{Errc::bad_name, "action"};
  }
  const std::string_view stale_feed = fields.get("stale_feed");
  if (fields.has("stale_feed") && stale_feed != "refuse" && stale_feed != "mark") {
    return Error{Errc::malformed, "stale_feed is refuse or mark"};
  }
  grant.soft_feed = stale_feed == "mark";
  grant.workflow = std::move(workflow);
  grant.max_run = Seconds(max_run);
  return ok();
}

Result<GrantRecord> parse_grant(const KdcParts& parts, const Fields& fields) {
  TRY(holder, holder_in(fields));
  TRY(name, holder_name(parts, fields, holder));
  TRY(queue, Pattern::parse(fields.get("queue")));
  GrantRecord grant{.holder = holder, .name = std::move(name), .queue = std::move(queue)};
  if (holder != Holder::trigger) {
    CHECK_OK(add_work(grant, parts, fields));
  } else if (fields.has("workflow") || fields.has("action") || fields.has("max_run") ||
             fields.has("stale_feed")) {
    return Error{Errc::malformed, "a ceiling has a queue and no more"};
  }
  return grant;
}

bool same_rule(const GrantRecord& a, const GrantRecord& b) {
  const bool same_type = a.workflow.has_value() == b.workflow.has_value() &&
                         (!a.workflow || a.workflow->text() == b.workflow->text());
  return same_type && a.queue.text() == b.queue.text() && a.actions == b.actions &&
         a.max_run == b.max_run && a.soft_feed == b.soft_feed;
}

// A rule for somebody who is not there is a misspelt name.
Checked check_holder(const StoreView& view, const GrantRecord& grant) {
  if (grant.holder == Holder::role) return ok();
  const auto record = view.principal(grant.name);
  if (!record) return Error{Errc::principal_unknown, "grant"};
  if (grant.holder == Holder::trigger && record->kind != PrincipalKind::service) {
    return Error{Errc::wrong_kind, "a trigger is a service"};
  }
  return ok();
}

// An operator all, an owner those of subjects and roles that name a queue of his and nothing else:
// a pattern with a `*` is the name of no queue. A ceiling is about what a trigger may do in
// everybody's name, and stays with operators. Asked again on the writer's thread.
Checked may_manage(const StoreView& view, const Principal& who, const GrantRecord& grant) {
  if (is_operator(view, who)) return ok();
  const bool is_own = owns_queue(view, who, grant.queue.text());
  if (is_own && grant.holder != Holder::trigger) return ok();
  return Error{Errc::not_permitted, "another's grant"};
}

/// Whose grants somebody sees: an operator all, an owner those that reach his queues.
class Sight {
 public:
  Sight(const StoreView& view, const Principal& who) : all_(is_operator(view, who)) {
    if (all_) return;
    for (std::string& queue : view.queues_of(who)) {
      if (owns_queue(view, who, queue)) queues_.push_back(std::move(queue));
    }
  }
  bool is_nothing() const { return !all_ && queues_.empty(); }
  bool reaches(std::string_view queue) const {
    return all_ || std::ranges::find(queues_, queue) != queues_.end();
  }
  bool shows(const GrantRecord& grant) const {
    return all_ || std::ranges::any_of(queues_, [&](const std::string& queue) {
             return grant.queue.matches(queue);
           });
  }

 private:
  bool all_;
  std::vector<std::string> queues_;
};

Fields row_of(const GrantRecord& grant) {
  Fields row{{"id", std::to_string(grant.id)},
             {std::string(name_of(grant.holder)), grant.name},
             {"queue", grant.queue.text()}};
  if (grant.workflow) row.add("workflow", grant.workflow->text());
  for (const std::string& action : grant.actions) row.add("action", action);
  if (grant.workflow) row.add("max_run", std::to_string(grant.max_run.count()));
  if (grant.soft_feed) row.add("stale_feed", "mark");
  return std::move(row.add("created", unix_text(grant.created)));
}

using NamedHolder = std::pair<Holder, std::string>;

Result<std::optional<NamedHolder>> wanted_holder(const KdcParts& parts, const Fields& fields) {
  if (!fields.has("subject") && !fields.has("role") && !fields.has("trigger")) {
    return std::optional<NamedHolder>();
  }
  TRY(holder, holder_in(fields));
  TRY(name, holder_name(parts, fields, holder));
  return std::optional(NamedHolder{holder, std::move(name)});
}

std::vector<GrantRecord> grants_of(const StoreView& view, const NamedHolder& holder,
                                   std::uint64_t after, std::size_t most) {
  std::vector<GrantRecord> grants = view.grants_of(holder.first, holder.second);
  std::erase_if(grants, [&](const GrantRecord& grant) { return grant.id <= after; });
  if (grants.size() > most) {
    grants.erase(grants.begin() + static_cast<std::ptrdiff_t>(most), grants.end());
  }
  return grants;
}

}  // namespace

Decided admin_grant_add(const KdcParts& parts, Ask& ask) {
  TRY(fields,
      read_fields(ask.arguments,
                  {"subject", "role", "trigger", "queue", "workflow", "max_run", "stale_feed"},
                  {"action"}));
  for (const auto& [name, value] : fields.entries()) ask.fields.add(name, value);
  TRY(grant, parse_grant(parts, fields));
  grant.created = ask.now;
  const Principal& who = ask.caller.principal();
  CHECK_OK(may_manage(parts.store.view(), who, grant));
  ask.fields.add("as", ask.caller.is_operator() ? "operator" : "owner");
  const auto effects = [grant = grant, who, said = ask.said](StoreChange& change,
                                                             Fields& noted) -> Checked {
    CHECK_OK(may_manage(change, who, grant));
    CHECK_OK(check_holder(change, grant));
    const auto known = change.grants_of(grant.holder, grant.name);
    const auto twin = std::ranges::find_if(
        known, [&](const GrantRecord& other) { return same_rule(other, grant); });
    if (twin != known.end()) {
      said->detail = "this rule stands as number " + std::to_string(twin->id);
      return Error{Errc::already_exists, "grant"};
    }
    const std::string id = std::to_string(change.add_grant(grant));
    noted.add("id", id);
    said->answer(Fields{{"id", id}});
    return ok();
  };
  return to_do(effects);
}

Decided admin_grant_list(const KdcParts& parts, Ask& ask) {
  TRY(fields,
      read_fields(ask.arguments, {"subject", "role", "trigger", "queue", "after", "count"}));
  TRY(wish, page_wish(fields));
  TRY(after, number_in(fields, "after", 0));
  wish.after = std::to_string(after);
  TRY(holder, wanted_holder(parts, fields));
  const auto view = parts.store.view();
  const std::string_view queue = fields.get("queue");
  const Sight sight(view, ask.caller.principal());
  if (sight.is_nothing() || (!queue.empty() && !sight.reaches(queue))) {
    return Error{Errc::not_permitted, "another's queue"};
  }
  ask.said->answer(filtered_page(
      wish,
      [&](const std::string& last, std::size_t most) {
        const std::uint64_t number = *parse_number(last);
        return holder ? grants_of(view, *holder, number, most) : view.grants(number, most);
      },
      [](const GrantRecord& grant) { return std::to_string(grant.id); },
      [&](const GrantRecord& grant) -> std::optional<Fields> {
        if (!sight.shows(grant)) return std::nullopt;
        if (!queue.empty() && !grant.queue.matches(queue)) return std::nullopt;
        return row_of(grant);
      }));
  return nothing_to_do();
}

Decided admin_grant_remove(const KdcParts&, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"id"}));
  ask.fields.add("id", std::string(fields.get("id")));
  TRY(id, parse_number(fields.get("id")));
  ask.fields.add("as", ask.caller.is_operator() ? "operator" : "owner");
  const auto effects = [id = id, who = ask.caller.principal()](StoreChange& change,
                                                               Fields&) -> Checked {
    const auto grant = change.grant(id);
    // Who may not remove it is not told whether it is there.
    if (!grant) {
      return Error{is_operator(change, who) ? Errc::not_found : Errc::not_permitted, "grant"};
    }
    CHECK_OK(may_manage(change, who, *grant));
    change.remove_grant(id);
    return ok();
  };
  return to_do(effects);
}

}  // namespace waybill::kdc
