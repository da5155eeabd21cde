#include "trigger/submit.h"

#include <algorithm>

#include "ticket/adapters/log.h"
#include "ticket/adapters/request_id.h"
#include "ticket/exchange/fields.h"
#include "ticket/payload.h"
#include "ticket/presentation.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::trigger {
namespace {

/// A submission and all that follows from it before the KDC is asked.
struct Plan {
  TicketId ticket{};  ///< the id that the KDC will give it
  Work work;
};

// The type may hold '/', an id may not; the ticket's id makes it unlike any other.
std::string default_workflow_id(const std::string& type, const TicketId& ticket) {
  std::string id = type + "-" + to_hex(ticket).substr(0, 16);
  std::ranges::replace(id, '/', '-');
  return id;
}

Checked check_delegation(const SubmitParts& parts, const Presentation& presentation,
                         const Submission& wanted, const Plan& plan) {
  const Principal& self = parts.identity.self();
  const Authenticator& a = presentation.authenticator();
  const Time now = parts.clock.now();
  CHECK_OK(check_tgt(presentation.ticket(), self.realm()));
  if (a.addressee != self) return Error{Errc::wrong_addressee, "delegation"};
  CHECK_OK(waybill::check_delegation(presentation.caveats()));
  if (a.instance) return Error{Errc::wrong_instance, "a delegation names no instance"};
  if (a.time > now + limits::clock_skew) return Error{Errc::clock_skew, "delegation"};
  CHECK_OK(check_caveats(presentation.caveats(), {now, self, wanted.queue, wanted.workflow_type,
                                                  plan.work.id, plan.work.input, wanted.actions,
                                                  std::vector<Downstream>{}, parts.space}));
  if (a.request != plan.work.input) return Error{Errc::wrong_request, "delegation"};
  // An id of the caller's choice has to be the user's choice too.
  if (wanted.workflow_id && !has<caveat::WorkflowId>(presentation.caveats()))
    return Error{Errc::delegation_incomplete, "workflow id"};
  return ok();
}

bool is_same_set(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

// The body, and which ticket and key it is about: the KDC said what we asked for, and signed it.
Checked check_evidence(const SubmitParts& parts, const IssuedTicket& issued,
                       const Submission& wanted, const Plan& plan) {
  TRY(evidence, Evidence::decode(issued.evidence));
  TRY(sealed, SealedTicket::parse(issued.ticket));
  const Body& body = evidence.body;
  const Principal& self = parts.identity.self();
  TRY(queue, Principal::make(wanted.queue, self.realm()));
  if (body.id != plan.ticket) return Error{Errc::bad_integrity, "another id"};
  if (body.audience != queue || evidence.header.audience != wanted.queue) {
    return Error{Errc::wrong_audience, "another queue"};
  }
  if (!body.work || *body.work != plan.work) return Error{Errc::wrong_workflow, "other work"};
  if (!is_same_set(body.actions, wanted.actions)) return Error{Errc::action_denied, "actions"};
  if (body.actors.empty() || body.actors.back() != self) {
    return Error{Errc::evidence_not_yours, "another actor"};
  }
  if (!equal(sealed.header().encode(), evidence.header_bytes)) {
    return Error{Errc::bad_integrity, "the evidence is about another ticket"};
  }
  if (session_commitment(issued.session) != body.session) {
    return Error{Errc::session_mismatch, "evidence"};
  }
  const auto audience = parts.identity.audience();
  if (!audience) throw KdcAway("no KDC has answered since the start");
  return evidence.verify_proof(*audience->realm());
}

Result<IssuedTicket> exchange(const SubmitParts& parts, Bytes presentation,
                              const Submission& wanted, const Plan& plan) {
  TRY(issued,
      parts.kdc.delegate(
          {copy_of(presentation), wanted.queue, plan.work, wanted.actions, {}, wanted.run_for}));
  if (const auto right = check_evidence(parts, issued, wanted, plan); !right) {
    // Not the asker's fault, and nothing that he could mend.
    log_error("kdc_answer_wrong", {{"code", describe(right.error().code).name},
                                   {"note", right.error().note},
                                   {"workflow_id", plan.work.id}});
    return Error{Errc::internal, "the KDC's answer is not what was asked for"};
  }
  return issued;
}

Result<Run> enqueue(const SubmitParts& parts, const IssuedTicket& issued, const Submission& wanted,
                    const Plan& plan, const Digest& submission) {
  TRY(evidence, Evidence::decode(issued.evidence));
  const InputBinding binding{parts.space, wanted.queue, wanted.workflow_type, plan.work.id};
  const Buffer sealed = seal_input(issued.session, binding, wanted.input);
  return parts.engine.start({plan.ticket, plan.work.id, wanted.workflow_type, wanted.queue,
                             evidence.body.subject, issued, submission, sealed,
                             std::string(current_request_id())});
}

Result<Run> take_over(const SubmitParts& parts, const Shown& shown, const Submission& wanted) {
  if (wanted.workflow_id) CHECK_OK(check_workflow_id(*wanted.workflow_id));
  CHECK_OK(Principal::make(wanted.queue, parts.identity.self().realm()));
  const TicketId ticket = delegated_ticket_id(shown.presentation.tag());
  const Plan plan{
      ticket,
      {parts.space, wanted.workflow_id.value_or(default_workflow_id(wanted.workflow_type, ticket)),
       wanted.workflow_type, input_digest(wanted.input)}};
  CHECK_OK(check_delegation(parts, shown.presentation, wanted, plan));
  // The whole of it, not its tag alone: a tag can be copied onto other bytes.
  const Digest submission = request_digest({shown.wire});
  if (auto known = parts.engine.find(plan.ticket, submission)) return *std::move(known);
  TRY(issued, exchange(parts, shown.wire, wanted, plan));
  return enqueue(parts, issued, wanted, plan, submission);
}

}  // namespace

Checked check_workflow_id(std::string_view id) {
  const bool good = is_name(id, limits::max_workflow_id) &&
                    id.find('/') == std::string_view::npos && id != "." && id != "..";
  if (!good) return Error{Errc::bad_name, "workflow id"};
  return ok();
}

Result<Run> submit(const SubmitParts& parts, const Shown& shown, const Submission& wanted,
                   std::string& holder) {
  auto run = take_over(parts, shown, wanted);
  if (!run && run.error().code == Errc::already_exists && wanted.workflow_id) {
    holder = parts.engine.holder(*wanted.workflow_id).value_or("");
  }
  return run;
}

void log_accepted(const Run& run) {
  log_info("workflow_accepted", {{"workflow_id", run.workflow_id},
                                 {"run_id", print(run.id)},
                                 {"ticket_id", print(run.ticket)},
                                 {"queue", run.queue},
                                 {"workflow_type", run.workflow_type},
                                 {"subject", run.subject.text()}});
}

}  // namespace waybill::trigger
