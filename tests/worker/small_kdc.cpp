#include "tests/worker/small_kdc.h"

#include "ticket/call.h"
#include "ticket/exchange/messages.h"
#include "ticket/noise.h"

namespace waybill::test {
namespace {

constexpr std::string_view feed_path = "/v1/feed/";

}  // namespace

SmallKdc::SmallKdc(TestRealm& realm, TestFeed& feed, const Clock& clock)
    : realm_(realm),
      feed_(feed),
      clock_(clock),
      server_({}, [this](const HttpRequest& request) { return answer(request); }),
      port_(server_.start()) {}

RealmFile SmallKdc::realm_file() const {
  return {realm_.realm(), {"http://127.0.0.1:" + std::to_string(port_)}, realm_.root.public_key()};
}

int SmallKdc::count(const std::string& path) const {
  const std::scoped_lock guard(lock_);
  const auto found = counts_.find(path);
  return found == counts_.end() ? 0 : found->second;
}

int SmallKdc::count_below(const std::string& path) const {
  const std::scoped_lock guard(lock_);
  int sum = 0;
  for (const auto& [asked, count] : counts_) sum += asked.starts_with(path) ? count : 0;
  return sum;
}

HttpReply SmallKdc::answer(const HttpRequest& request) {
  const std::scoped_lock guard(lock_);
  ++counts_[request.path];
  if (is_away) return {503};
  std::optional<Buffer> reply;
  if (request.path == "/v1/realm") reply = realm_.signed_document();
  if (request.path == "/v1/as") reply = log_in(request.body_bytes());
  if (request.path == "/v1/call") reply = call(request.body_bytes());
  if (request.path.starts_with(feed_path)) {
    reply = feed_file(request.path.substr(feed_path.size()));
    if (!reply) return {404};
  }
  if (!reply) {
    const Refusal refusal{Errc::malformed, ""};
    return {400, "application/msgpack", std::string(text_of(refusal.encode()))};
  }
  return {200, "application/msgpack", std::string(text_of(*reply))};
}

std::optional<Buffer> SmallKdc::log_in(Bytes body) {
  const auto envelope = LoginEnvelope::decode(body);
  if (!envelope) return std::nullopt;
  noise::Responder responder(realm_.epoch.secret().duplicate(),
                             login_prologue(envelope->realm, envelope->epoch));
  const auto payload = responder.read(envelope->message);
  if (!payload) return std::nullopt;
  const auto request = LoginRequest::decode(*payload);
  if (!request) return std::nullopt;
  const std::string& name = request->principal.name();
  LoginReply reply{std::nullopt, clock_.now(), {}, std::nullopt};
  if (realm_.key(name).public_key().bytes != responder.initiator()) {
    reply.refusal = Errc::login_failed;
  } else {
    reply.tgt = realm_.tgt(realm_.tgt_body(name, clock_.now()));
  }
  const auto message = responder.write(reply.encode());
  if (!message) return std::nullopt;
  return *message;
}

std::optional<Buffer> SmallKdc::call(Bytes body) {
  const auto received = ReceivedCall::parse(body);
  if (!received) return std::nullopt;
  const auto sealed = SealedTicket::parse(received->presentation.ticket());
  if (!sealed) return std::nullopt;
  const auto tgt = sealed->open(realm_.tgt_key);
  if (!tgt) return std::nullopt;
  const auto opened = received->open(tgt->session());
  if (!opened) return std::nullopt;
  std::vector<Answer> answers;
  for (const Operation& operation : opened->operations) {
    ++counts_[operation.name];
    answers.push_back(perform(operation, tgt->body()));
  }
  return seal_reply(opened->reply_key, answers);
}

Answer SmallKdc::perform(const Operation& operation, const Body& tgt) {
  if (operation.name == "renew") {
    auto renewed = renew(operation.arguments);
    if (!renewed) return {renewed.error().code, "", {}};
    return {std::nullopt, "", *std::move(renewed)};
  }
  if (operation.name == "verdict" && on_verdict) {
    const auto line = Fields::decode(operation.arguments);
    return {line ? on_verdict(*line) : Errc::malformed, "", {}};
  }
  const auto wanted = ServiceTicketRequest::decode(operation.arguments);
  if (operation.name != "tgs" || !wanted) return {Errc::unknown_operation, "", {}};
  const IssuedTicket issued =
      realm_.issue(realm_.service_body(tgt.subject.name(), wanted->service, clock_.now()));
  return {std::nullopt, "", issued.encode()};
}

// As a KDC does, but for policy and revocation.
Result<SecretBuffer> SmallKdc::renew(Bytes arguments) {
  TRY(request, EvidenceRequest::decode(arguments));
  TRY(evidence, Evidence::decode(request.evidence));
  CHECK_OK(evidence.verify_proof(realm_.document));
  Body body = evidence.body;
  const Time now = clock_.now();
  if (now >= body.renew_until) return Error{Errc::not_renewable, "renew_until"};
  body.issued_at = now;
  body.run_until = std::min(now + 1h, body.renew_until);
  if (on_renew) {
    TRY(judged, on_renew(std::move(body)));
    body = std::move(judged);
  }
  return realm_.issue(std::move(body)).encode();
}

std::optional<Buffer> SmallKdc::feed_file(const std::string& path) {
  constexpr std::string_view segments = "segments/";
  if (path == "head") return feed_.head(clock_.now());
  if (!path.starts_with(segments)) return std::nullopt;
  const auto name = SegmentName::parse(path.substr(segments.size()));
  if (!name || name->end() > feed_.entries.size()) return std::nullopt;
  return feed_.segment(*name, clock_.now()).encode();
}

}  // namespace waybill::test
