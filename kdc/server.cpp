#include "kdc/server.h"

#include <array>

#include "kdc/as_exchange.h"
#include "kdc/call.h"
#include "kdc/doorkeeper.h"
#include "kdc/feed_publisher.h"
#include "kdc/readiness.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/metrics.h"
#include "ticket/adapters/request_id.h"
#include "ticket/exchange/messages.h"

namespace waybill::kdc {
namespace {

constexpr std::string_view msgpack = "application/msgpack";
constexpr std::string_view segments = "/v1/feed/segments/";

HttpReply reply(Bytes body) {
  return {200, std::string(msgpack), std::string(text_of(body)), {{"Cache-Control", "no-store"}}};
}

HttpReply reply_or_refusal(const Result<Buffer>& outcome) {
  if (!outcome) return refusal(outcome.error().code);
  return reply(*outcome);
}

HttpReply may_be_kept(HttpReply reply, std::string how) {
  reply.headers["Cache-Control"] = std::move(how);
  return reply;
}

HttpReply with_status(int status, HttpReply reply) {
  reply.status = status;
  return reply;
}

HttpReply nowhere() { return with_status(404, refusal(Errc::not_found, "there is no such path")); }

HttpReply realm_document(const KdcParts& parts, const HttpRequest&) {
  return reply(parts.epochs.signed_document());
}

HttpReply logins(const KdcParts& parts, const HttpRequest& request) {
  return reply_or_refusal(as_exchange(parts, request.body_bytes()));
}

HttpReply calls(const KdcParts& parts, const HttpRequest& request) {
  return reply_or_refusal(kdc::call(parts, request.body_bytes()));
}

HttpReply feed_head(const KdcParts& parts, const HttpRequest&) {
  return may_be_kept(reply(parts.feed.head()), "no-cache");
}

HttpReply feed_segment(const KdcParts& parts, const HttpRequest& request) {
  const auto name = SegmentName::parse(std::string_view(request.path).substr(segments.size()));
  const auto bytes = name ? parts.feed.segment(*name) : std::nullopt;
  if (!bytes) return nowhere();
  return may_be_kept(reply(*bytes), "public, max-age=31536000, immutable");
}

HttpReply health(const KdcParts&, const HttpRequest&) { return health_reply(); }

HttpReply readiness(const KdcParts& parts, const HttpRequest&) {
  return readiness_reply(lacks(parts));
}

struct Route {
  std::string_view method;
  std::string_view path;  // one that ends in a slash: and whatever follows it
  HttpReply (*answer)(const KdcParts&, const HttpRequest&);
  std::string_view operation;  // as it is counted

  bool leads(std::string_view to) const {
    return path.ends_with('/') ? to.starts_with(path) : to == path;
  }
};
// Anybody may ask for any of them: what a body may do is decided by what it proves (kdc/call.h).
constexpr std::array<Route, Server::routes> route_table{{
    {"GET", "/v1/realm", realm_document, "realm"},
    {"POST", "/v1/as", logins, "login"},
    {"POST", "/v1/call", calls, "call"},
    {"GET", "/v1/feed/head", feed_head, "feed.head"},
    {"GET", segments, feed_segment, "feed.segment"},
    {"GET", "/healthz", health, "healthz"},
    {"GET", "/readyz", readiness, "readyz"},
}};
constexpr std::size_t as_route = 1;

// What stands before a `;` in a content type.
bool is_msgpack(std::string_view content_type) {
  return content_type.substr(0, content_type.find(';')) == msgpack;
}

std::optional<Errc> told_code(const HttpReply& reply) {
  const auto told = Refusal::decode(bytes_of(reply.body));
  if (!told) return std::nullopt;
  return told->code;
}

// What whoever asked is told is what is counted, and what is logged.
void measure(std::string_view operation, const HttpReply& reply, Metrics::Duration took) {
  using Outcome = Metrics::Outcome;
  const Outcome outcome = reply.status < 400   ? Outcome::done
                          : reply.status < 500 ? Outcome::refused
                                               : Outcome::failed;
  metrics().count(operation, outcome, took);
  if (outcome == Outcome::done) return;
  if (const auto code = told_code(reply)) metrics().count_refusal(operation, *code);
}

void note_refusal(Doorkeeper& door, const HttpRequest& request, const HttpReply& reply) {
  if (reply.status < 400 || reply.status >= 500) return;
  const auto code = told_code(reply);
  if (!code) return;
  door.refused.note(*code);
  log_debug("request_refused", {{"code", describe(*code).name},
                                {"method", request.method},
                                {"path", request.path},
                                {"status", reply.status},
                                {"from", request.remote_address}});
}

HttpReply failed(const char* reason) noexcept {
  log_error("request_failed", {{"reason", reason}});
  return refusal(Errc::internal);
}

}  // namespace

int status_of(Errc code) {
  switch (code) {
    case Errc::bad_tag:
    case Errc::ticket_expired:
    case Errc::not_yet_valid:
      return 401;
    case Errc::busy:
      return 429;
    case Errc::internal:
      return 503;
    default:
      return 400;
  }
}

HttpReply refusal(Errc code, std::string detail) {
  return with_status(status_of(code), reply(Refusal{code, std::move(detail)}.encode()));
}

HttpReply Server::dispatch(const HttpRequest& request, std::size_t& route) {
  bool path_known = false;
  for (std::size_t i = 0; i < route_table.size(); ++i) {
    if (!route_table[i].leads(request.path)) continue;
    path_known = true;
    if (route_table[i].method != request.method) continue;
    route = i;
    if (request.method == "POST" && !is_msgpack(request.header("Content-Type"))) {
      return with_status(415, refusal(Errc::malformed, "the content type is application/msgpack"));
    }
    const auto slot = i == as_route ? logins_.try_take() : std::nullopt;
    if (i == as_route && !slot) return refusal(Errc::busy);
    return route_table[i].answer(parts_, request);
  }
  if (path_known) return with_status(405, refusal(Errc::malformed, "another method is needed"));
  return nowhere();
}

HttpReply Server::answer(const HttpRequest& request) noexcept {
  const RequestScope scope(request.header(RequestScope::header));
  const Stopwatch watch;
  std::size_t route = routes;
  HttpReply out;
  try {  // the one catch: whatever the environment did wrong, the daemon goes on
    out = dispatch(request, route);
  } catch (const StoreError& error) {
    out = error.is_busy() ? refusal(Errc::busy) : failed(error.what());
  } catch (const std::exception& error) {
    out = failed(error.what());
  }
  count(route, out.status);
  measure(route < routes ? route_table[route].operation : "other", out, watch.read());
  note_refusal(parts_.door, request, out);
  return out;
}

void Server::count(std::size_t route, int status) {
  Counters& counters = counters_[route];
  ++(status < 400 ? counters.done : status < 500 ? counters.refused : counters.failed);
}

std::vector<Server::RouteCount> Server::counts() const {
  std::vector<RouteCount> out;
  for (std::size_t i = 0; i <= routes; ++i) {
    std::string name = "other";
    if (i < routes)
      name = std::string(route_table[i].method) + " " + std::string(route_table[i].path);
    const Counters& counters = counters_[i];
    out.push_back({std::move(name), counters.done, counters.refused, counters.failed});
  }
  return out;
}

}  // namespace waybill::kdc
