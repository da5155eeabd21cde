#include "ticket/adapters/temporal.h"

#include <algorithm>
#include <thread>

#include "ticket/adapters/files.h"
#include "ticket/adapters/grpc_channel.h"
#include "ticket/adapters/temporal_messages.h"
#include "ticket/crypto.h"
#include "ticket/wire/hex.h"

namespace waybill::temporal {
namespace {

using namespace std::chrono_literals;

constexpr auto service = "/temporal.api.workflowservice.v1.WorkflowService/";
constexpr auto call_time = 10s;
constexpr auto poll_time = 70s;  // the server gives up after 60 s
constexpr auto retry_time = 10s;
constexpr std::size_t max_token = 16 * 1024;
constexpr std::size_t max_authorities = 1024 * 1024;

enum Status : std::uint8_t {  // of gRPC
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

bool may_pass(int status) {
  return status == unavailable || status == internal || status == unknown || status == aborted ||
         status == out_of_range || status == data_loss || status == resource_exhausted;
}

// A server that is away, or did not answer in time, is no refusal.
Error refusal(const GrpcChannel::Answer& answer, const std::string& address) {
  switch (answer.status) {
    case not_found:
    case failed_precondition:
      return {Errc::not_found, "Temporal"};
    case permission_denied:
    case unauthenticated:
      return {Errc::not_permitted, "Temporal"};
    case resource_exhausted:
      return {Errc::busy, "Temporal"};
    case invalid_argument:
      return {Errc::malformed, "Temporal"};
    case already_exists:
      return {Errc::already_exists, "Temporal"};
    case unavailable:
    case deadline_exceeded:
    case cancelled:
      throw HttpError(answer.status == unavailable ? HttpError::Cause::cannot_connect
                                                   : HttpError::Cause::timed_out,
                      "Temporal at " + address + " does not answer");
    default:
      return {Errc::internal, "Temporal"};
  }
}

std::multimap<std::string, std::string> metadata(const Options& options) {
  std::multimap<std::string, std::string> out{
      {"client-name", "waybill"},
      {"temporal-namespace", options.space},
      // Of a run that was followed by a retry we want its own last event, not a made-up one.
      {"supported-features", "follows-next-run-id"}};
  if (!options.token_file.empty()) {
    const SecretBytes file = read_secret_file(options.token_file, max_token);
    std::string token(text_of(file.expose()));
    while (!token.empty() && token.back() == '\n') token.pop_back();
    out.emplace("authorization", "Bearer " + token);
  }
  return out;
}

std::string read_authorities(const Options& options) {
  if (options.authorities.empty()) return {};
  return std::string(text_of(read_file(options.authorities, max_authorities)));
}

class GrpcServer final : public Server {
 public:
  explicit GrpcServer(const Options& options)
      : options_(options),
        self_{options.space, options.identity, to_hex(random_bytes<16>())},
        channel_({options.address, [options] { return metadata(options); },
                  read_authorities(options)}) {}

  Result<Start> start(const NewWorkflow& wanted) override {
    const auto answer = ask("StartWorkflowExecution", start_request(self_, wanted));
    if (answer.status == already_exists)
      return Start{Start::How::is_taken, taken_by(answer.details)};
    if (!answer.is_good()) return refusal(answer, options_.address);
    TRY(run, started_run(answer.body));
    return Start{Start::How::started, std::move(run)};
  }

  Result<Description> describe(const Execution& which) override {
    TRY(body, call("DescribeWorkflowExecution", describe_request(self_, which)));
    return description(body);
  }

  Result<Event> first_event(const Execution& which) override {
    return one_event(which, {{}, true, false});
  }
  Result<Event> last_event(const Execution& which) override {
    return one_event(which, {{}, false, true});
  }

  Checked cancel(const Execution& which, const std::string& request_id) override {
    CHECK_OK(call("RequestCancelWorkflowExecution", cancel_request(self_, which, request_id)));
    return ok();
  }

  Result<std::optional<WorkflowTask>> poll_workflow(const std::string& queue) override {
    TRY(body, poll("PollWorkflowTaskQueue", poll_workflow_request(self_, queue)));
    TRY(polled, polled_workflow(body));
    if (polled.task.token.empty()) return std::optional<WorkflowTask>();
    while (!polled.next_page.empty()) {
      TRY(more, call("GetWorkflowExecutionHistory",
                     history_request(self_, polled.task.execution, {polled.next_page})));
      TRY(next, add_history(more, polled.task.history));
      polled.next_page = next;
    }
    return std::optional(std::move(polled.task));
  }

  Result<std::optional<ActivityTask>> poll_activity(const std::string& queue) override {
    TRY(body, poll("PollActivityTaskQueue", poll_activity_request(self_, queue)));
    TRY(task, polled_activity(body));
    if (task.token.empty()) return std::optional<ActivityTask>();
    return std::optional(std::move(task));
  }

  // The server answers the polls that hang, so that no task is matched to one that is cancelled.
  // One that does not know how is given a moment all the same.
  void stop_polling(const std::string& queue) override {
    channel_.call(service + std::string("ShutdownWorker"), shutdown_request(self_, queue), 2s);
    channel_.end_polls(2s);
  }

  Checked answer(const WorkflowTask& task, const std::vector<Command>& commands) override {
    if (task.is_query) return tell("RespondQueryTaskCompleted", query_answer_request(self_, task));
    return tell("RespondWorkflowTaskCompleted", answer_request(self_, task, commands));
  }
  Checked cannot_judge(const WorkflowTask& task, const std::string& why) override {
    return tell("RespondWorkflowTaskFailed", cannot_judge_request(self_, task, why));
  }

  Result<bool> heartbeat(const std::string& token) override {
    TRY(body, call("RecordActivityTaskHeartbeat", heartbeat_request(self_, token)));
    return heartbeat_answer(body);
  }
  Checked complete(const std::string& token, const Payload& result) override {
    return tell("RespondActivityTaskCompleted", complete_request(self_, token, result));
  }
  Checked fail(const std::string& token, const Failure& failure) override {
    return tell("RespondActivityTaskFailed", fail_request(self_, token, failure));
  }
  Checked cancelled(const std::string& token) override {
    return tell("RespondActivityTaskCanceled", cancelled_request(self_, token));
  }

 private:
  // Tries again what may pass, as Temporal's own clients do.
  GrpcChannel::Answer ask(const char* method, const std::string& request) {
    const auto end = std::chrono::steady_clock::now() + retry_time;
    for (std::chrono::milliseconds pause = 100ms;; pause = std::min(pause * 17 / 10, 5000ms)) {
      auto answer = channel_.call(service + std::string(method), request, call_time);
      if (answer.status == resource_exhausted) pause = std::max(pause, 1000ms);
      const bool again = may_pass(answer.status) && std::chrono::steady_clock::now() + pause < end;
      if (!again) return answer;
      std::this_thread::sleep_for(pause);
    }
  }

  Result<std::string> call(const char* method, const std::string& request) {
    auto answer = ask(method, request);
    if (!answer.is_good()) return refusal(answer, options_.address);
    return std::move(answer.body);
  }
  Checked tell(const char* method, const std::string& request) {
    CHECK_OK(call(method, request));
    return ok();
  }

  // A poll that comes to nothing is as good as an empty answer.
  Result<std::string> poll(const char* method, const std::string& request) {
    auto answer = channel_.call(service + std::string(method), request, poll_time, true);
    if (answer.status == deadline_exceeded || answer.status == Status::cancelled)
      return std::string();
    if (!answer.is_good()) return refusal(answer, options_.address);
    return std::move(answer.body);
  }

  Result<Event> one_event(const Execution& which, const HistoryPage& page) {
    TRY(body, call("GetWorkflowExecutionHistory", history_request(self_, which, page)));
    std::vector<Event> events;
    CHECK_OK(add_history(body, events));
    if (events.empty()) return Error{Errc::malformed, "a history without events"};
    return std::move(page.only_last ? events.back() : events.front());
  }

  const Options options_;
  const Self self_;
  GrpcChannel channel_;
};

}  // namespace

std::unique_ptr<Server> connect(const Options& options) {
  return std::make_unique<GrpcServer>(options);
}

}  // namespace waybill::temporal
