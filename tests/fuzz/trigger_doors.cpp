// The trigger's table of routes with a real engine: whatever is asked, there is a whole answer, and
// nothing starts but what was delegated.

#include <algorithm>

#include "tests/fuzz/door_targets.h"
#include "tests/fuzz/plan.h"
#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"

namespace waybill::test::fuzz {
namespace {

using nlohmann::json;

/// A door with one job that a worker has. Requests that come through are few, and none ends it.
struct Door : BusyWorkshop {
  Errand errand;
  std::string delegated = Workshop::header(delegation("carol", errand));
  std::string run = job.at("run_id");
  Door() { engine().end_waits(); }
};

Door& door() {
  static Door instance;
  return instance;
}

bool is_page(const HttpRequest& request) {
  return request.method == "GET" && (request.path == "/healthz" || request.path == "/readyz") &&
         request.query.empty() && request.body.empty();
}

// What a refusal says: a code that there is, its number, and the id under which the log has it.
void check_refusal(const json& error, const HttpReply& reply) {
  const auto all = all_errors();
  const auto found = std::ranges::find(all, error.at("code").get<std::string>(), &ErrorText::name);
  require(found != all.end() && error.at("number") == static_cast<std::uint64_t>(found->code),
          "a refusal has one of our codes");
  require(error.at("message").get<std::string>().starts_with(found->sentence),
          "a refusal has its sentence");
  require(error.at("request_id") == reply.headers.at("X-Request-Id"), "a refusal is found again");
  require((reply.status == 401) == reply.headers.contains("WWW-Authenticate"),
          "who lacks a credential hears which");
  require((reply.status == 405) == reply.headers.contains("Allow"), "another method is named");
}

void check(const HttpRequest& request, const HttpReply& reply) {
  if (is_page(request)) {
    require(reply.content_type.starts_with("text/plain"), "a page is text");
    require(reply.status == 200 || (request.path == "/readyz" && reply.status == 503),
            "a page has one of its statuses");
    return;
  }
  static constexpr int statuses[] = {200, 202, 400, 401, 403, 404, 405, 409, 413, 429};
  require(std::ranges::count(statuses, reply.status) == 1, "an answer has one of the statuses");
  const json body = json::parse(reply.body, nullptr, false);
  require(reply.content_type == "application/json" && body.is_object(), "an answer is an object");
  require((reply.status >= 300) == body.contains("error"), "a refusal is told from an answer");
  if (reply.status >= 300) check_refusal(body.at("error"), reply);
}

std::string planned_path(Plan& plan) {
  const std::string paths[] = {"/healthz",
                               "/v1/info",
                               "/v1/workflows",
                               "/v1/payloads/open",
                               "/v1/workflows/" + door().workflow,
                               "/v1/workflows/" + door().workflow + "/result",
                               "/v1/queues/queue-alice/poll",
                               "/v1/jobs/" + door().run + "/heartbeat",
                               "/v1/jobs/00/complete"};
  std::string path = plan.one_of(paths);
  if (plan.yes()) path = text_of(changed(bytes_of(path), bytes_of("/v1/jobs/a/fail"), plan));
  return path;
}

// Without a credential of anybody's, or with one that was changed.
void knock(Bytes input) {
  Plan plan(input);
  static constexpr std::string_view methods[] = {"POST", "GET", "DELETE"};
  HttpRequest request = request_of(std::string(plan.one_of(methods)), planned_path(plan));
  static const std::string good = door().presented("carol", request_of("GET", "/v1/info"));
  if (plan.yes()) request.headers["Authorization"] = plan.text(60);
  if (plan.yes()) {
    const Buffer shown = changed(*from_base64url(good.substr(8)), {}, plan);
    request.headers["Authorization"] = Workshop::header(shown);
  }
  if (plan.yes()) request.headers["Content-Type"] = "application/json";
  if (plan.yes()) request.query["a"] = plan.text(5);
  request.body = text_of(plan.rest());
  const HttpReply reply = door().api().answer(request);
  check(request, reply);
  const bool open = is_page(request) || request.path == "/v1/info";
  require(reply.status >= 400 || open, "nobody without a credential is served");
}

// Under Carol's delegation: any body.
void submit(Bytes input) {
  HttpRequest request = request_of("POST", "/v1/workflows", std::string(text_of(input)));
  request.headers["Content-Type"] = "application/json";
  request.headers["Authorization"] = door().delegated;
  const auto before = door().engine().counts().open;
  const HttpReply reply = door().api().answer(request);
  check(request, reply);
  require(door().engine().counts().open <= std::max<std::size_t>(before, 2),
          "one delegation starts one piece of work");
  if (reply.status != 202) return;
  const json body = json::parse(input.begin(), input.end());
  require(body.at("workflow_type") == door().errand.type &&
              body.at("queue") == door().errand.queue &&
              from_base64(body.at("input").get<std::string>()) &&
              *from_base64(body.at("input").get<std::string>()) ==
                  copy_of(bytes_of(door().errand.input)),
          "what starts is what was delegated");
}

// What the queue's own principal says of its job, but a right result or a right end.
void report(Bytes input) {
  if (input.empty()) return;
  static constexpr std::string_view doings[] = {"heartbeat", "complete"};
  const std::string path = "/v1/jobs/" + door().run + "/" + std::string(doings[input.front() % 2]);
  HttpRequest request = request_of("POST", path, std::string(text_of(input.subspan(1))));
  request.headers["Content-Type"] = "application/json";
  request.headers["Authorization"] = door().presented("queue-alice", request);
  check(request, door().api().answer(request));
  require(door().engine().describe(door().workflow)->attempt == 1U,
          "the work stays with its worker");
}

}  // namespace

Targets trigger_door_targets() {
  return {
      {"requests_at_the_trigger", some_plans, knock},
      {"submissions_under_a_delegation",
       [] {
         std::vector<Buffer> out{copy_of(bytes_of(body_of(door().errand).dump()))};
         out.push_back(copy_of(bytes_of(
             R"({"workflow_type":"a","queue":"b","actions":[],"input":"","run_seconds":5,"workflow_id":"x-1"})")));
         return out;
       },
       submit},
      {"reports_of_a_worker",
       [] {
         const std::string lease = door().job.at("lease");
         const std::string both[] = {std::string(1, '\0') + json{{"lease", lease}}.dump(),
                                     "\1" + json{{"lease", lease}, {"result", "AAAA"}}.dump()};
         std::vector<Buffer> out;
         for (const std::string& one : both) out.push_back(copy_of(bytes_of(one)));
         return out;
       },
       report}};
}

}  // namespace waybill::test::fuzz
