// "renew": new times for an authority that exists; nothing here makes another one.
#include "kdc/policy.h"
#include "kdc/reasons.h"
#include "kdc/tgs_exchange.h"
#include "ticket/wire/hex.h"

namespace waybill::kdc {
namespace {

Decided renew_tgt(const KdcParts& parts, Ask& ask) {
  const Body& old = ask.caller.tgt.body();
  ask.fields.add("ticket", to_hex(old.id));
  if (old.run_until >= old.renew_until) return Error{Errc::not_renewable, "its last time"};
  Body body = old;
  const Seconds life = std::min(old.run_until - old.issued_at, parts.config.tgt_life);
  body.issued_at = ask.now;
  body.run_until = std::min(ask.now + life, old.renew_until);
  body.start_by = body.run_until;
  body.flags &= ~flags::initial;
  return to_do({}, Issuer::TicketOrder{std::move(body), SessionKey::random(), std::nullopt});
}

/// What may change until it is done: judged over the last commit, and again inside the transaction.
struct Case {
  Body old;
  Seconds max_renew;

  struct Judgement {
    Ruling ruling;
    LiveKey audience;
  };
  WorkWish wish() const {
    return {old.audience.name(), old.work->type, old.actions, old.run_until - old.issued_at};
  }
  /// Of a refusal the fields say why.
  Result<Judgement> judge(const StoreView& view, Fields& fields) const {
    auto judgement = decide(view);
    if (!judgement) explain(view, judgement.error().code, fields);
    return judgement;
  }

 private:
  Result<Judgement> decide(const StoreView& view) const;
  void explain(const StoreView& view, Errc refusal, Fields& fields) const;
  Rules rules(const StoreView& view, const PrincipalRecord& subject) const {
    Rules out = rules_for(view, subject, old.actors.front(), old.audience.name());
    out.longest_run = max_renew;
    return out;
  }
};

Result<Case::Judgement> Case::decide(const StoreView& view) const {
  if (view.revoked(old)) return Error{Errc::revoked, "the ticket, or what it stands on"};
  const auto subject = active(view, old.subject.name());
  if (!subject) return Error{Errc::revoked, "its subject"};
  TRY(ruling, rule_renewal(rules(view, *subject), wish()));
  TRY(queue, active_queue(view, old.audience.name()));
  return Judgement{std::move(ruling), queue.newest()};
}

void Case::explain(const StoreView& view, Errc refusal, Fields& fields) const {
  if (refusal == Errc::revoked) return note_revocation(fields, view, old);
  const auto subject = active(view, old.subject.name());
  if (!subject) return;
  const Rules those = rules(view, *subject);
  if (!rule_renewal(those, wish())) note_shortfall(fields, those, wish());
}

}  // namespace

Result<CaveatRequest> evidence_work(Bytes arguments) {
  TRY(request, EvidenceRequest::decode(arguments));
  if (request.evidence.empty()) {
    return Error{Errc::not_permitted, "a narrowed TGT does not renew itself"};
  }
  TRY(evidence, Evidence::decode(request.evidence));
  return asked_about(evidence.body);
}

CaveatRequest asked_about(const Body& ticket) {
  CaveatRequest asked;
  asked.queue = ticket.audience.name();
  if (ticket.work) {
    asked.workflow_type = ticket.work->type;
    asked.workflow_id = ticket.work->id;
    asked.input = ticket.work->input;
    asked.actions = ticket.actions;
    asked.downstreams = ticket.downstreams;
    asked.space = ticket.work->space;
  }
  return asked;
}

Decided renew(const KdcParts& parts, Ask& ask) {
  TRY(request, EvidenceRequest::decode(ask.arguments));
  if (request.evidence.empty()) return renew_tgt(parts, ask);
  TRY(evidence, proven_evidence(parts, request.evidence));
  const Body& old = evidence.body;
  note_evidence(ask, old);
  if (old.work) ask.fields.add("workflow", old.work->id).add("workflow_type", old.work->type);
  const Principal& caller = ask.caller.principal();
  if (caller != old.audience && caller != holder(old)) {
    return Error{Errc::evidence_not_yours, "renew"};
  }
  // Without work it is somebody's own service ticket, which ends for good.
  if (!old.work || old.actors.empty() || ask.now >= old.renew_until) {
    return Error{Errc::not_renewable, "renew_until"};
  }
  const auto one = std::make_shared<const Case>(Case{old, parts.config.max_renew});
  TRY(judgement, one->judge(parts.store.view(), ask.fields));
  Body body = old;
  body.issued_at = ask.now;
  body.run_until = std::min(ask.now + judgement.ruling.run, old.renew_until);
  body.actions = judgement.ruling.actions;
  body.flags &= ~flags::initial;
  const bool soft_feed = judgement.ruling.soft_feed;
  if (!soft_feed) body.flags &= ~flags::soft_feed;
  const auto effects = [one, actions = body.actions, soft_feed,
                        sealed_to = judgement.audience.kvno](StoreChange& change,
                                                             Fields& fields) -> Checked {
    TRY(again, one->judge(change, fields));
    if (again.audience.kvno != sealed_to) return Error{Errc::busy, "the key was changed meanwhile"};
    if (again.ruling.actions != actions || again.ruling.soft_feed != soft_feed)
      return Error{Errc::busy, "the grants changed meanwhile"};
    fields.add("grant", std::to_string(again.ruling.grant))
        .add("ceiling", std::to_string(again.ruling.ceiling));
    note_narrowed(fields, one->old.actions, actions);
    return ok();
  };
  return to_do(effects,
               Issuer::TicketOrder{std::move(body), SessionKey::random(), judgement.audience});
}

}  // namespace waybill::kdc
