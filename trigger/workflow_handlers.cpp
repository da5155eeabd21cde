#include "ticket/adapters/log.h"
#include "ticket/limits.h"
#include "trigger/handlers.h"
#include "trigger/json_fields.h"
#include "trigger/submit.h"

namespace waybill::trigger {
namespace {

constexpr std::uint64_t longest_run = 366ULL * 24 * 3600;  // seconds; a grant allows far less

Result<Submission> read_submission(std::string_view body) {
  TRY(in, JsonFields::parse(body));
  Submission out;
  out.workflow_type = in.name("workflow_type", limits::max_name);
  out.queue = in.name("queue", limits::max_principal_name);
  out.actions = in.names("actions", limits::max_actions, limits::max_name);
  out.input = in.bytes("input", limits::max_input);
  out.workflow_id = in.optional_text("workflow_id");
  out.run_for = Seconds(in.number("run_for_seconds", longest_run, 0));
  CHECK_OK(in.finish());
  return out;
}

// What is not there and what is another's is one answer.
Result<Run> owned(TriggerParts& parts, const Ask& ask) {
  auto run = parts.engine.describe(ask.name);
  if (!run || run->subject != ask.caller->subject) return Error{Errc::not_owner, "workflow"};
  return *std::move(run);
}

}  // namespace

Result<HttpReply> info(TriggerParts& parts, const Ask&) {
  return info_reply(parts.identity, parts.space);
}

Result<HttpReply> healthz(TriggerParts&, const Ask&) {
  return HttpReply{200, "text/plain", "ok\n", {}};
}

Result<HttpReply> submit_workflow(TriggerParts& parts, const Ask& ask) {
  TRY(wanted, read_submission(ask.request.body));
  TRY(run, submit({parts.clock, parts.identity, parts.space, parts.kdc, parts.engine}, *ask.shown,
                  wanted));
  log_info("workflow_accepted", {{"workflow_id", run.workflow_id},
                                 {"run_id", print(run.id)},
                                 {"ticket_id", print(run.ticket)},
                                 {"queue", run.queue},
                                 {"workflow_type", run.workflow_type},
                                 {"subject", run.subject.text()}});
  return accepted_reply(run);
}

Result<HttpReply> describe_workflow(TriggerParts& parts, const Ask& ask) {
  TRY(run, owned(parts, ask));
  return described_reply(run);
}

Result<HttpReply> workflow_result(TriggerParts& parts, const Ask& ask) {
  TRY(run, owned(parts, ask));
  TRY(result, parts.engine.result(run.id));
  return result_reply(run, result);
}

Result<HttpReply> cancel_workflow(TriggerParts& parts, const Ask& ask) {
  if (!ask.request.body.empty()) {
    TRY(in, JsonFields::parse(ask.request.body));
    CHECK_OK(in.finish());
  }
  TRY(run, owned(parts, ask));
  CHECK_OK(parts.engine.cancel(run.id));
  log_info("workflow_cancelled", {{"workflow_id", run.workflow_id}, {"run_id", print(run.id)}});
  return done_reply();
}

}  // namespace waybill::trigger
