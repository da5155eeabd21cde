// "tgs.delegate": the one exchange that acts in somebody else's name.
#include "kdc/pages.h"
#include "kdc/policy.h"
#include "kdc/reasons.h"
#include "kdc/tgs_exchange.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

Time first_end(const std::vector<Caveat>& caveats) {
  Time end = Time::max();
  for (const Caveat& caveat : caveats) {
    if (const auto* limit = std::get_if<caveat::NotAfter>(&caveat))
      end = std::min(end, limit->time);
  }
  return end;
}

// That the user made it for this trigger and this input, not long ago.
Checked check_purpose(const ShownTgt& user, const DelegatedTicketRequest& request, const Ask& ask) {
  CHECK_OK(check_delegation(user.caveats));
  const Authenticator& a = user.authenticator;
  if (a.addressee != ask.caller.principal()) return Error{Errc::wrong_addressee, "delegation"};
  if (a.instance) return Error{Errc::wrong_instance, "a delegation names no instance"};
  if (a.time > ask.now + limits::clock_skew) return Error{Errc::clock_skew, "delegation"};
  if (first_end(user.caveats) > a.time + limits::max_delegation) {
    return Error{Errc::limit_exceeded, "a delegation waits for 15 minutes at the most"};
  }
  if (a.request != request.work.input) return Error{Errc::wrong_request, "delegation"};
  return ok();
}

CaveatRequest asked_of_caveats(const DelegatedTicketRequest& request, Time now) {
  return {now,
          std::nullopt,
          request.queue,
          request.work.type,
          request.work.id,
          request.work.input,
          request.actions,
          request.downstreams,
          request.work.space};
}

/// What may change until it is done: judged over the last commit, and again inside the transaction.
struct Case {
  Body user_tgt;
  WorkWish wish;
  Body body;  // of the ticket; actions and times are the ruling's
  Seconds max_renew;

  struct Judgement {
    Ruling ruling;
    LiveKey audience;
    Body body;
  };
  /// Of a refusal the fields say why.
  Result<Judgement> judge(const StoreView& view, Fields& fields) const {
    auto judgement = decide(view);
    if (!judgement) explain(view, judgement.error().code, fields);
    return judgement;
  }

 private:
  Result<Judgement> decide(const StoreView& view) const;
  void explain(const StoreView& view, Errc refusal, Fields& fields) const;
  Rules rules(const StoreView& view, const PrincipalRecord& user) const {
    Rules out = rules_for(view, user, holder(body), wish.queue);
    out.longest_run = max_renew;
    return out;
  }
};

// The same work, or the delegation was used for something else already.
Checked same_work(const Body& known, const Body& wanted) {
  const bool same = known.work == wanted.work && known.audience == wanted.audience &&
                    known.subject == wanted.subject && known.actors == wanted.actors;
  if (!same) return Error{Errc::request_replayed, "the delegation was used for other work"};
  return ok();
}

Result<Case::Judgement> Case::decide(const StoreView& view) const {
  TRY(user, holder_of(view, user_tgt));
  TRY(ruling, rule(rules(view, user), wish));
  TRY(queue, active_queue(view, wish.queue));
  Body made = body;
  made.run_until = made.issued_at + ruling.run;
  if (ruling.soft_feed) made.flags |= flags::soft_feed;
  if (const auto known = view.ticket(body.id)) {
    CHECK_OK(same_work(known->body, made));
    if (known->body.actions != made.actions) {
      return Error{Errc::request_replayed, "the delegation was used for other actions"};
    }
    if (known->body.run_until <= made.issued_at) return Error{Errc::ticket_expired, "asked again"};
    made.run_until = known->body.run_until;
    made.renew_until = known->body.renew_until;
    made.issued_at = known->body.issued_at;
  }
  if (view.revoked(made)) return Error{Errc::revoked, "the work"};
  return Judgement{std::move(ruling), queue.newest(), std::move(made)};
}

void Case::explain(const StoreView& view, Errc refusal, Fields& fields) const {
  if (refusal == Errc::revoked) {
    note_revocation(fields, view, body);
    if (!fields.has("revocation")) note_revocation(fields, view, user_tgt);
    return;
  }
  const auto user = active(view, user_tgt.subject.name());
  if (!user) return;
  const Rules those = rules(view, *user);
  if (!rule(those, wish)) note_shortfall(fields, those, wish);
}

Case make_case(const KdcParts& parts, const Ask& ask, const ShownTgt& user,
               const DelegatedTicketRequest& request, const Principal& queue) {
  Body body{.id = delegated_ticket_id(user.tag),
            .lineage = user.tgt.lineage,
            .subject = user.tgt.subject,
            .actors = {ask.caller.principal()},
            .audience = queue,
            .work = request.work,
            .actions = request.actions,
            .downstreams = {},
            .issued_at = ask.now,
            .start_by = first_end(user.caveats),
            .run_until = ask.now,
            .renew_until = ask.now + parts.config.max_renew,
            .feed_floor = 0,
            .max_staleness = parts.config.max_staleness,
            .audit_head = {},
            .flags = flags::delegated,
            .session = {}};
  body.lineage.push_back(user.tgt.id);
  return {user.tgt, WorkWish{request.queue, request.work.type, request.actions, request.run_for},
          std::move(body), parts.config.max_renew};
}

void note_request(Ask& ask, const DelegatedTicketRequest& request) {
  ask.fields.add("audience", request.queue)
      .add("workflow", request.work.id)
      .add("workflow_type", request.work.type);
  for (const std::string& action : request.actions) ask.fields.add("action", action);
}

}  // namespace

Result<CaveatRequest> delegated_work(Bytes arguments) {
  TRY(request, DelegatedTicketRequest::decode(arguments));
  return asked_of_caveats(request, {});
}

Decided tgs_delegate(const KdcParts& parts, Ask& ask) {
  TRY(request, DelegatedTicketRequest::decode(ask.arguments));
  note_request(ask, request);
  TRY(user, open_shown_tgt(parts, ask, request.presentation, "subject"));
  CHECK_OK(check_purpose(user, request, ask));
  CaveatRequest asked = asked_of_caveats(request, ask.now);
  asked.audience = ask.caller.principal();
  CHECK_OK(check_caveats(user.caveats, asked, ask.fields));
  if (!request.downstreams.empty()) {
    return ask.refuse(Errc::policy_denied, "downstream tickets are not issued yet");
  }
  TRY(queue, Principal::make(request.queue, parts.realm()));
  const auto one = std::make_shared<const Case>(make_case(parts, ask, user, request, queue));
  TRY(judgement, one->judge(parts.store.view(), ask.fields));
  CHECK_OK(fits_a_ticket(judgement.body));
  const auto effects = [one, sealed_to = judgement.audience.kvno](StoreChange& change,
                                                                  Fields& fields) -> Checked {
    TRY(again, one->judge(change, fields));
    if (again.audience.kvno != sealed_to) return Error{Errc::busy, "the key was changed meanwhile"};
    fields.add("grant", std::to_string(again.ruling.grant))
        .add("ceiling", std::to_string(again.ruling.ceiling));
    return ok();
  };
  return to_do(effects, Issuer::TicketOrder{std::move(judgement.body), SessionKey::random(),
                                            judgement.audience});
}

}  // namespace waybill::kdc
