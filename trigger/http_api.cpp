#include "trigger/http_api.h"

#include <array>
#include <optional>

#include "ticket/adapters/lmdb.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/metrics.h"
#include "ticket/adapters/request_id.h"
#include "ticket/exchange/fields.h"
#include "trigger/handlers.h"

namespace waybill::trigger {

struct FoundRoute {
  const Route* route = nullptr;
  std::string name;
  std::string allowed;  // methods of the routes of this path, when none has the request's
};

/// One request on its way, as it is logged and counted.
struct Visit {
  const HttpRequest& request;
  const InstanceId& instance;
  RefusedRequests& refused;
  std::string_view operation = "other";
};

namespace {

using namespace std::chrono_literals;

constexpr std::size_t large_body = 256 * 1024;
constexpr auto longest_poll = 30s;

// Whoever reviews access control reads this table.
constexpr std::size_t small = HttpApi::max_small_body;
constexpr std::size_t large = HttpApi::max_body;
constexpr std::array routes{
    Route{"GET", "/healthz", "", false, Caller::anyone, 0, healthz, "healthz"},
    Route{"GET", "/readyz", "", false, Caller::anyone, 0, readyz, "readyz"},
    Route{"GET", "/v1/info", "", false, Caller::anyone, 0, info, "info"},
    Route{"POST", "/v1/workflows", "", false, Caller::delegation, large, submit_workflow, "submit"},
    Route{"GET", "/v1/workflows/", "", true, Caller::principal, 0, describe_workflow, "describe"},
    Route{"GET", "/v1/workflows/", "/result", true, Caller::principal, 0, workflow_result,
          "result"},
    Route{"POST", "/v1/workflows/", "/cancel", true, Caller::principal, small, cancel_workflow,
          "cancel"},
    Route{"POST", "/v1/payloads/open", "", false, Caller::viewer, large, open_payload, "look"},
    Route{"POST", "/v1/queues/", "/poll", true, Caller::queue, small, poll_queue, "poll"},
    Route{"POST", "/v1/jobs/", "/heartbeat", true, Caller::principal, small, heartbeat_job,
          "heartbeat"},
    Route{"POST", "/v1/jobs/", "/complete", true, Caller::principal, large, complete_job,
          "complete"},
    Route{"POST", "/v1/jobs/", "/fail", true, Caller::principal, small, fail_job, "fail"},
    Route{"POST", "/v1/jobs/", "/hand-back", true, Caller::principal, small, hand_back_job,
          "hand-back"},
    Route{"POST", "/v1/jobs/", "/refuse", true, Caller::principal, small, refuse_job, "refuse"},
};

// The name in a path that has this route's form; only a queue's may hold '/'.
std::optional<std::string_view> name_in(const Route& route, std::string_view path) {
  if (!path.starts_with(route.before)) return std::nullopt;
  path.remove_prefix(route.before.size());
  if (!path.ends_with(route.after)) return std::nullopt;
  path.remove_suffix(route.after.size());
  if (!route.has_name) return path.empty() ? std::optional(path) : std::nullopt;
  const bool one_piece = route.caller == Caller::queue || path.find('/') == path.npos;
  return !path.empty() && one_piece ? std::optional(path) : std::nullopt;
}

// The KDC alone can tell whose it is, and is asked for each request.
bool shows_a_tgt(const Route& route) {
  return route.caller == Caller::delegation || route.caller == Caller::viewer;
}

FoundRoute find(const HttpRequest& request) {
  FoundRoute found;
  for (const Route& route : routes) {
    const auto name = name_in(route, request.path);
    if (!name) continue;
    if (route.method == request.method) return {&route, std::string(*name), {}};
    found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  return found;
}

struct Refusal {
  int status;
  Error error;
  std::string holder{};
  Refusal(int with, Error why) : status(with), error(why) {}
  Refusal(const Error& why) : status(status_of(why.code)), error(why) {}
};

// What a request must be before anybody asks who sent it.
std::optional<Refusal> check_form(const HttpRequest& request, const Route& route) {
  if (!request.query.empty()) {  // no presentation covers it
    return Error{Errc::malformed, "a query is not taken"};
  }
  if (request.body.size() > route.max_body) return Error{Errc::limit_exceeded, "body"};
  const std::string_view type = request.header("Content-Type");
  const bool is_json = type == "application/json" || type.starts_with("application/json;");
  if (!request.body.empty() && !is_json) {
    return Error{Errc::malformed, "the Content-Type must be application/json"};
  }
  return std::nullopt;
}

// What the caveats of the caller's credential are asked about.
Asked asked_by(const Route& route, const std::string& name) {
  Asked asked;
  if (route.caller == Caller::queue) asked.queue = name;
  if (route.before == "/v1/workflows/") asked.workflow_id = name;
  return asked;
}

Refusal unauthorised(const Error& error) { return {status_of_credential(error.code), error}; }

Refusal admitted(const Route& route, const Ask& ask, const Error& error) {
  Refusal out{status_of_admitted(error.code, shows_a_tgt(route)), error};
  out.holder = ask.holder;
  return out;
}

HttpReply refuse(const Visit& visit, const Refusal& refusal) {
  metrics().count_refusal(visit.operation, refusal.error.code);
  visit.refused.note(refusal.error.code);
  log_debug("request_refused", {{"code", describe(refusal.error.code).name},
                                {"note", refusal.error.note},
                                {"status", refusal.status},
                                {"method", visit.request.method},
                                {"path", visit.request.path},
                                {"from", visit.request.remote_address}});
  return refused_reply(
      {refusal.status, refusal.error, std::string(current_request_id()), refusal.holder},
      visit.instance);
}

HttpReply fail(const Visit& visit, Errc code, const char* why) {
  metrics().count_refusal(visit.operation, code);
  log_warning("request_failed", {{"code", describe(code).name},
                                 {"why", why},
                                 {"method", visit.request.method},
                                 {"path", visit.request.path}});
  return refused_reply({status_of(code), {code}, std::string(current_request_id())},
                       visit.instance);
}

Metrics::Outcome outcome_of(int status) {
  using Outcome = Metrics::Outcome;
  if (status < 400) return Outcome::done;
  return status < 500 ? Outcome::refused : Outcome::failed;
}

}  // namespace

HttpApi::HttpApi(TriggerParts& parts, HttpLimits limits)
    : parts_(parts),
      polls_(limits.polls),
      exchanges_(limits.exchanges),
      large_(limits.large_bodies) {}

HttpReply HttpApi::answer(const HttpRequest& request) noexcept {
  RequestScope scope(request.header(RequestScope::header));
  scope.make();
  const Stopwatch watch;
  const FoundRoute found = find(request);
  Visit visit{request, parts_.identity.instance(), parts_.standing->refused};
  if (found.route != nullptr) visit.operation = found.route->operation;
  HttpReply reply = guarded(visit, found);
  reply.headers[RequestScope::header] = scope.id();
  metrics().count(visit.operation, outcome_of(reply.status), watch.read());
  return reply;
}

HttpReply HttpApi::guarded(const Visit& visit, const FoundRoute& found) noexcept {
  try {  // the daemon's one catch: what the environment does wrong
    return dispatch(visit, found);
  } catch (const KdcAway& failure) {
    return fail(visit, Errc::kdc_unreachable, failure.what());
  } catch (const StoreError& failure) {
    return fail(visit, failure.is_busy() ? Errc::busy : Errc::internal, failure.what());
  } catch (const std::exception& failure) {
    return fail(visit, Errc::internal, failure.what());
  }
}

HttpReply HttpApi::dispatch(const Visit& visit, const FoundRoute& found) {
  const HttpRequest& request = visit.request;
  if (found.route == nullptr) {
    const bool exists = !found.allowed.empty();
    HttpReply reply =
        refuse(visit, {exists ? 405 : 404, {Errc::unknown_operation, "no such route"}});
    if (exists) reply.headers["Allow"] = found.allowed;
    return reply;
  }
  const Route& route = *found.route;
  if (const auto bad = check_form(request, route)) return refuse(visit, *bad);
  Ask ask{.request = request, .name = found.name};
  if (route.caller == Caller::anyone) {
    return *run(route, ask);  // such a handler refuses nothing
  }
  auto shown = shown_in(request);
  if (!shown) return refuse(visit, unauthorised(shown.error()));
  ask.shown = &*shown;
  std::optional<Body> caller;
  if (!shows_a_tgt(route)) {
    auto known = authenticate(
        {parts_.clock, parts_.identity, parts_.space, parts_.replays, parts_.revocations}, request,
        *shown, asked_by(route, found.name));
    if (!known) return refuse(visit, unauthorised(known.error()));
    ask.caller = &caller.emplace(*std::move(known));
  }
  auto reply = run(route, ask);
  if (!reply) return refuse(visit, admitted(route, ask, reply.error()));
  return *std::move(reply);
}

Result<HttpReply> HttpApi::run(const Route& route, Ask& ask) {
  using Slot = std::optional<WaitSlots::Slot>;
  const bool is_large = ask.request.body.size() > large_body;
  const bool is_poll = route.caller == Caller::queue;
  const bool asks_kdc = shows_a_tgt(route);
  const Slot exchange = asks_kdc ? exchanges_.try_take() : Slot{};
  if (asks_kdc && !exchange) return Error{Errc::busy, "exchanges with the KDC"};
  const Slot big = is_large ? large_.try_take() : Slot{};
  if (is_large && !big) return Error{Errc::busy, "large bodies"};
  const Slot waiting = is_poll ? polls_.try_take() : Slot{};
  if (waiting) ask.most_patience = longest_poll;
  return route.handler(parts_, ask);
}

}  // namespace waybill::trigger
