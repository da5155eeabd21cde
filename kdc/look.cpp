#include "kdc/look.h"

#include "kdc/policy.h"
#include "kdc/reasons.h"
#include "kdc/tgs_exchange.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

void note_work(Ask& ask, const Body& ticket, PayloadKind payload) {
  note_evidence(ask, ticket);
  if (ticket.work) {
    ask.fields.add("workflow", ticket.work->id).add("workflow_type", ticket.work->type);
  }
  ask.fields.add("payload", std::string(name_of(payload)));
}

CaveatRequest asked_to_look(const Body& ticket) {
  CaveatRequest asked = asked_about(ticket);
  asked.actions = {std::string(look_action)};
  asked.downstreams.reset();
  return asked;
}

// A presentation for anything else lacks one of these, or says otherwise.
Checked check_purpose(const ShownTgt& viewer, const Ask& ask) {
  if (!has<caveat::Audience>(viewer.caveats) || !has<caveat::Actions>(viewer.caveats) ||
      !has<caveat::WorkflowId>(viewer.caveats)) {
    return Error{Errc::delegation_incomplete, "look"};
  }
  const Authenticator& a = viewer.authenticator;
  if (a.addressee != ask.caller.principal()) return Error{Errc::wrong_addressee, "look"};
  if (!a.instance) return Error{Errc::wrong_instance, "a look names an instance"};
  if (!limits::within_skew(a.time - ask.now)) return Error{Errc::clock_skew, "look"};
  return ok();
}

/// What may change until it is recorded: judged over the last commit, and again inside the
/// transaction.
struct Asked {
  Body viewer_tgt;
  Body ticket;
  Principal trigger;

  bool is_owner() const { return viewer_tgt.subject == ticket.subject; }
  Result<Ruling> judge(const StoreView& view) const {
    TRY(viewer, holder_of(view, viewer_tgt));
    if (is_owner()) return Ruling{};
    const std::string& queue = ticket.audience.name();
    return rule_look(rules_for(view, viewer, trigger, queue), queue, ticket.work->type);
  }
  void explain(const StoreView& view, Fields& fields) const {
    const auto viewer = active(view, viewer_tgt.subject.name());
    if (!viewer) return;
    const std::string& queue = ticket.audience.name();
    note_shortfall(fields, rules_for(view, *viewer, trigger, queue),
                   {queue, ticket.work->type, {std::string(look_action)}});
  }
};

}  // namespace

Result<CaveatRequest> looked_at_work(Bytes arguments) {
  TRY(request, LookRequest::decode(arguments));
  TRY(evidence, Evidence::decode(request.evidence));
  return asked_to_look(evidence.body);
}

Decided look(const KdcParts& parts, Ask& ask) {
  TRY(request, LookRequest::decode(ask.arguments));
  TRY(evidence, proven_evidence(parts, request.evidence));
  const Body& ticket = evidence.body;
  note_work(ask, ticket, request.payload);
  const Principal& trigger = ask.caller.principal();
  if (!is_actor(trigger, ticket) || !ticket.work) return Error{Errc::evidence_not_yours, "look"};
  TRY(viewer, open_shown_tgt(parts, ask, request.presentation, "viewer"));
  ask.fields.add("viewer_tgt", to_hex(viewer.tgt.id));
  CHECK_OK(check_purpose(viewer, ask));
  CaveatRequest asked = asked_to_look(ticket);
  asked.now = ask.now;
  asked.audience = trigger;
  CHECK_OK(check_caveats(viewer.caveats, asked, ask.fields));
  const Asked one{viewer.tgt, ticket, trigger};
  if (const auto ruling = one.judge(parts.store.view()); !ruling) {
    one.explain(parts.store.view(), ask.fields);
    return ruling.error();
  }
  const auto effects = [one, said = ask.said](StoreChange& change, Fields& fields) -> Checked {
    TRY(ruling, one.judge(change));
    Fields answer{{"viewer", one.viewer_tgt.subject.text()}, {"tgt", to_hex(one.viewer_tgt.id)}};
    if (one.is_owner()) {
      fields.add("owner", "yes");
    } else {
      fields.add("grant", std::to_string(ruling.grant))
          .add("ceiling", std::to_string(ruling.ceiling));
      answer.add("grant", std::to_string(ruling.grant));
    }
    said->answer(answer);
    return ok();
  };
  return to_do(effects);
}

}  // namespace waybill::kdc
