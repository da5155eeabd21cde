#include "trigger/grpc_api.h"

#include <waybill/v1/trigger.pb.h>

#include <algorithm>
#include <array>
#include <set>

#include "ticket/adapters/lmdb.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/metrics.h"
#include "ticket/adapters/request_id.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "trigger/handlers.h"
#include "trigger/submit.h"

namespace waybill::trigger {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t large_message = 256 * 1024;
constexpr std::uint32_t longest_wait = 30;  // seconds

// The numbers of gRPC's status codes.
enum : int {
  ok_code = 0,
  invalid_argument = 3,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  unavailable = 14,
  unauthenticated = 16,
};

// One table decides for both doors; this is how its statuses are called here.
int code_of(int status, Errc error) {
  switch (status) {
    case 400:
    case 413:
      return invalid_argument;
    case 403:
      return permission_denied;
    case 404:
      return not_found;
    case 409:
      return error == Errc::already_exists ? already_exists : failed_precondition;
    case 429:
      return resource_exhausted;
    case 503:
      return unavailable;
    default:
      return unauthenticated;
  }
}

// Only what the definition lists: what nobody reads could mean something to somebody.
template <class Message>
Result<Message> read(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) return Error{Errc::malformed, "no such message"};
  if (!message.GetReflection()->GetUnknownFields(message).empty()) {
    return Error{Errc::malformed, "a field that is not known here"};
  }
  return message;
}

Result<std::string> read_id(std::string id) {
  CHECK_OK(check_workflow_id(id));
  return id;
}

Result<Submission> read_submission(const std::string& bytes) {
  TRY(in, read<v1::StartRequest>(bytes));
  if (in.workflow_type().empty() || in.queue().empty()) {
    return Error{Errc::malformed, "a field is missing"};
  }
  bool named = is_name(in.workflow_type(), limits::max_name) &&
               is_name(in.queue(), limits::max_principal_name);
  for (const std::string& action : in.actions()) named &= is_name(action, limits::max_name);
  if (!named) return Error{Errc::bad_name, "a name in a message"};
  const std::set<std::string_view> different(in.actions().begin(), in.actions().end());
  const auto actions = static_cast<std::size_t>(in.actions_size());
  if (actions > limits::max_actions) return Error{Errc::limit_exceeded, "actions"};
  if (different.size() != actions) return Error{Errc::malformed, "a name stands twice"};
  if (in.input().size() > limits::max_input) return Error{Errc::limit_exceeded, "input"};
  if (in.run_for_seconds() > longest_run) return Error{Errc::limit_exceeded, "run_for_seconds"};
  Submission out;
  out.workflow_type = in.workflow_type();
  out.queue = in.queue();
  out.actions.assign(in.actions().begin(), in.actions().end());
  out.input = copy_of(bytes_of(in.input()));
  if (!in.workflow_id().empty()) out.workflow_id = in.workflow_id();
  out.run_for = Seconds(in.run_for_seconds());
  return out;
}

std::int64_t seconds(Time time) { return time.time_since_epoch().count(); }

v1::Workflow workflow_of(const Run& run) {
  v1::Workflow out;
  out.set_workflow_id(run.workflow_id);
  out.set_run_id(print(run.id));
  out.set_workflow_type(run.workflow_type);
  out.set_queue(run.queue);
  out.set_subject(run.subject.text());
  out.set_status(std::string(name_of(run.status)));
  out.set_attempt(run.attempt);
  out.set_submitted_at(seconds(run.submitted_at));
  out.set_run_until(seconds(run.run_until));
  out.set_renew_until(seconds(run.renew_until));
  if (run.ended_at) out.set_ended_at(seconds(*run.ended_at));
  if (run.trouble) {
    out.set_error_code(std::string(waybill::describe(run.trouble->code).name));
    out.set_error_message(run.trouble->message);
  }
  return out;
}

// As the HTTP door counts it.
std::string_view operation_of(std::string_view method) {
  constexpr std::array<std::string_view, 4> names{"submit", "describe", "wait", "cancel"};
  const auto found = std::ranges::find(GrpcApi::methods, method);
  const auto index = static_cast<std::size_t>(found - std::begin(GrpcApi::methods));
  return index < names.size() ? names.at(index) : "other";
}

// A call in the form in which presentations are bound to requests (specs/grpc-api.md).
HttpRequest as_request(const GrpcCall& call) {
  HttpRequest request{"GRPC", std::string(call.method), {}, {}, call.message, call.from};
  if (call.credential) request.headers["Authorization"] = *call.credential;
  return request;
}

}  // namespace

GrpcApi::GrpcApi(TriggerParts& parts, GrpcLimits limits)
    : parts_(parts),
      waits_(limits.waits),
      submissions_(limits.submissions),
      large_(limits.large_messages) {}

GrpcReply GrpcApi::answer(const GrpcCall& call) noexcept {
  RequestScope scope(call.request_id);
  scope.make();
  const Stopwatch watch;
  GrpcReply reply = guarded(call);
  reply.request_id = scope.id();
  using Outcome = Metrics::Outcome;
  const Outcome outcome = reply.code == ok_code       ? Outcome::done
                          : reply.code == unavailable ? Outcome::failed
                                                      : Outcome::refused;
  metrics().count(operation_of(call.method), outcome, watch.read());
  return reply;
}

GrpcReply GrpcApi::guarded(const GrpcCall& call) noexcept {
  try {  // the edge of the door: what the environment does wrong
    Telling telling;
    auto reply = dispatch(call, telling);
    if (!reply) return refuse(call, telling, reply.error());
    return {ok_code, *std::move(reply)};
  } catch (const KdcAway& failure) {
    return fail(call, Errc::kdc_unreachable, failure.what());
  } catch (const StoreError& failure) {
    return fail(call, failure.is_busy() ? Errc::busy : Errc::internal, failure.what());
  } catch (const std::exception& failure) {
    return fail(call, Errc::internal, failure.what());
  }
}

// The same order as HttpApi::dispatch. `telling` is of the refusal, if there is one.
Result<std::string> GrpcApi::dispatch(const GrpcCall& call, Telling& telling) {
  const auto refused = [&](int with, const Error& error) {
    telling.status = with;
    return error;
  };
  const bool is_start = call.method == methods[0];
  if (call.message.size() > (is_start ? max_message : max_small_message)) {
    return refused(413, Error{Errc::limit_exceeded, "message"});
  }
  const HttpRequest request = as_request(call);
  const auto shown = shown_in(request);
  if (!shown) return refused(status_of_credential(shown.error().code), shown.error());
  std::optional<Body> caller;
  if (!is_start) {
    Asked asked;
    v1::DescribeRequest named;  // in all three messages the id is field 1
    if (named.ParseFromString(call.message)) asked.workflow_id = named.workflow_id();
    auto known = authenticate(
        {parts_.clock, parts_.identity, parts_.space, parts_.replays, parts_.revocations}, request,
        *shown, asked);
    if (!known) return refused(status_of_credential(known.error().code), known.error());
    caller.emplace(*std::move(known));
  }
  const auto run = [&]() -> Result<std::string> {
    if (is_start) return start(*shown, call.message, telling);
    if (call.method == methods[1]) return describe(*caller, call.message);
    if (call.method == methods[2]) return wait(*caller, call);
    if (call.method == methods[3]) return cancel(*caller, call.message);
    return Error{Errc::unknown_operation, "no such call"};
  };
  auto reply = run();
  if (!reply) telling.status = status_of_admitted(reply.error().code, is_start);
  return reply;
}

Result<std::string> GrpcApi::start(const Shown& shown, const std::string& message,
                                   Telling& telling) {
  const auto slot = submissions_.try_take();
  if (!slot) return Error{Errc::busy, "submissions"};
  using Slot = std::optional<WaitSlots::Slot>;
  const bool is_large = message.size() > large_message;
  const Slot big = is_large ? large_.try_take() : Slot{};
  if (is_large && !big) return Error{Errc::busy, "large messages"};
  TRY(wanted, read_submission(message));
  TRY(run, submit({parts_.clock, parts_.identity, parts_.space, parts_.kdc, parts_.engine}, shown,
                  wanted, telling.holder));
  log_accepted(run);
  v1::StartReply out;
  out.set_workflow_id(run.workflow_id);
  out.set_run_id(print(run.id));
  out.set_ticket_id(print(run.ticket));
  out.set_queue(run.queue);
  out.set_start_by(seconds(run.start_by));
  out.set_run_until(seconds(run.run_until));
  return out.SerializeAsString();
}

Result<std::string> GrpcApi::describe(const Body& caller, const std::string& message) {
  TRY(in, read<v1::DescribeRequest>(message));
  TRY(id, read_id(in.workflow_id()));
  TRY(run, own_run(parts_.engine, id, caller));
  return workflow_of(run).SerializeAsString();
}

Result<std::string> GrpcApi::wait(const Body& caller, const GrpcCall& call) {
  TRY(in, read<v1::WaitRequest>(call.message));
  if (in.wait_seconds() > longest_wait) return Error{Errc::limit_exceeded, "wait_seconds"};
  TRY(id, read_id(in.workflow_id()));
  TRY(run, own_run(parts_.engine, id, caller));
  if (!has_ended(run.status) && in.wait_seconds() > 0) {
    const auto slot = waits_.try_take();
    if (!slot) return Error{Errc::busy, "waits"};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(in.wait_seconds());
    auto step = 10ms;
    while (!has_ended(run.status) && std::chrono::steady_clock::now() < end &&
           !(call.is_over && call.is_over()) && pause(step)) {
      step = std::min(step * 2, 320ms);
      TRY(now, own_run(parts_.engine, id, caller));
      run = std::move(now);
    }
  }
  v1::WaitReply out;
  *out.mutable_workflow() = workflow_of(run);
  if (run.status == Status::completed) {
    TRY(result, parts_.engine.result(run.id));
    out.set_result(std::string(text_of(result)));
  }
  return out.SerializeAsString();
}

Result<std::string> GrpcApi::cancel(const Body& caller, const std::string& message) {
  TRY(in, read<v1::CancelRequest>(message));
  TRY(id, read_id(in.workflow_id()));
  CHECK_OK(cancel_own_run(parts_.engine, id, caller));
  return v1::CancelReply().SerializeAsString();
}

GrpcReply GrpcApi::refuse(const GrpcCall& call, const Telling& telling, const Error& error) {
  parts_.standing->refused.note(error.code);
  log_debug("request_refused", {{"code", waybill::describe(error.code).name},
                                {"note", error.note},
                                {"status", telling.status},
                                {"method", "GRPC"},
                                {"path", call.method},
                                {"from", call.from}});
  metrics().count_refusal(operation_of(call.method), error.code);
  return refusal(telling, error);
}

GrpcReply GrpcApi::refusal(const Telling& telling, const Error& error) const {
  const ErrorText& text = waybill::describe(error.code);
  const int code = code_of(telling.status, error.code);
  v1::ErrorInfo info;
  info.set_reason(std::string(text.name));
  info.set_domain("waybill");
  auto& more = *info.mutable_metadata();
  more["number"] = std::to_string(static_cast<unsigned>(error.code));
  more["request_id"] = std::string(current_request_id());
  if (error.code == Errc::wrong_instance) more["instance"] = to_hex(parts_.identity.instance());
  if (!telling.holder.empty()) more["run_id"] = telling.holder;
  v1::StatusDetails details;
  details.set_code(code);
  details.set_message(sentence_of(telling.status, error));
  auto* detail = details.add_details();
  detail->set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  detail->set_value(info.SerializeAsString());
  return {code, details.message(), details.SerializeAsString()};
}

GrpcReply GrpcApi::fail(const GrpcCall& call, Errc code, const char* why) {
  log_warning("request_failed", {{"code", waybill::describe(code).name},
                                 {"why", why},
                                 {"method", "GRPC"},
                                 {"path", call.method}});
  metrics().count_refusal(operation_of(call.method), code);
  return refusal({status_of(code), {}}, {code});
}

void GrpcApi::end_waits() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  ending_heard_.notify_all();
}

// False when there is no point in waiting any more.
bool GrpcApi::pause(std::chrono::milliseconds time) {
  std::unique_lock guard(lock_);
  return !ending_heard_.wait_for(guard, time, [this] { return ending_; });
}

}  // namespace waybill::trigger
