#include "worker/sources.h"

#include "ticket/adapters/base64.h"
#include "ticket/adapters/request_id.h"
#include "ticket/exchange/client.h"
#include "ticket/wire/limits.h"

namespace waybill::worker {
namespace {

constexpr auto json_type = "application/json";

HttpClient::Options options(const std::string& ca_file) {
  HttpClient::Options options;
  options.ca_file = ca_file;
  options.read_time = std::chrono::seconds(40);  // a poll may wait
  // One job: its input and ticket in base64, and names.
  options.max_reply_bytes = limits::max_input / 3 * 4 + 2 * limits::max_message;
  return options;
}

[[noreturn]] void not_a_trigger(const HttpClient& http, int status) {
  throw HttpError(HttpError::Cause::broken, "what answers at " + http.base_url() +
                                                " does not speak as a trigger (status " +
                                                std::to_string(status) + ")");
}

}  // namespace

TriggerSource::TriggerSource(const std::string& url, const std::string& ca_file,
                             ServicePrincipal& self, const Clock& clock)
    : http_(url, options(ca_file)), self_(self), clock_(clock) {}

// Whom it says it is decides nothing: what we present to it opens for that principal alone.
Result<SourceInfo> TriggerSource::info() {
  {
    const std::scoped_lock guard(lock_);
    if (info_) return *info_;
  }
  const HttpReply reply = http_.get("/v1/info");
  auto info = parse_info(reply.body);
  if (reply.status != 200 || !info) not_a_trigger(http_, reply.status);
  if (info->service.realm() != self_.principal().realm()) {
    return Error{Errc::wrong_realm, "the trigger's"};
  }
  remember(*info);
  return info;
}

void TriggerSource::remember(std::optional<SourceInfo> info) {
  const std::scoped_lock guard(lock_);
  info_ = std::move(info);
}

Result<Principal> TriggerSource::introduce() {
  TRY(trigger, info());
  CHECK_OK(self_.ticket_for(trigger.service.name()));
  return trigger.service;
}

Result<std::string> TriggerSource::post(const std::string& path, const std::string& body) {
  for (bool again = false;; again = true) {
    TRY(trigger, info());
    TRY(ticket, self_.ticket_for(trigger.service.name()));
    const Digest request = request_digest({bytes_of("POST"), bytes_of(path), bytes_of(body)});
    const Buffer shown =
        present(*ticket, {trigger.service, trigger.instance, request}, clock_.now());
    HttpHeaders headers{{"Authorization", "Waybill " + to_base64url(shown)}};
    if (const auto id = current_request_id(); !id.empty()) headers[RequestScope::header] = id;
    HttpReply reply = http_.send("POST", path, json_type, body, headers);
    if (reply.status >= 200 && reply.status < 300) return std::move(reply.body);
    const auto error = parse_error(reply.body);
    if (!error && reply.status == 503) return Error{Errc::busy, "the trigger has no room"};
    if (!error) not_a_trigger(http_, reply.status);
    if (reply.status != 401 || again) return Error{error->code, "the trigger's answer"};
    if (error->code == Errc::wrong_instance && error->instance) {
      remember(SourceInfo{trigger.service, *error->instance});
    } else {
      remember(std::nullopt);
      self_.forget(trigger.service.name());
    }
  }
}

Result<std::vector<LeasedJob>> TriggerSource::poll(Seconds wait) {
  TRY(answer, post("/v1/queues/" + self_.principal().name() + "/poll", poll_body(wait)));
  TRY(jobs, parse_jobs(answer));
  if (jobs.size() > 1) return Error{Errc::limit_exceeded, "more jobs than were asked for"};
  return jobs;
}

Checked TriggerSource::report(const Lease& lease, const char* verb, const std::string& body) {
  CHECK_OK(post("/v1/jobs/" + lease.run_id + "/" + verb, body));
  return ok();
}

Checked TriggerSource::heartbeat(const Lease& lease, Bytes renewed) {
  return report(lease, "heartbeat", heartbeat_body(lease, renewed));
}
Checked TriggerSource::complete(const Lease& lease, Bytes sealed_result) {
  return report(lease, "complete", complete_body(lease, sealed_result));
}
Checked TriggerSource::fail(const Lease& lease, std::string_view message, bool retry) {
  return report(lease, "fail", fail_body(lease, message, retry));
}
Checked TriggerSource::hand_back(const Lease& lease, std::string_view message) {
  return report(lease, "hand-back", hand_back_body(lease, message));
}
Checked TriggerSource::refuse(const Lease& lease, Errc code) {
  return report(lease, "refuse", refuse_body(lease, code));
}

}  // namespace waybill::worker
