#include "kdc/revoke.h"

#include "kdc/pages.h"
#include "kdc/policy.h"
#include "kdc/tgs_exchange.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

struct Wish {
  RevokedBy kind;
  std::string value;
  std::string reason;
};

/// Who asks, by value: it is judged on the writer's thread too.
struct Asker {
  Principal principal;
  bool is_operator;

  explicit Asker(const Caller& caller)
      : principal(caller.principal()), is_operator(caller.is_operator()) {}
};

struct Target {
  RevokedBy kind;
  std::string value;
  std::optional<Time> ends = {};  // of a service ticket
};
using Targets = std::vector<Target>;

bool may_revoke(const StoreView& view, const Asker& who, const Body& ticket) {
  return who.is_operator || ticket.subject == who.principal ||
         owns_queue(view, who.principal, ticket.audience.name());
}

// Others may be derived from a TGT, and outlive it.
Target by_ticket(const OutstandingTicket& ticket) {
  Target target{RevokedBy::ticket, value_of(ticket.body.id)};
  if (ticket.kind == Kind::service) target.ends = ticket.ends();
  return target;
}

Result<Targets> one_ticket(const StoreView& view, const Asker& who, const Wish& wish) {
  TRY(id, fixed_from_hex<sizeof(TicketId)>(wish.value));
  const auto known = view.ticket(id);
  // An operator may name a ticket that this store forgot, for example by a restored backup.
  const bool may = known ? may_revoke(view, who, known->body) : who.is_operator;
  if (!may) return Error{Errc::not_found, "ticket"};
  if (wish.kind == RevokedBy::ticket && known) return Targets{by_ticket(*known)};
  return Targets{{wish.kind, value_of(id)}};
}

Result<Targets> one_principal(const StoreView& view, const Asker& who, const Wish& wish) {
  TRY(principal, Principal::parse(wish.value, who.principal.realm()));
  const bool own = wish.kind == RevokedBy::subject && principal == who.principal;
  if (!own && !who.is_operator) return Error{Errc::not_permitted, "another principal"};
  if (principal.realm() != who.principal.realm() || !view.principal(principal.name())) {
    return Error{Errc::principal_unknown, "revoke"};
  }
  return Targets{{wish.kind, principal.text()}};
}

Result<Targets> one_queue(const StoreView& view, const Asker& who, const Wish& wish) {
  TRY(queue, Principal::parse(wish.value, who.principal.realm()));
  if (!who.is_operator && !owns_queue(view, who.principal, queue.name())) {
    return Error{Errc::not_permitted, "another's queue"};
  }
  if (queue.realm() != who.principal.realm() || !view.queue(queue.name())) {
    return Error{Errc::queue_unknown, "revoke"};
  }
  return Targets{{RevokedBy::queue, queue.text()}};
}

Result<Targets> one_workflow(const StoreView& view, const Asker& who, const Wish& wish) {
  if (!is_name(wish.value, limits::max_workflow_id)) return Error{Errc::bad_name, "workflow id"};
  if (who.is_operator) return Targets{{RevokedBy::workflow, wish.value}};
  TRY(rows, view.tickets_by(TicketIndex::workflow, wish.value, {}, limits::max_page));
  Targets targets;
  for (const StoreView::TicketRow& row : rows) {
    if (!may_revoke(view, who, row.ticket.body)) continue;
    targets.push_back(by_ticket(row.ticket));
  }
  if (targets.empty()) return Error{Errc::not_found, "no ticket of that workflow"};
  return targets;
}

Result<Targets> whole_realm(const Asker& who, const Wish& wish) {
  const std::string& realm = who.principal.realm().text();
  if (!who.is_operator) return Error{Errc::not_permitted, "the realm"};
  if (wish.value != realm) return Error{Errc::wrong_realm, "revoke"};
  return Targets{{RevokedBy::realm, realm}};
}

Result<Targets> targets_of(const StoreView& view, const Asker& who, const Wish& wish) {
  switch (wish.kind) {
    case RevokedBy::ticket:
    case RevokedBy::lineage:
      return one_ticket(view, who, wish);
    case RevokedBy::subject:
    case RevokedBy::actor:
      return one_principal(view, who, wish);
    case RevokedBy::queue:
      return one_queue(view, who, wish);
    case RevokedBy::workflow:
      return one_workflow(view, who, wish);
    case RevokedBy::realm:
      return whole_realm(who, wish);
    case RevokedBy::completed:
      break;  // parse_wish() let none through
  }
  return Error{Errc::malformed, "kind"};
}

Result<Wish> parse_wish(Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"kind", "value", "reason"}));
  for (const auto& [name, value] : fields.entries()) ask.fields.add(name, value);
  const auto kind = revoked_by(fields.get("kind"));
  if (!kind || *kind == RevokedBy::completed) {
    return ask.refuse(Errc::malformed,
                      "kind is ticket, lineage, subject, actor, queue, workflow or realm");
  }
  if (fields.get("reason").size() > limits::max_reason)
    return Error{Errc::limit_exceeded, "reason"};
  return Wish{*kind, std::string(fields.get("value")), std::string(fields.get("reason"))};
}

}  // namespace

Decided revoke(const KdcParts& parts, Ask& ask) {
  TRY(wish, parse_wish(ask));
  const Asker who(ask.caller);
  CHECK_OK(targets_of(parts.store.view(), who, wish));
  const auto effects = [who, wish = wish, now = ask.now, said = ask.said](StoreChange& change,
                                                                          Fields&) -> Checked {
    TRY(targets, targets_of(change, who, wish));
    std::uint64_t last = 0;
    for (const Target& target : targets) {
      Revocation entry = revocation(target.kind, target.value, now, target.ends);
      entry.reason = wish.reason;
      last = change.revoke(std::move(entry));
    }
    said->answer(
        Fields{{"sequence", std::to_string(last)}, {"entries", std::to_string(targets.size())}});
    return ok();
  };
  return to_do(effects);
}

Decided complete(const KdcParts& parts, Ask& ask) {
  TRY(request, EvidenceRequest::decode(ask.arguments));
  TRY(evidence, proven_evidence(parts, request.evidence));
  const Body& body = evidence.body;
  note_evidence(ask, body);
  if (body.work) ask.fields.add("workflow", body.work->id);
  const Principal& caller = ask.caller.principal();
  if (!is_actor(caller, body) && caller != body.audience)
    return Error{Errc::evidence_not_yours, "complete"};
  const auto effects = [body, now = ask.now](StoreChange& change, Fields& fields) -> Checked {
    const std::string id = value_of(body.id);
    const Time ends = std::max(body.run_until, body.renew_until);
    const bool revoked = change.standing(RevokedBy::ticket, id).has_value() ||
                         change.standing(RevokedBy::completed, id).has_value();
    if (now >= ends || revoked) {
      fields.add("already", "yes");
      return ok();
    }
    change.revoke(revocation(RevokedBy::completed, id, now, ends));
    return ok();
  };
  return to_do(effects);
}

}  // namespace waybill::kdc
