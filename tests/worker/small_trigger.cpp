#include "tests/worker/small_trigger.h"

#include "ticket/adapters/base64.h"
#include "ticket/exchange/fields.h"
#include "ticket/presentation.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

using nlohmann::json;

constexpr std::string_view scheme = "Waybill ";
constexpr std::string_view jobs_path = "/v1/jobs/";

HttpReply reply_of(const json& body) { return {200, "application/json", body.dump()}; }

}  // namespace

HttpReply error_reply(int status, Errc code) {
  const ErrorText& text = describe(code);
  const json error{{"code", text.name},
                   {"number", static_cast<int>(code)},
                   {"message", text.sentence},
                   {"request_id", "1"}};
  return {status, "application/json", json{{"error", error}}.dump()};
}

SmallTrigger::SmallTrigger(TestRealm& realm, const Clock& clock)
    : service_("trigger/orders@" + realm.realm().text()),
      clock_(clock),
      audience_(realm.keytab("trigger/orders"), realm.document),
      instance_(random_bytes<16>()),
      server_({.max_body_bytes = 8 * 1024 * 1024},
              [this](const HttpRequest& request) { return answer(request); }),
      port_(server_.start()) {}

SmallTrigger::~SmallTrigger() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  news_.notify_all();
  server_.stop();
}

void SmallTrigger::call_itself(std::string service) {
  const std::scoped_lock guard(lock_);
  service_ = std::move(service);
}

void SmallTrigger::hand_out(json job) {
  {
    const std::scoped_lock guard(lock_);
    jobs_.push_back(std::move(job));
  }
  news_.notify_all();
}

std::optional<SmallTrigger::Report> SmallTrigger::report() {
  std::unique_lock guard(lock_);
  if (!news_.wait_for(guard, 15s, [this] { return !reports_.empty(); })) return std::nullopt;
  Report first = std::move(reports_.front());
  reports_.pop_front();
  return first;
}

int SmallTrigger::count(const std::string& path) const {
  const std::scoped_lock guard(lock_);
  const auto found = counts_.find(path);
  return found == counts_.end() ? 0 : found->second;
}

void SmallTrigger::restart() {
  const std::scoped_lock guard(lock_);
  instance_ = random_bytes<16>();
}

void SmallTrigger::answer_with(const std::string& path, HttpReply reply) {
  const std::scoped_lock guard(lock_);
  instead_[path] = std::move(reply);
}

void SmallTrigger::answer_as_usual(const std::string& path) {
  const std::scoped_lock guard(lock_);
  instead_.erase(path);
}

Result<Principal> SmallTrigger::authenticate(const HttpRequest& request) {
  const std::string_view header = request.header("Authorization");
  if (!header.starts_with(scheme)) return Error{Errc::malformed, "no presentation"};
  TRY(wire, from_base64url(header.substr(scheme.size())));
  TRY(shown, Presentation::parse(wire));
  TRY(ticket, audience_.accept(shown.ticket(), clock_.now()));
  CHECK_OK(shown.check(ticket.session()));
  const Digest digest =
      request_digest({bytes_of(request.method), bytes_of(request.path), bytes_of(request.body)});
  CHECK_OK(check_authenticator(shown.authenticator(),
                               {audience_.principal(), instance_, clock_.now(), digest}));
  return ticket.body().subject;
}

HttpReply SmallTrigger::answer(const HttpRequest& request) {
  std::unique_lock guard(lock_);
  ++counts_[request.path];
  if (const auto found = instead_.find(request.path); found != instead_.end()) {
    return found->second;
  }
  if (request.path == "/v1/info") {
    return reply_of({{"service", service_}, {"instance", to_hex(instance_)}});
  }
  const auto caller = authenticate(request);
  if (!caller) {
    HttpReply reply = error_reply(401, caller.error().code);
    json body = json::parse(reply.body);
    if (caller.error().code == Errc::wrong_instance) body["instance"] = to_hex(instance_);
    reply.body = body.dump();
    return reply;
  }
  if (request.path == "/v1/queues/" + caller->name() + "/poll") {
    guard.unlock();
    return poll();
  }
  if (!request.path.starts_with(jobs_path)) return error_reply(404, Errc::not_found);
  if (!request.path.ends_with("/heartbeat")) {
    reports_.push_back(
        {request.path.substr(jobs_path.size()), json::parse(request.body), caller->text()});
    news_.notify_all();
  }
  return reply_of(json::object());
}

HttpReply SmallTrigger::poll() {
  std::unique_lock guard(lock_);
  news_.wait_for(guard, 400ms, [this] { return ending_ || !jobs_.empty(); });
  json jobs = json::array();
  if (!jobs_.empty()) {
    jobs.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  }
  return reply_of({{"jobs", jobs}});
}

}  // namespace waybill::test
