#include "ticket/adapters/log.h"
#include "ticket/wire/limits.h"
#include "trigger/handlers.h"
#include "trigger/json_fields.h"
#include "trigger/look.h"
#include "trigger/readiness.h"
#include "trigger/submit.h"

namespace waybill::trigger {
namespace {

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

Result<LookWish> read_look(std::string_view body) {
  TRY(in, JsonFields::parse(body));
  LookWish out;
  out.workflow_id = in.name("workflow_id", limits::max_workflow_id);
  const auto kind = payload_kind(in.text("payload"));
  out.sealed = in.bytes("sealed", limits::max_input + seal_overhead);
  CHECK_OK(in.finish());
  if (!kind) return Error{Errc::malformed, "a payload is input or result"};
  out.kind = *kind;
  return out;
}

}  // namespace

Result<Run> own_run(Engine& engine, const std::string& workflow_id, const Body& caller) {
  auto run = engine.describe(workflow_id);
  if (!run || run->subject != caller.subject) return Error{Errc::not_owner, "workflow"};
  return *std::move(run);
}

Checked cancel_own_run(Engine& engine, const std::string& workflow_id, const Body& caller) {
  TRY(run, own_run(engine, workflow_id, caller));
  CHECK_OK(engine.cancel(run.id));
  log_info("workflow_cancelled", {{"workflow_id", run.workflow_id}, {"run_id", print(run.id)}});
  return ok();
}

Result<HttpReply> info(TriggerParts& parts, const Ask&) {
  return info_reply(parts.identity, parts.space);
}

Result<HttpReply> healthz(TriggerParts&, const Ask&) { return health_reply(); }

Result<HttpReply> readyz(TriggerParts& parts, const Ask&) { return readiness_reply(lacks(parts)); }

Result<HttpReply> submit_workflow(TriggerParts& parts, const Ask& ask) {
  TRY(wanted, read_submission(ask.request.body));
  TRY(run, submit({parts.clock, parts.identity, parts.space, parts.kdc, parts.engine}, *ask.shown,
                  wanted, ask.holder));
  log_accepted(run);
  return accepted_reply(run);
}

Result<HttpReply> describe_workflow(TriggerParts& parts, const Ask& ask) {
  TRY(run, own_run(parts.engine, ask.name, *ask.caller));
  return described_reply(run);
}

Result<HttpReply> workflow_result(TriggerParts& parts, const Ask& ask) {
  TRY(run, own_run(parts.engine, ask.name, *ask.caller));
  TRY(result, parts.engine.result(run.id));
  return result_reply(run, result);
}

Result<HttpReply> cancel_workflow(TriggerParts& parts, const Ask& ask) {
  if (!ask.request.body.empty()) {
    TRY(in, JsonFields::parse(ask.request.body));
    CHECK_OK(in.finish());
  }
  CHECK_OK(cancel_own_run(parts.engine, ask.name, *ask.caller));
  return done_reply();
}

Result<HttpReply> open_payload(TriggerParts& parts, const Ask& ask) {
  TRY(wish, read_look(ask.request.body));
  TRY(opened, look({parts.clock, parts.identity, parts.kdc, parts.engine, parts.replays},
                   ask.request, *ask.shown, wish));
  return payload_reply(wish.workflow_id, opened);
}

}  // namespace waybill::trigger
