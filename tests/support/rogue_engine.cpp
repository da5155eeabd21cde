#include "tests/support/rogue_engine.h"

#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "ticket/exchange/fields.h"
#include "ticket/secret.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::size_t large = 32 * 1024 * 1024;

HttpReply reply_of(const json& body) { return {200, "application/json", body.dump()}; }

Overheard overhear(const HttpRequest& request) {
  return {request.method, request.path, std::string(request.header("Authorization")), request.body};
}

json described(const CraftedJob& job) {
  return {{"namespace", job.space},
          {"workflow_id", job.workflow_id},
          {"workflow_type", job.workflow_type},
          {"run_id", job.run_id},
          {"attempt", job.attempt},
          {"started_at", job.started_at.time_since_epoch().count()},
          {"ticket", to_base64(job.ticket)},
          {"input", to_base64(job.input)},
          {"lease", to_hex(random_bytes<16>())},
          {"lease_seconds", 30}};
}

JobReport read_report(const std::string& verb, const json& body) {
  JobReport report{};
  report.kind = verb == "complete" ? JobReport::Kind::completed
                : verb == "fail"   ? JobReport::Kind::failed
                                   : JobReport::Kind::refused;
  report.code = body.value("code", "");
  report.message = body.value("message", "");
  report.retry = body.value("retry", false);
  if (verb == "hand-back") {
    report.kind = JobReport::Kind::failed;
    report.retry = true;
  }
  if (const auto result = from_base64(body.value("result", ""))) report.result = *result;
  return report;
}

}  // namespace

RogueEngine::RogueEngine(std::string service)
    : service_(std::move(service)),
      instance_(random_bytes<16>()),
      server_({.max_body_bytes = large},
              [this](const HttpRequest& request) { return answer(request); }),
      port_(server_.start()) {}

RogueEngine::~RogueEngine() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  news_.notify_all();
  server_.stop();
}

std::string RogueEngine::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::string RogueEngine::hand_out(CraftedJob job) {
  if (job.run_id.empty()) job.run_id = to_hex(random_bytes<16>());
  const std::string run_id = job.run_id;
  {
    const std::scoped_lock guard(lock_);
    jobs_.push_back(std::move(job));
  }
  news_.notify_all();
  return run_id;
}

std::optional<JobReport> RogueEngine::report(const std::string& run_id,
                                             std::chrono::milliseconds patience) {
  std::unique_lock guard(lock_);
  const auto is_there = [&] { return !reports_[run_id].empty(); };
  if (!news_.wait_for(guard, patience, is_there)) return std::nullopt;
  JobReport first = std::move(reports_[run_id].front());
  reports_[run_id].pop_front();
  return first;
}

bool RogueEngine::is_polled(std::chrono::milliseconds patience) {
  std::unique_lock guard(lock_);
  return news_.wait_for(guard, patience, [this] {
    return std::ranges::any_of(overheard_, [](const Overheard& heard) {
      return heard.path.ends_with("/poll") && !heard.authorization.empty();
    });
  });
}

std::vector<Overheard> RogueEngine::overheard() const {
  const std::scoped_lock guard(lock_);
  return overheard_;
}

HttpReply RogueEngine::answer(const HttpRequest& request) {
  {
    const std::scoped_lock guard(lock_);
    overheard_.push_back(overhear(request));
  }
  news_.notify_all();
  const std::string& path = request.path;
  if (path == "/v1/info") {
    return reply_of(
        {{"service", service_}, {"instance", to_hex(instance_)}, {"namespace", "default"}});
  }
  if (path.starts_with("/v1/queues/") && path.ends_with("/poll")) return poll();
  const std::string_view jobs = "/v1/jobs/";
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with(jobs) || slash < jobs.size()) return {404};
  return take_report(path.substr(jobs.size(), slash - jobs.size()), path.substr(slash + 1),
                     request);
}

HttpReply RogueEngine::poll() {
  std::unique_lock guard(lock_);
  news_.wait_for(guard, 500ms, [this] { return ending_ || !jobs_.empty(); });
  json jobs = json::array();
  if (!jobs_.empty()) {
    jobs.push_back(described(jobs_.front()));
    jobs_.pop_front();
  }
  return reply_of({{"jobs", jobs}});
}

HttpReply RogueEngine::take_report(const std::string& run_id, const std::string& verb,
                                   const HttpRequest& request) {
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return {400};
  if (verb == "heartbeat") return reply_of(json::object());
  {
    const std::scoped_lock guard(lock_);
    reports_[run_id].push_back(read_report(verb, body));
  }
  news_.notify_all();
  return reply_of(json::object());
}

ManInTheMiddle::ManInTheMiddle(std::string upstream, ChangeRequest on_request, ChangeReply on_reply)
    : upstream_(std::move(upstream), {.read_time = 60s, .max_reply_bytes = large}),
      on_request_(std::move(on_request)),
      on_reply_(std::move(on_reply)),
      server_({.max_body_bytes = large},
              [this](const HttpRequest& request) { return pass_on(request); }),
      port_(server_.start()) {}

ManInTheMiddle::~ManInTheMiddle() { server_.stop(); }

std::string ManInTheMiddle::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<Overheard> ManInTheMiddle::overheard() const {
  const std::scoped_lock guard(lock_);
  return overheard_;
}

std::optional<Overheard> ManInTheMiddle::last(std::string_view path) const {
  const std::scoped_lock guard(lock_);
  for (auto heard = overheard_.rbegin(); heard != overheard_.rend(); ++heard) {
    if (heard->path.starts_with(path)) return *heard;
  }
  return std::nullopt;
}

HttpReply ManInTheMiddle::pass_on(HttpRequest request) {
  {
    const std::scoped_lock guard(lock_);
    overheard_.push_back(overhear(request));
  }
  if (on_request_) on_request_(request);
  HttpHeaders headers;
  if (const auto authorization = request.header("Authorization"); !authorization.empty()) {
    headers["Authorization"] = authorization;
  }
  std::string path = request.path;
  for (const auto& [name, value] : request.query) {
    path += (path.find('?') == std::string::npos ? "?" : "&") + name + "=" + value;
  }
  HttpReply reply =
      upstream_.send(request.method, path, request.header("Content-Type"), request.body, headers);
  reply.headers.clear();  // the transport's own; it sets them again
  if (on_reply_) on_reply_(request, reply);
  return reply;
}

}  // namespace waybill::test
