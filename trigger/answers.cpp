#include "trigger/answers.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"

namespace waybill::trigger {
namespace {

using Json = nlohmann::ordered_json;

struct StatusRow {
  Errc code;
  int status;
};
// Whatever is not here is wrong with a ticket, a presentation or a caller: 401.
constexpr std::array statuses{
    // The form of a request.
    StatusRow{Errc::malformed, 400}, StatusRow{Errc::not_canonical, 400},
    StatusRow{Errc::bad_name, 400}, StatusRow{Errc::bad_version, 400},
    StatusRow{Errc::limit_exceeded, 413}, StatusRow{Errc::too_large, 413},
    // Policy, and caveats about what is asked for.
    StatusRow{Errc::policy_denied, 403}, StatusRow{Errc::service_unknown, 403},
    StatusRow{Errc::queue_unknown, 403}, StatusRow{Errc::principal_unknown, 403},
    StatusRow{Errc::not_permitted, 403}, StatusRow{Errc::grant_missing, 403},
    StatusRow{Errc::grant_action, 403}, StatusRow{Errc::grant_duration, 403},
    StatusRow{Errc::ceiling_missing, 403}, StatusRow{Errc::bad_result, 403},
    StatusRow{Errc::wrong_payload, 403}, StatusRow{Errc::caveat_unknown, 403},
    StatusRow{Errc::caveat_action, 403}, StatusRow{Errc::caveat_queue, 403},
    StatusRow{Errc::caveat_workflow_type, 403}, StatusRow{Errc::caveat_workflow, 403},
    StatusRow{Errc::caveat_input, 403}, StatusRow{Errc::caveat_downstream, 403},
    StatusRow{Errc::caveat_namespace, 403}, StatusRow{Errc::delegation_incomplete, 403},
    // What is asked about.
    StatusRow{Errc::not_found, 404}, StatusRow{Errc::not_owner, 404},
    StatusRow{Errc::unknown_operation, 404}, StatusRow{Errc::already_exists, 409},
    StatusRow{Errc::already_ended, 409}, StatusRow{Errc::not_ended, 409},
    StatusRow{Errc::lease_lost, 409},
    // This server.
    StatusRow{Errc::busy, 429}, StatusRow{Errc::internal, 503},
    StatusRow{Errc::kdc_unreachable, 503}};

HttpReply reply(int status, const Json& body) {
  // Texts of others were UTF-8 when they came; what is not is replaced, never thrown.
  return {status,
          "application/json",
          body.dump(-1, ' ', false, Json::error_handler_t::replace),
          {{"Cache-Control", "no-store"}}};
}

Json job_json(const Job& job, const HandedOut& handed_out) {
  const Run& run = job.run;
  Json out{{"namespace", handed_out.space},
           {"workflow_id", run.workflow_id},
           {"workflow_type", run.workflow_type},
           {"run_id", print(run.id)},
           {"attempt", run.attempt},
           {"started_at", run.submitted_at.time_since_epoch().count()},
           {"ticket", to_base64(job.ticket)},
           {"input", to_base64(job.sealed_input)},
           {"lease", print(job.lease)},
           {"lease_seconds", handed_out.lease.count()}};
  if (!run.request_id.empty()) out["request_id"] = run.request_id;
  return out;
}

bool is_about_shape(int status) { return status == 400 || status == 413; }

}  // namespace

HttpReply info_reply(const Identity& identity, const std::string& space) {
  return reply(200, {{"service", identity.self().text()},
                     {"instance", to_hex(identity.instance())},
                     {"namespace", space}});
}

HttpReply accepted_reply(const Run& run) {
  return reply(202, {{"workflow_id", run.workflow_id},
                     {"run_id", print(run.id)},
                     {"ticket_id", print(run.ticket)},
                     {"queue", run.queue},
                     {"start_by", print_time(run.start_by)},
                     {"run_until", print_time(run.run_until)}});
}

HttpReply described_reply(const Run& run) {
  Json body{{"workflow_id", run.workflow_id},
            {"run_id", print(run.id)},
            {"workflow_type", run.workflow_type},
            {"queue", run.queue},
            {"subject", run.subject.text()},
            {"status", name_of(run.status)},
            {"attempt", run.attempt},
            {"submitted_at", print_time(run.submitted_at)},
            {"run_until", print_time(run.run_until)},
            {"renew_until", print_time(run.renew_until)}};
  if (run.ended_at) body["ended_at"] = print_time(*run.ended_at);
  if (run.trouble) {
    body["error"] = {{"code", describe(run.trouble->code).name}, {"message", run.trouble->message}};
  }
  return reply(200, body);
}

HttpReply result_reply(const Run& run, Bytes result) {
  return reply(200, {{"workflow_id", run.workflow_id}, {"result", to_base64(result)}});
}

HttpReply payload_reply(const std::string& workflow_id, Bytes payload) {
  return reply(200, {{"workflow_id", workflow_id}, {"payload", to_base64(payload)}});
}

HttpReply jobs_reply(const HandedOut& handed_out) {
  Json jobs = Json::array();
  for (const Job& job : handed_out.jobs) jobs.push_back(job_json(job, handed_out));
  return reply(200, {{"jobs", std::move(jobs)}});
}

HttpReply done_reply() { return reply(200, Json::object()); }

std::string sentence_of(int status, const Error& error) {
  std::string sentence(describe(error.code).sentence);
  if (is_about_shape(status) && *error.note != '\0') sentence += std::string(": ") + error.note;
  return sentence;
}

HttpReply refused_reply(const Refused& refused, const InstanceId& instance) {
  const ErrorText& text = describe(refused.error.code);
  const std::string message = sentence_of(refused.status, refused.error);
  Json body{{"error",
             {{"code", text.name},
              {"number", static_cast<std::uint64_t>(text.code)},
              {"message", message},
              {"request_id", refused.request_id}}}};
  if (text.code == Errc::wrong_instance) body["instance"] = to_hex(instance);
  if (!refused.holder.empty()) body["run_id"] = refused.holder;
  HttpReply out = reply(refused.status, body);
  if (refused.status == 401) out.headers["WWW-Authenticate"] = "Waybill";
  if (refused.status == 429 || refused.status == 503) out.headers["Retry-After"] = "1";
  return out;
}

int status_of(Errc code) {
  const auto row = std::ranges::find(statuses, code, &StatusRow::code);
  return row == statuses.end() ? 401 : row->status;
}

int status_of_credential(Errc code) {
  const int status = status_of(code);
  return status == 400 || status == 413 ? 401 : status;
}

int status_of_admitted(Errc code, bool by_tgt) {
  const int status = status_of(code);
  return status == 401 && !by_tgt ? 403 : status;
}

std::string print_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 32> text{};
  static_cast<void>(std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count())));
  return text.data();
}

}  // namespace waybill::trigger
