#include "tests/trigger/workshop.h"

#include <cstdlib>

#include "ticket/adapters/base64.h"
#include "ticket/adapters/log.h"
#include "ticket/exchange/audience.h"
#include "ticket/exchange/fields.h"
#include "ticket/payload.h"

namespace waybill::test {

using nlohmann::json;

namespace {

// A door logs each refusal, and tests refuse a lot.
struct QuietLog {
  QuietLog() { set_log_form(LogForm::text, LogLevel::error); }
};
const QuietLog quiet_log;

}  // namespace

json body_of(const Errand& errand) {
  json body{{"workflow_type", errand.type},
            {"queue", errand.queue},
            {"actions", errand.actions},
            {"input", to_base64(bytes_of(errand.input))}};
  if (errand.workflow_id) body["workflow_id"] = *errand.workflow_id;
  return body;
}

std::string Answered::code() const {
  const auto error = body.find("error");
  return error == body.end() || !error->is_object() ? "" : error->value("code", "");
}

LmdbEngine::Options quick_engine() {
  LmdbEngine::Options options;
  options.store.map_bytes = std::size_t{1} << 30;
  options.store.synced = false;
  return options;
}

MasterKey usual_store_key() { return MasterKey(Secret<32>::copy(Digest{7})); }

HttpRequest request_of(const std::string& method, const std::string& path,
                       const std::string& body) {
  HttpRequest request{method, path, {}, {}, body, "127.0.0.1"};
  if (!body.empty()) request.headers["Content-Type"] = "application/json";
  return request;
}

Workshop::Workshop(bool knows_realm) {
  mirror_ =
      std::make_unique<FeedMirror>(scratch / "mirror", realm_file_of(realm), clock, quick_mirror());
  FeedSources sources;
  sources.push_back(std::make_unique<TestFeedSource>(realm, feed, clock));
  feed_sync_ = std::make_unique<FeedSync>(*mirror_, std::move(sources), clock);
  start(knows_realm);
}

void Workshop::start(bool knows_realm) {
  const Keytab keytab = realm.keytab("trigger/orders");
  engine_ = std::make_unique<LmdbEngine>(scratch / "store", usual_store_key(), keytab.principal(),
                                         clock, options_);
  identity_ = std::make_unique<trigger::Identity>(realm.keytab("trigger/orders"));
  if (knows_realm) identity_->update(realm.document);
  replays_ = std::make_unique<ReplayCache>();
  parts_.reset(new trigger::TriggerParts{clock, *identity_, "default", *engine_, kdc, *replays_,
                                         *mirror_, options_.lease});
  api_ = std::make_unique<trigger::HttpApi>(*parts_);
}

void Workshop::restart() {
  engine_.reset();
  start(true);
}

void Workshop::restart_without_realm() {
  engine_.reset();
  start(false);
}

const IssuedTicket& Workshop::tgt(const std::string& name) {
  const auto known = tgts_.find(name);
  if (known != tgts_.end()) return known->second;
  return tgts_.emplace(name, realm.tgt(realm.tgt_body(name, clock.now()))).first->second;
}

const IssuedTicket& Workshop::ticket(const std::string& name) {
  const auto known = tickets_.find(name);
  if (known != tickets_.end()) return known->second;
  Body body = realm.service_body(name, "trigger/orders", clock.now());
  body.run_until += 30 * 24h;  // tests move the clock by days
  return tickets_.emplace(name, realm.issue(std::move(body))).first->second;
}

Buffer Workshop::delegation(const std::string& name, const Errand& errand, Seconds life) {
  return *delegate(tgt(name),
                   {realm.principal("trigger/orders"),
                    errand.queue,
                    errand.type,
                    errand.actions,
                    input_digest(bytes_of(errand.input)),
                    {},
                    errand.workflow_id,
                    clock.now() + life},
                   clock.now());
}

std::string Workshop::header(Bytes presentation) { return "Waybill " + to_base64url(presentation); }

std::string Workshop::presented(const std::string& name, const HttpRequest& request) {
  const Digest digest =
      request_digest({bytes_of(request.method), bytes_of(request.path), request.body_bytes()});
  return header(
      present(ticket(name), {identity_->self(), identity_->instance(), digest}, clock.now()));
}

Answered Workshop::send(HttpRequest request, const std::string& authorization) {
  if (!authorization.empty()) request.headers["Authorization"] = authorization;
  HttpReply reply = api_->answer(request);
  return {reply.status, json::parse(reply.body, nullptr, false), std::move(reply.headers)};
}

Answered Workshop::submit(const std::string& name, const Errand& errand) {
  return submit(delegation(name, errand), body_of(errand));
}

Answered Workshop::submit(Bytes delegation, const json& body) {
  return send(request_of("POST", "/v1/workflows", body.dump()), header(delegation));
}

Answered Workshop::ask(const std::string& name, const std::string& method, const std::string& path,
                       const json& body) {
  const HttpRequest request = request_of(method, path, body.is_null() ? "" : body.dump());
  return send(request, presented(name, request));
}

Answered Workshop::poll(const std::string& queue, std::uint64_t wait, std::uint64_t most) {
  return ask(queue, "POST", "/v1/queues/" + queue + "/poll",
             {{"wait_seconds", wait}, {"max", most}});
}

VerifiedTicket Workshop::opened(const json& job) {
  const Buffer wire = *from_base64(job.at("ticket").get<std::string>());
  const auto sealed = SealedTicket::parse(wire);
  Audience audience(realm.keytab(sealed->header().audience), realm.document);
  auto ticket = audience.accept(wire, clock.now());
  if (!ticket) std::abort();
  return *std::move(ticket);
}

Buffer Workshop::sealed_result(const json& job, std::string_view result) {
  const VerifiedTicket ticket = opened(job);
  return seal_result(ticket.session(), {ticket.body().id, job.at("workflow_id"), job.at("run_id")},
                     bytes_of(result));
}

Answered Workshop::complete(const json& job, std::string_view result) {
  const std::string queue = opened(job).body().audience.name();
  return ask(queue, "POST", "/v1/jobs/" + job.at("run_id").get<std::string>() + "/complete",
             {{"lease", job.at("lease")}, {"result", to_base64(sealed_result(job, result))}});
}

}  // namespace waybill::test
