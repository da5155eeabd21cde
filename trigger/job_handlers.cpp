#include <algorithm>

#include "ticket/adapters/log.h"
#include "ticket/adapters/request_id.h"
#include "ticket/crypto.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "trigger/handlers.h"
#include "trigger/json_fields.h"

namespace waybill::trigger {
namespace {

constexpr std::uint64_t longest_poll = 30;    // seconds
constexpr std::uint64_t most_jobs = 16;       // in one answer
constexpr std::size_t max_words = 16 * 1024;  // what a worker may say; the engine keeps less

struct Report {
  JsonFields in;
  Holding holding;
};

/// The run of the path, the lease of the body, and who speaks.
Result<Report> read_report(const Ask& ask) {
  const auto run = fixed_from_hex<16>(ask.name);
  if (!run) return Error{Errc::not_owner, "run id"};
  TRY(in, JsonFields::parse(ask.request.body));
  const LeaseId lease = in.id("lease");
  return Report{std::move(in), {*run, lease, ask.caller->subject.name()}};
}

std::string words(JsonFields& in) {
  std::string text = in.text("message");
  if (text.size() > max_words) in.fail(Errc::limit_exceeded, "message");
  return text;
}

/// What a worker says that the KDC has said: only the KDC's signature makes it so.
Result<Evidence> proven(const TriggerParts& parts, Bytes wire) {
  TRY(evidence, Evidence::decode(wire));
  const auto audience = parts.identity.audience();
  if (!audience) throw KdcAway("no KDC has answered since the start");
  CHECK_OK(evidence.verify_proof(*audience->realm()));
  return evidence;
}

// A worker may be newer than we are: its refusal counts all the same.
Errc code_named(std::string_view name) {
  const auto found = std::ranges::find(all_errors(), name, &ErrorText::name);
  return found == all_errors().end() ? Errc::policy_denied : found->code;
}

void log_end(const char* event, const Holding& holding, const char* how) {
  log_info(event, {{"run_id", print(holding.run)}, {"queue", holding.queue}, {"how", how}});
}

}  // namespace

Result<HttpReply> poll_queue(TriggerParts& parts, const Ask& ask) {
  const Principal& caller = ask.caller->subject;
  if (caller.realm() != parts.identity.self().realm() || caller.name() != ask.name) {
    return Error{Errc::not_permitted, "the jobs of a queue are for that queue's principal"};
  }
  TRY(in, JsonFields::parse(ask.request.body));
  const std::chrono::seconds wait(in.number("wait_seconds", longest_poll, 0));
  const std::uint64_t most = in.number("max", most_jobs, 1);
  if (most == 0) in.fail(Errc::malformed, "max");
  CHECK_OK(in.finish());
  const auto jobs = parts.engine.lease(
      ask.name, most, std::min<std::chrono::milliseconds>(wait, ask.most_patience));
  for (const Job& job : jobs) {
    const RequestScope scope(job.run.request_id);  // not of the poll
    log_info("job_handed_out", {{"workflow_id", job.run.workflow_id},
                                {"run_id", print(job.run.id)},
                                {"queue", job.run.queue},
                                {"attempt", job.run.attempt}});
  }
  return jobs_reply({jobs, parts.space, parts.lease});
}

Result<HttpReply> heartbeat_job(TriggerParts& parts, const Ask& ask) {
  TRY(report, read_report(ask));
  const auto renewed = report.in.optional_bytes("renewed", limits::max_evidence);
  CHECK_OK(report.in.finish());
  if (!renewed) {
    CHECK_OK(parts.engine.heartbeat(report.holding, nullptr));
    return done_reply();
  }
  TRY(evidence, proven(parts, *renewed));
  CHECK_OK(parts.engine.heartbeat(report.holding, &evidence));
  log_info("ticket_renewed", {{"run_id", print(report.holding.run)},
                              {"queue", report.holding.queue},
                              {"run_until", print_time(evidence.body.run_until)}});
  return done_reply();
}

Result<HttpReply> complete_job(TriggerParts& parts, const Ask& ask) {
  TRY(report, read_report(ask));
  const Buffer sealed = report.in.bytes("result", limits::max_input + seal_overhead);
  CHECK_OK(report.in.finish());
  CHECK_OK(parts.engine.complete(report.holding, sealed));
  log_end("job_ended", report.holding, "completed");
  return done_reply();
}

Result<HttpReply> fail_job(TriggerParts& parts, const Ask& ask) {
  TRY(report, read_report(ask));
  const std::string message = words(report.in);
  const bool retry = report.in.boolean("retry");
  CHECK_OK(report.in.finish());
  CHECK_OK(parts.engine.fail(report.holding, message, retry));
  log_end(retry ? "job_attempt_failed" : "job_ended", report.holding, "failed");
  return done_reply();
}

Result<HttpReply> hand_back_job(TriggerParts& parts, const Ask& ask) {
  TRY(report, read_report(ask));
  const std::string message = words(report.in);
  CHECK_OK(report.in.finish());
  CHECK_OK(parts.engine.hand_back(report.holding, message));
  log_end("job_handed_back", report.holding, "not begun");
  return done_reply();
}

Result<HttpReply> refuse_job(TriggerParts& parts, const Ask& ask) {
  TRY(report, read_report(ask));
  const std::string code = report.in.text("code");
  const std::string message = words(report.in);
  CHECK_OK(report.in.finish());
  CHECK_OK(parts.engine.refuse(report.holding, {code_named(code), message}));
  log_info("job_refused", {{"run_id", print(report.holding.run)},
                           {"queue", report.holding.queue},
                           {"code", describe(code_named(code)).name}});
  return done_reply();
}

}  // namespace waybill::trigger
