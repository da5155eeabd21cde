#include "kdc/tickets.h"

#include "kdc/pages.h"
#include "kdc/policy.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

struct Filter {
  std::optional<Principal> subject;
  std::optional<Principal> queue;
  std::string workflow;  // empty: any
  std::string after;

  bool takes(const Body& body) const {
    return (!subject || body.subject == *subject) && (!queue || body.audience == *queue) &&
           (workflow.empty() || (body.work && body.work->id == workflow));
  }
};

Result<std::optional<Principal>> principal_in(const Fields& fields, std::string_view name,
                                              const Realm& realm) {
  if (!fields.has(name)) return std::optional<Principal>();
  TRY(principal, Principal::parse(fields.get(name), realm));
  return std::optional<Principal>(std::move(principal));
}

Result<Filter> parse_filter(const Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"subject", "queue", "workflow", "after"}));
  const Realm& realm = ask.caller.principal().realm();
  TRY(subject, principal_in(fields, "subject", realm));
  TRY(queue, principal_in(fields, "queue", realm));
  return Filter{std::move(subject), std::move(queue), std::string(fields.get("workflow")),
                std::string(fields.get("after"))};
}

/// The rows that are walked: one index and one value in it, or, for an operator, all of them.
struct Walk {
  TicketIndex index;
  std::string value;  // empty: all
};

// For everybody but operators a walk that is theirs from end to end.
Result<Walk> choose_walk(const StoreView& view, const Caller& caller, const Filter& filter) {
  if (!caller.is_operator()) {
    if (filter.queue && owns_queue(view, caller.principal(), filter.queue->name())) {
      return Walk{TicketIndex::audience, filter.queue->text()};
    }
    if (filter.subject && *filter.subject != caller.principal()) {
      return Error{Errc::not_permitted, "somebody else's tickets"};
    }
    return Walk{TicketIndex::subject, caller.principal().text()};
  }
  if (!filter.workflow.empty()) return Walk{TicketIndex::workflow, filter.workflow};
  if (filter.subject) return Walk{TicketIndex::subject, filter.subject->text()};
  if (filter.queue) return Walk{TicketIndex::audience, filter.queue->text()};
  return Walk{TicketIndex::subject, {}};
}

// That its work has ended goes before whatever was revoked afterwards.
std::string state_of(const StoreView& view, const Body& body, Time now) {
  if (view.revocation(RevokedBy::completed, value_of(body.id))) return "ended";
  if (view.revoked(body)) return "revoked";
  return now >= body.run_until ? "expired" : "live";
}

Fields row_of(const StoreView& view, const OutstandingTicket& ticket, Time now) {
  const Body& body = ticket.body;
  Fields row{{"id", to_hex(body.id)},
             {"kind", ticket.kind == Kind::tgt ? "tgt" : "service"},
             {"subject", body.subject.text()}};
  for (const Principal& actor : body.actors) row.add("actor", actor.text());
  row.add("queue", body.audience.name());
  if (body.work) row.add("workflow", body.work->id).add("type", body.work->type);
  for (const std::string& action : body.actions) row.add("action", action);
  row.add("issued_at", unix_text(body.issued_at))
      .add("start_by", unix_text(body.start_by))
      .add("run_until", unix_text(body.run_until))
      .add("renew_until", unix_text(body.renew_until))
      .add("state", state_of(view, body, now));
  return row;
}

}  // namespace

Decided tickets(const KdcParts& parts, Ask& ask) {
  constexpr std::size_t most_walked = 4 * limits::max_page;  // bounds what one question costs
  TRY(filter, parse_filter(ask));
  const auto view = parts.store.view();
  TRY(walk, choose_walk(view, ask.caller, filter));
  TRY(rows, walk.value.empty()
                ? view.tickets(filter.after, most_walked)
                : view.tickets_by(walk.index, walk.value, filter.after, most_walked));
  PageBuilder page;
  std::string last = filter.after;
  for (const StoreView::TicketRow& row : rows) {
    if (filter.takes(row.ticket.body) && !page.add(row_of(view, row.ticket, ask.now))) break;
    last = row.cursor;
  }
  const bool more = page.is_full() || rows.size() == most_walked;
  ask.said->answer(page.finish(more ? last : std::string()));
  return nothing_to_do();
}

}  // namespace waybill::kdc
