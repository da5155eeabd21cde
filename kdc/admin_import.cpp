// Users and services by the thousand.
#include <algorithm>

#include "kdc/admin.h"
#include "kdc/init.h"
#include "kdc/pages.h"
#include "kdc/staging.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// --- One row ----------------------------------------------------------------------------------

Result<std::optional<Kvno>> kvno_in(const Fields& fields) {
  if (!fields.has("kvno")) return std::optional<Kvno>();
  TRY(number, parse_number(fields.get("kvno")));
  // There must be a next version.
  if (number == 0 || number >= UINT32_MAX) return Error{Errc::malformed, "kvno"};
  return std::optional(Kvno{static_cast<std::uint32_t>(number)});
}

Result<std::optional<std::vector<std::string>>> roles_said(const Fields& fields) {
  std::optional<std::vector<std::string>> said;
  if (!fields.has("roles") && !fields.has("role")) return said;
  if (fields.get("roles") != "set") return Error{Errc::malformed, "roles is set"};
  TRY(roles, roles_in(fields));
  said.emplace();
  for (std::string& role : roles) {
    if (std::ranges::find(*said, role) == said->end()) said->push_back(std::move(role));
  }
  return said;
}

Result<ImportRow> parse_row(const KdcParts& parts, const Fields& fields, Time now) {
  CHECK_OK(fields.only({"name", "kind", "kvno", "public_key", "disabled", "roles", "role"}));
  TRY(principal, principal_in(parts, fields, "name"));
  if (principal.name() == krbtgt_name) return Error{Errc::already_exists, "the KDC itself"};
  const auto kind = principal_kind(fields.get("kind"));
  if (!kind || *kind == PrincipalKind::queue) return Error{Errc::malformed, "kind"};
  TRY(kvno, kvno_in(fields));
  TRY(key, fixed_from_hex<32>(fields.get("public_key")));
  // Nobody proves that he holds it here; one of small order, which anybody holds, is refused.
  CHECK_OK(parts.epochs.expected_possession(parts.epochs.tgt_epoch(now), {key},
                                            {principal, kvno.value_or(Kvno{1})}, now));
  TRY(disabled, yes_no_in(fields, "disabled"));
  TRY(roles, roles_said(fields));
  return ImportRow{principal, *kind, kvno, {key}, disabled, std::move(roles)};
}

// --- What a row comes to ----------------------------------------------------------------------

/// For whom, and in which realm.
struct Importer {
  Principal who;
  Time now;
  std::set<std::string> awaited;  ///< names of owners for whom queues wait
};

struct Judged {
  std::optional<PrincipalRecord> before;
  PrincipalRecord after;
  bool changes_roles = false;
  bool changes_state = false;

  bool changes_nothing() const { return before && !changes_roles && !changes_state; }
};

std::set<std::string> awaited_owners(const StoreView& view) {
  std::set<std::string> names;
  std::string last;
  for (;;) {
    const auto page = view.queues(last, limits::max_page);
    for (const QueueRecord& queue : page) {
      if (queue.owner_pending) names.insert(queue.owner.name());
      last = queue.name;
    }
    if (page.size() < limits::max_page) return names;
  }
}

bool same_roles(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

Result<Judged> addition(const ImportRow& row, const Importer& by, std::string& detail) {
  if (by.awaited.contains(row.principal.name())) {
    detail = "queues wait for an owner of this name, who is added by himself";
    return Error{Errc::already_exists, "pending queues"};
  }
  PrincipalRecord record{.principal = row.principal,
                         .kind = row.kind,
                         .keys = {{row.kvno.value_or(Kvno{1}), row.key, by.now}},
                         .roles = row.roles.value_or(std::vector<std::string>{}),
                         .disabled = row.disabled.value_or(false)};
  record.created = by.now;
  return Judged{std::nullopt, std::move(record)};
}

// Keys are changed by who holds the next one, with a proof (rekey): a list that lay somewhere must
// not put an old one back.
Checked is_the_same(const PrincipalRecord& record, const ImportRow& row, std::string& detail) {
  if (record.kind != row.kind) {
    detail = "here it is a " + std::string(name_of(record.kind));
    return Error{Errc::wrong_kind, "import"};
  }
  const LiveKey& key = record.newest();
  if (key.key.bytes != row.key.bytes || row.kvno.value_or(key.kvno) != key.kvno) {
    detail = "here it has another key, version " + std::to_string(number(key.kvno)) +
             "; an import changes no key";
    return Error{Errc::already_exists, "another key"};
  }
  return ok();
}

Result<Judged> change(const PrincipalRecord& record, const ImportRow& row, const Importer& by,
                      std::string& detail) {
  CHECK_OK(is_the_same(record, row, detail));
  Judged judged{record, record};
  judged.changes_roles = row.roles && !same_roles(*row.roles, record.roles);
  judged.changes_state = row.disabled.value_or(record.disabled) != record.disabled;
  if (judged.changes_roles) judged.after.roles = *row.roles;
  judged.after.disabled = row.disabled.value_or(record.disabled);
  if (row.principal != by.who) return judged;
  if (judged.after.disabled || !judged.after.has_role(operator_role)) {
    detail = "nobody gives up being an operator: a realm keeps one";
    return Error{Errc::policy_denied, "oneself"};
  }
  return judged;
}

Result<Judged> judge(const StoreView& view, const ImportRow& row, const Importer& by,
                     std::string& detail) {
  const auto record = view.principal(row.principal.name());
  return record ? change(*record, row, by, detail) : addition(row, by, detail);
}

// --- To be told -------------------------------------------------------------------------------

std::string what_changes(const Judged& judged) {
  std::vector<std::string> what;
  if (judged.changes_roles) what.emplace_back("roles");
  if (judged.changes_state) what.emplace_back(judged.after.disabled ? "disabled" : "enabled");
  return joined(what);
}

Fields verdict_row(std::string name, const Judged& judged) {
  const char* const verdict = !judged.before             ? "added"
                              : judged.changes_nothing() ? "unchanged"
                                                         : "changed";
  Fields row{{"name", std::move(name)}, {"verdict", verdict}};
  const std::string what = judged.before ? what_changes(judged) : std::string();
  if (!what.empty()) row.add("what", what);
  return row;
}

Fields refused_row(std::string name, Errc code, std::string detail) {
  Fields row{{"name", std::move(name)},
             {"verdict", "refused"},
             {"code", std::string(describe(code).name)}};
  if (!detail.empty()) row.add("detail", std::move(detail));
  return row;
}

// --- To be done -------------------------------------------------------------------------------

/// An import under way on the writer's thread.
struct Import {
  Staging::Rows rows;
  Importer by;
  std::string batch;  ///< its id in hex
  const Clock* clock;
  std::shared_ptr<Said> said;
};

// The same names of records as for one principal at a time, so that a search finds both.
void note(StoreChange& change, const Import& order, const std::string& what, const Fields& fields) {
  Fields record{{"by", order.by.who.text()}, {"batch", order.batch}};
  for (const auto& [name, value] : fields.entries()) record.add(name, value);
  Audit::append(change, {"admin.principal." + what, std::nullopt, std::move(record)},
                order.clock->now());
}

void store(StoreChange& change, const Import& order, const Judged& judged) {
  const PrincipalRecord& after = judged.after;
  const std::string& name = after.principal.name();
  change.put_principal(after);
  Fields roles;
  for (const std::string& role : after.roles) roles.add("role", role);
  if (!judged.before) {
    Fields fields{{"name", name},
                  {"kind", std::string(name_of(after.kind))},
                  {"kvno", std::to_string(number(after.newest().kvno))},
                  {"public_key", to_hex(after.newest().key.bytes)},
                  {"disabled", yes_or_no(after.disabled)}};
    for (const auto& [key, value] : roles.entries()) fields.add(key, value);
    note(change, order, "add", fields);
  }
  if (judged.changes_roles) {
    Fields fields{{"name", name}, {"roles", "set"}};
    for (const auto& [key, value] : roles.entries()) fields.add(key, value);
    note(change, order, "change", fields);
  }
  if (judged.changes_state) {
    if (after.disabled) revoke_all(change, after, order.by.now, "disabled");
    note(change, order, after.disabled ? "disable" : "enable", {{"name", name}});
  }
}

// All are judged before the first is stored: what is refused later than that would be half done.
Checked import_all(StoreChange& change, Import& order, Fields& noted) {
  order.by.awaited = awaited_owners(change);
  std::vector<Judged> wanted;
  std::size_t added = 0;
  for (const ImportRow& row : order.rows) {
    std::string detail;
    auto judged = judge(change, row, order.by, detail);
    if (!judged) {
      order.said->detail = row.principal.name() + ": " + detail;
      return judged.error();
    }
    added += judged->before ? 0U : 1U;
    if (!judged->changes_nothing()) wanted.push_back(*std::move(judged));
  }
  for (const Judged& one : wanted) store(change, order, one);
  const Fields counts{{"added", std::to_string(added)},
                      {"changed", std::to_string(wanted.size() - added)},
                      {"unchanged", std::to_string(order.rows.size() - wanted.size())}};
  for (const auto& [name, value] : counts.entries()) noted.add(name, value);
  order.said->answer(counts);
  return ok();
}

}  // namespace

Decided admin_principal_stage(const KdcParts& parts, Ask& ask) {
  TRY(staged, StagedRows::decode(ask.arguments));
  const auto view = parts.store.view();
  const Importer by{ask.caller.principal(), ask.now, awaited_owners(view)};
  Page verdicts;
  Staging::Rows rows;
  for (const Fields& fields : staged.rows) {
    std::string detail;
    std::string name(fields.get("name"));
    auto row = parse_row(parts, fields, ask.now);
    const auto judged = row ? judge(view, *row, by, detail) : Result<Judged>(row.error());
    verdicts.rows.push_back(judged ? verdict_row(std::move(name), *judged)
                                   : refused_row(std::move(name), judged.error().code, detail));
    if (judged) rows.push_back(*std::move(row));
  }
  if (!staged.batch.empty()) {
    const Staging::Sender sender{by.who, fixed<16>(staged.batch)};
    if (rows.size() < staged.rows.size()) {
      parts.staging.drop(sender);
    } else {
      CHECK_OK(parts.staging.add(sender, staged.position, std::move(rows), ask.now));
    }
  }
  ask.said->answer(verdicts);
  return nothing_to_do();
}

Decided admin_principal_import(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"batch", "rows"}));
  for (const auto& [name, value] : fields.entries()) ask.fields.add(name, value);
  TRY(batch, fixed_from_hex<16>(fields.get("batch")));
  TRY(count, parse_number(fields.get("rows")));
  const Principal& who = ask.caller.principal();
  TRY(rows, parts.staging.take({who, batch}, count));
  const auto order = std::make_shared<Import>(
      Import{std::move(rows), {who, ask.now, {}}, to_hex(batch), &parts.clock, ask.said});
  const auto effects = [order](StoreChange& change, Fields& noted) {
    return import_all(change, *order, noted);
  };
  return to_do(effects);
}

}  // namespace waybill::kdc
