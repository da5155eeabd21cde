#include <algorithm>

#include "kdc/admin.h"
#include "kdc/doorkeeper.h"
#include "kdc/init.h"
#include "kdc/keys.h"
#include "kdc/pages.h"
#include "kdc/policy.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

Fields row_of(const KdcParts& parts, const PrincipalRecord& record, Time now) {
  Fields row{{"name", record.principal.name()}, {"kind", std::string(name_of(record.kind))}};
  add_keys(row, record, parts.config.max_renew, now);
  for (const std::string& role : record.roles) row.add("role", role);
  return row;
}

Fields& add_state(Fields& row, const PrincipalRecord& record) {
  return row.add("disabled", yes_or_no(record.disabled))
      .add("created", unix_text(record.created))
      .add("not_before", unix_text(record.not_before));
}

bool is_locked(const Lockouts::Standing& standing, Time now) {
  return now < standing.strangers.locked_until || now < standing.known.locked_until;
}

// What is not a user is never locked.
void add_standing(Fields& row, const KdcParts& parts, const PrincipalRecord& record, Time now) {
  if (record.kind != PrincipalKind::user) return;
  const auto standing = parts.door.logins.standing(record.principal.name());
  const auto add = [&](const LoginBackoff::Tries& tries, const std::string& of) {
    row.add(of + "failures", std::to_string(tries.failures));
    if (now < tries.locked_until) row.add(of + "locked_until", unix_text(tries.locked_until));
  };
  add(standing.strangers, "");
  if (standing.known.failures > 0) add(standing.known, "known_");
}

/// Which principals a list shows.
struct PrincipalFilter {
  std::optional<PrincipalKind> kind;
  std::optional<bool> disabled, locked;
  std::string role;  ///< empty: any or none

  bool lets_through(const KdcParts& parts, const PrincipalRecord& record, Time now) const {
    const bool fits = (!kind || record.kind == *kind) &&
                      (!disabled || record.disabled == *disabled) &&
                      (role.empty() || record.has_role(role));
    if (!fits || !locked) return fits;
    const bool user = record.kind == PrincipalKind::user;
    return *locked == (user && is_locked(parts.door.logins.standing(record.principal.name()), now));
  }
};

Result<PrincipalFilter> filter_in(const Fields& fields) {
  TRY(disabled, yes_no_in(fields, "disabled"));
  TRY(locked, yes_no_in(fields, "locked"));
  PrincipalFilter filter{std::nullopt, disabled, locked, std::string(fields.get("role"))};
  if (!fields.has("kind")) return filter;
  filter.kind = principal_kind(fields.get("kind"));
  if (!filter.kind) return Error{Errc::malformed, "kind"};
  return filter;
}

// Ownership that waited becomes real only by the explicit word.
Checked take_queues(StoreChange& change, const Principal& owner, bool with_queues, Said& said) {
  const std::vector<std::string> waiting = change.queues_of(owner);
  if (waiting.empty()) return ok();
  if (!with_queues) {
    said.detail = "queues wait for an owner of this name: " + joined(waiting) +
                  "; say with_queues = yes to hand them over";
    return Error{Errc::already_exists, "pending queues"};
  }
  for (const std::string& name : waiting) {
    auto queue = change.queue(name);
    queue->owner_pending = false;
    change.put_queue(*queue);
  }
  return ok();
}

// How a principal stands in tickets: all of those die with it.
std::vector<RevokedBy> ways_into_tickets(PrincipalKind kind) {
  if (kind == PrincipalKind::service) return {RevokedBy::subject, RevokedBy::actor};
  if (kind == PrincipalKind::queue) return {RevokedBy::subject, RevokedBy::queue};
  return {RevokedBy::subject};
}

enum class Roles : std::uint8_t { set, add, remove };

std::optional<Roles> roles_word(std::string_view text) {
  if (text == "set") return Roles::set;
  if (text == "add") return Roles::add;
  if (text == "remove") return Roles::remove;
  return std::nullopt;
}

std::vector<std::string> changed(const std::vector<std::string>& held, Roles how,
                                 const std::vector<std::string>& said) {
  const auto among = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  std::vector<std::string> roles = how == Roles::set ? std::vector<std::string>{} : held;
  for (const std::string& role : said) {
    if (how == Roles::remove) {
      std::erase(roles, role);
    } else if (!among(roles, role)) {
      roles.push_back(role);
    }
  }
  return roles;
}

// Of a record that exists, something is changed by `change`.
Issuer::Effects changing(const Principal& principal,
                         std::function<void(StoreChange&, PrincipalRecord&)> what) {
  return [principal, what = std::move(what)](StoreChange& change, Fields&) -> Checked {
    auto record = change.principal(principal.name());
    if (!record) return Error{Errc::principal_unknown, "admin"};
    what(change, *record);
    return ok();
  };
}

}  // namespace

Decided admin_principal_add(const KdcParts& parts, Ask& ask) {
  TRY(fields,
      read_fields(ask.arguments,
                  {"name", "kind", "public_key", "possession", "epoch", "with_queues"}, {"role"}));
  ask.fields.add("name", std::string(fields.get("name")))
      .add("kind", std::string(fields.get("kind")))
      .add("public_key", std::string(fields.get("public_key")));
  for (const std::string& role : fields.all("role")) ask.fields.add("role", role);
  TRY(principal, principal_in(parts, fields, "name"));
  const auto kind = principal_kind(fields.get("kind"));
  if (!kind || *kind == PrincipalKind::queue) {
    return ask.refuse(Errc::malformed, "kind is user or service; a queue is added as a queue");
  }
  if (fields.has("with_queues") && fields.get("with_queues") != "yes") {
    return ask.refuse(Errc::malformed, "with_queues is yes, or left out");
  }
  if (principal.name() == krbtgt_name) return Error{Errc::already_exists, "the KDC itself"};
  TRY(roles, roles_in(fields));
  TRY(key, proven_key(parts, fields, {principal, Kvno{1}}, ask.now));
  PrincipalRecord record{.principal = principal, .kind = *kind, .keys = {}, .roles = roles};
  record.add_key(key, ask.now);
  record.created = ask.now;
  const auto effects = [record, said = ask.said, with_queues = fields.has("with_queues")](
                           StoreChange& change, Fields&) -> Checked {
    const std::string& name = record.principal.name();
    if (change.principal(name)) return Error{Errc::already_exists, "principal"};
    CHECK_OK(take_queues(change, record.principal, with_queues, *said));
    change.put_principal(record);
    said->answer(Fields{{"name", name}, {"kvno", "1"}});
    return ok();
  };
  return to_do(effects);
}

Decided admin_principal_show(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name"}));
  TRY(principal, principal_in(parts, fields, "name"));
  const auto view = parts.store.view();
  const auto record = view.principal(principal.name());
  if (!record) return Error{Errc::principal_unknown, "show"};
  Fields row = row_of(parts, *record, ask.now);
  for (std::string& queue : view.queues_of(principal)) {
    if (owns_queue(view, principal, queue)) row.add("queue", std::move(queue));
  }
  add_state(row, *record);
  add_standing(row, parts, *record, ask.now);
  ask.said->answer(row);
  return nothing_to_do();
}

Decided admin_principal_list(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments,
                          {"kind", "role", "disabled", "locked", "prefix", "after", "count"}));
  TRY(wish, page_wish(fields));
  TRY(filter, filter_in(fields));
  const auto view = parts.store.view();
  const std::string_view prefix = fields.get("prefix");
  ask.said->answer(filtered_page(
      wish,
      [&](const std::string& after, std::size_t most) {
        return view.principals(after, most, prefix);
      },
      [](const PrincipalRecord& record) { return record.principal.name(); },
      [&](const PrincipalRecord& record) -> std::optional<Fields> {
        if (!filter.lets_through(parts, record, ask.now)) return std::nullopt;
        Fields row = row_of(parts, record, ask.now);
        return std::move(add_state(row, record));
      }));
  return nothing_to_do();
}

Result<std::vector<std::string>> roles_in(const Fields& fields) {
  std::vector<std::string> roles = fields.all("role");
  if (roles.size() > PrincipalRecord::max_roles) return Error{Errc::limit_exceeded, "roles"};
  for (const std::string& role : roles) {
    if (!is_name(role, limits::max_name)) return Error{Errc::bad_name, "role"};
  }
  return roles;
}

Result<Principal> principal_in(const KdcParts& parts, const Fields& fields, std::string_view name) {
  TRY(principal, Principal::parse(fields.get(name), parts.realm()));
  if (principal.realm() != parts.realm()) return Error{Errc::wrong_realm, "admin"};
  return principal;
}

void revoke_all(StoreChange& change, const PrincipalRecord& record, Time now,
                const std::string& reason) {
  for (const RevokedBy kind : ways_into_tickets(record.kind)) {
    Revocation entry = revocation(kind, record.principal.text(), now);
    entry.reason = reason;
    change.revoke(std::move(entry));
  }
}

Decided disable(const Ask& ask, const Principal& principal) {
  if (principal == ask.caller.principal()) {
    return ask.refuse(Errc::policy_denied, "nobody disables himself: a realm keeps an operator");
  }
  const auto effects = [now = ask.now](StoreChange& change, PrincipalRecord& record) {
    record.disabled = true;
    change.put_principal(record);
    revoke_all(change, record, now, "disabled");
  };
  return to_do(changing(principal, effects));
}

Decided enable(const Principal& principal) {
  return to_do(changing(principal, [](StoreChange& change, PrincipalRecord& record) {
    record.disabled = false;
    change.put_principal(record);
  }));
}

Decided admin_principal_disable(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name"}));
  ask.fields.add("name", std::string(fields.get("name")));
  TRY(principal, principal_in(parts, fields, "name"));
  return disable(ask, principal);
}

Decided admin_principal_enable(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name"}));
  ask.fields.add("name", std::string(fields.get("name")));
  TRY(principal, principal_in(parts, fields, "name"));
  return enable(principal);
}

// The counts are memory and are lifted when the record of it is durable: nobody lifts them unseen.
Decided admin_principal_unlock(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name"}));
  ask.fields.add("name", std::string(fields.get("name")));
  TRY(principal, principal_in(parts, fields, "name"));
  const auto effects = [&parts, name = principal.name(), now = ask.now, said = ask.said](
                           StoreChange& change, Fields& noted) -> Checked {
    const auto record = change.principal(name);
    if (!record) return Error{Errc::principal_unknown, "unlock"};
    if (record->kind != PrincipalKind::user) return Error{Errc::wrong_kind, "unlock"};
    const auto standing = parts.door.logins.standing(name);
    noted.add("failures", std::to_string(standing.strangers.failures + standing.known.failures));
    said->answer(Fields{{"lifted", yes_or_no(is_locked(standing, now))}});
    return ok();
  };
  return to_do(effects, [&parts, name = principal.name()] { parts.door.logins.lift(name); });
}

Decided admin_principal_change(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"name", "roles"}, {"role"}));
  for (const auto& [name, value] : fields.entries()) ask.fields.add(name, value);
  TRY(principal, principal_in(parts, fields, "name"));
  const auto how = roles_word(fields.get("roles"));
  if (!how) return ask.refuse(Errc::malformed, "roles is set, add or remove");
  TRY(said_roles, roles_in(fields));
  const bool own = principal == ask.caller.principal();
  const auto effects = [name = principal.name(), how = *how, said_roles = said_roles, own,
                        said = ask.said](StoreChange& change, Fields&) -> Checked {
    auto record = change.principal(name);
    if (!record) return Error{Errc::principal_unknown, "change"};
    record->roles = changed(record->roles, how, said_roles);
    if (record->roles.size() > PrincipalRecord::max_roles) {
      return Error{Errc::limit_exceeded, "roles"};
    }
    if (own && !record->has_role(operator_role)) {
      said->detail = "nobody gives up being an operator: a realm keeps one";
      return Error{Errc::policy_denied, "change"};
    }
    change.put_principal(*record);
    Fields row{{"name", name}};
    for (const std::string& role : record->roles) row.add("role", role);
    said->answer(row);
    return ok();
  };
  return to_do(effects);
}

Decided admin_principal_rekey(const KdcParts& parts, Ask& ask) {
  TRY(fields,
      read_fields(ask.arguments, {"name", "public_key", "possession", "epoch", "retire_old"}));
  ask.fields.add("name", std::string(fields.get("name")));
  TRY(principal, principal_in(parts, fields, "name"));
  if (principal == ask.caller.principal()) {
    return ask.refuse(Errc::policy_denied, "one's own key is changed by passwd, after a login");
  }
  const auto record = parts.store.view().principal(principal.name());
  if (!record) return Error{Errc::principal_unknown, "rekey"};
  return rekey(parts, ask, fields, *record, [](const StoreView&) { return ok(); });
}

}  // namespace waybill::kdc
