#include "tests/temporal/front_end.h"

#include <thread>

#include "tests/temporal/front_end_run.h"

namespace waybill::test {
namespace {

using namespace std::chrono_literals;

constexpr int not_found = 5;
constexpr int already_exists = 6;
constexpr auto poll_time = 200ms;

template <class Message>
Message parse(const std::string& body) {
  Message out;
  out.ParseFromString(body);
  return out;
}
template <class Message>
GrpcDoor::Reply reply(const Message& message) {
  return {message.SerializeAsString(), 0, {}, {}};
}
GrpcDoor::Reply missing() { return {{}, not_found, "not found", {}}; }

}  // namespace

FrontEnd::FrontEnd(const GrpcDoor::Identity& identity)
    : door_([this](const GrpcDoor::Call& call) { return answer(call); }, identity) {}
FrontEnd::~FrontEnd() = default;

void FrontEnd::set_time(Time now) {
  const std::scoped_lock guard(lock_);
  now_ = now;
}

GrpcDoor::Reply FrontEnd::answer(const GrpcDoor::Call& call) {
  if (call.method.starts_with("Poll")) {
    for (auto waited = 0ms; waited < poll_time; waited += 20ms) {
      {
        const std::scoped_lock guard(lock_);
        const Reply found =
            call.method == "PollWorkflowTaskQueue" ? poll_workflow() : poll_activity();
        if (!found.body.empty()) return found;
      }
      std::this_thread::sleep_for(20ms);
    }
    return {};
  }
  const std::scoped_lock guard(lock_);
  last_[call.method] = call.body;
  const auto token = call.metadata.find("authorization");
  if (token != call.metadata.end()) authorization_ = token->second;
  const std::map<std::string, Reply (FrontEnd::*)(const std::string&)> methods{
      {"StartWorkflowExecution", &FrontEnd::start},
      {"DescribeWorkflowExecution", &FrontEnd::describe},
      {"GetWorkflowExecutionHistory", &FrontEnd::history},
      {"RequestCancelWorkflowExecution", &FrontEnd::cancel},
      {"RespondWorkflowTaskCompleted", &FrontEnd::workflow_completed},
      {"RespondWorkflowTaskFailed", &FrontEnd::workflow_failed},
      {"RecordActivityTaskHeartbeat", &FrontEnd::heartbeat},
      {"RespondActivityTaskCompleted", &FrontEnd::activity_completed},
      {"RespondActivityTaskFailed", &FrontEnd::activity_failed},
      {"RespondActivityTaskCanceled", &FrontEnd::activity_cancelled}};
  const auto found = methods.find(call.method);
  return found == methods.end() ? Reply{{}, 12, "unimplemented", {}}
                                : (this->*found->second)(call.body);
}

// --- Starting, looking, cancelling. ----------------------------------------------------------

FrontEnd::Run& FrontEnd::add_run(const Run& like, const std::string& first, Time now) {
  auto run = std::make_unique<Run>();
  run->workflow_id = like.workflow_id;
  run->run_id = "run-" + std::to_string(next_++);
  run->first_run = first.empty() ? run->run_id : first;
  run->request_id = like.request_id;
  auto& attributes = *run->add(wire::EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, now)
                          .mutable_workflow_execution_started_event_attributes();
  if (like.history.events_size() > 0) {
    attributes = like.history.events(0).workflow_execution_started_event_attributes();
  }
  attributes.set_original_execution_run_id(run->run_id);
  attributes.set_first_execution_run_id(run->first_run);
  runs_.push_back(std::move(run));
  return *runs_.back();
}

GrpcDoor::Reply FrontEnd::start(const std::string& body) {
  const auto in = parse<wire::StartWorkflowExecutionRequest>(body);
  wire::StartWorkflowExecutionResponse out;
  if (Run* known = find(in.workflow_id(), {})) {
    out.set_run_id(known->run_id);
    if (known->request_id == in.request_id()) return reply(out);
    wire::WorkflowExecutionAlreadyStartedFailure failure;
    failure.set_run_id(known->run_id);
    wire::Status status;
    auto& detail = *status.add_details();
    detail.set_type_url(
        "type.googleapis.com/temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure");
    detail.set_value(failure.SerializeAsString());
    return {{}, already_exists, "already started", status.SerializeAsString()};
  }
  Run like;
  like.workflow_id = in.workflow_id();
  like.request_id = in.request_id();
  Run& run = add_run(like, {}, now_);
  *run.started().mutable_workflow_type() = in.workflow_type();
  *run.started().mutable_header() = in.header();
  *run.started().mutable_input() = in.input();
  out.set_run_id(run.run_id);
  out.set_started(true);
  return reply(out);
}

GrpcDoor::Reply FrontEnd::describe(const std::string& body) {
  const auto in = parse<wire::DescribeWorkflowExecutionRequest>(body);
  const Run* run = find(in.execution().workflow_id(), in.execution().run_id());
  if (run == nullptr) return missing();
  wire::DescribeWorkflowExecutionResponse out;
  auto& info = *out.mutable_workflow_execution_info();
  info.mutable_execution()->set_run_id(run->run_id);
  info.set_first_run_id(run->first_run);
  const auto last = run->history.events(run->history.events_size() - 1).event_type();
  info.set_status(run->is_open ? wire::WORKFLOW_EXECUTION_STATUS_RUNNING
                  : last == wire::EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
                      ? wire::WORKFLOW_EXECUTION_STATUS_COMPLETED
                  : last == wire::EVENT_TYPE_WORKFLOW_EXECUTION_FAILED
                      ? wire::WORKFLOW_EXECUTION_STATUS_FAILED
                      : wire::WORKFLOW_EXECUTION_STATUS_CANCELED);
  if (run->is_open && run->activity_state != Run::Activity::none) {
    auto& pending = *out.add_pending_activities();
    pending.set_attempt(run->attempt);
    pending.set_state(run->activity_state == Run::Activity::held
                          ? wire::PENDING_ACTIVITY_STATE_STARTED
                          : wire::PENDING_ACTIVITY_STATE_SCHEDULED);
  }
  return reply(out);
}

GrpcDoor::Reply FrontEnd::history(const std::string& body) {
  const auto in = parse<wire::GetWorkflowExecutionHistoryRequest>(body);
  const Run* run = find(in.execution().workflow_id(), in.execution().run_id());
  if (run == nullptr) return missing();
  wire::GetWorkflowExecutionHistoryResponse out;
  const auto& events = run->history.events();
  if (in.history_event_filter_type() == wire::HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT) {
    *out.mutable_history()->add_events() = events[events.size() - 1];
  } else if (in.maximum_page_size() == 1) {
    *out.mutable_history()->add_events() = events[0];
  } else {  // the second page of a task, which brought the first event alone
    for (int i = 1; i < events.size(); ++i) *out.mutable_history()->add_events() = events[i];
  }
  return reply(out);
}

GrpcDoor::Reply FrontEnd::cancel(const std::string& body) {
  const auto in = parse<wire::RequestCancelWorkflowExecutionRequest>(body);
  Run* run = find(in.workflow_execution().workflow_id(), {});
  if (run == nullptr || !run->is_open || run->first_run != in.first_execution_run_id()) {
    return missing();
  }
  run->cancel_wanted = run->has_task = true;
  run->add(wire::EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, now_);
  return reply(wire::RequestCancelWorkflowExecutionResponse());
}

// --- Tasks. ----------------------------------------------------------------------------------

// In two pages, so that whoever reads one of them only is found out.
GrpcDoor::Reply FrontEnd::poll_workflow() {
  for (const auto& run : runs_) {
    if (!run->is_open || !run->has_task) continue;
    run->has_task = false;
    run->add(wire::EVENT_TYPE_WORKFLOW_TASK_STARTED, now_);
    wire::PollWorkflowTaskQueueResponse out;
    out.set_task_token(run->token());
    out.mutable_workflow_execution()->set_workflow_id(run->workflow_id);
    out.mutable_workflow_execution()->set_run_id(run->run_id);
    *out.mutable_workflow_type() = run->started().workflow_type();
    *out.mutable_history()->add_events() = run->history.events(0);
    out.set_next_page_token("the rest");
    return reply(out);
  }
  return {};
}

GrpcDoor::Reply FrontEnd::poll_activity() {
  for (const auto& run : runs_) {
    if (!run->is_open || run->activity_state != Run::Activity::waits) continue;
    run->activity_state = Run::Activity::held;
    wire::PollActivityTaskQueueResponse out;
    out.set_task_token(run->token());
    out.set_workflow_namespace("default");
    *out.mutable_workflow_type() = run->started().workflow_type();
    out.mutable_workflow_execution()->set_workflow_id(run->workflow_id);
    out.mutable_workflow_execution()->set_run_id(run->run_id);
    *out.mutable_activity_type() = run->activity.activity_type();
    out.set_activity_id(run->activity.activity_id());
    *out.mutable_header() = run->activity.header();
    *out.mutable_input() = run->activity.input();
    *out.mutable_heartbeat_timeout() = run->activity.heartbeat_timeout();
    out.set_attempt(run->attempt);
    return reply(out);
  }
  return {};
}

GrpcDoor::Reply FrontEnd::workflow_completed(const std::string& body) {
  const auto in = parse<wire::RespondWorkflowTaskCompletedRequest>(body);
  Run* run = by_activity(in.task_token());
  if (run == nullptr) return missing();
  run->add(wire::EVENT_TYPE_WORKFLOW_TASK_COMPLETED, now_);
  for (const auto& command : in.commands()) {
    if (command.has_schedule_activity_task_command_attributes()) {
      run->activity = command.schedule_activity_task_command_attributes();
      run->activity_state = Run::Activity::waits;
      run->scheduled = run->add(wire::EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, now_).event_id();
    } else if (command.has_complete_workflow_execution_command_attributes()) {
      *run->add(wire::EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, now_)
           .mutable_workflow_execution_completed_event_attributes()
           ->mutable_result() = command.complete_workflow_execution_command_attributes().result();
      run->is_open = false;
    } else if (command.has_fail_workflow_execution_command_attributes()) {
      const auto& failure = command.fail_workflow_execution_command_attributes().failure();
      *run->add(wire::EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, now_)
           .mutable_workflow_execution_failed_event_attributes()
           ->mutable_failure() = failure;
      run->failure = failure.application_failure_info().type();
      run->is_open = false;
    } else if (command.has_cancel_workflow_execution_command_attributes()) {
      run->add(wire::EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, now_);
      run->is_open = false;
    } else if (command.has_request_cancel_activity_task_command_attributes()) {
      run->add(wire::EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED, now_)
          .mutable_activity_task_cancel_requested_event_attributes()
          ->set_scheduled_event_id(run->scheduled);
    }
  }
  return reply(wire::RespondWorkflowTaskCompletedResponse());
}

GrpcDoor::Reply FrontEnd::workflow_failed(const std::string&) {
  ++unjudged_;  // a real server would ask again
  return reply(wire::RespondWorkflowTaskFailedResponse());
}

GrpcDoor::Reply FrontEnd::heartbeat(const std::string& body) {
  const auto in = parse<wire::RecordActivityTaskHeartbeatRequest>(body);
  const Run* run = by_activity(in.task_token());
  if (run == nullptr || run->activity_state != Run::Activity::held) return missing();
  wire::RecordActivityTaskHeartbeatResponse out;
  out.set_cancel_requested(run->cancel_wanted);
  return reply(out);
}

GrpcDoor::Reply FrontEnd::activity_completed(const std::string& body) {
  const auto in = parse<wire::RespondActivityTaskCompletedRequest>(body);
  Run* run = by_activity(in.task_token());
  if (run == nullptr || run->activity_state != Run::Activity::held) return missing();
  auto& event = *run->add(wire::EVENT_TYPE_ACTIVITY_TASK_COMPLETED, now_)
                     .mutable_activity_task_completed_event_attributes();
  event.set_scheduled_event_id(run->scheduled);
  *event.mutable_result() = in.result();
  run->activity_state = Run::Activity::over;
  run->has_task = true;
  return reply(wire::RespondActivityTaskCompletedResponse());
}

GrpcDoor::Reply FrontEnd::activity_failed(const std::string& body) {
  const auto in = parse<wire::RespondActivityTaskFailedRequest>(body);
  Run* run = by_activity(in.task_token());
  if (run == nullptr || run->activity_state != Run::Activity::held) return missing();
  if (!in.failure().application_failure_info().non_retryable()) {
    ++run->attempt;
    run->activity_state = Run::Activity::waits;
    return reply(wire::RespondActivityTaskFailedResponse());
  }
  auto& event = *run->add(wire::EVENT_TYPE_ACTIVITY_TASK_FAILED, now_)
                     .mutable_activity_task_failed_event_attributes();
  event.set_scheduled_event_id(run->scheduled);
  *event.mutable_failure() = in.failure();
  run->activity_state = Run::Activity::over;
  run->has_task = true;
  return reply(wire::RespondActivityTaskFailedResponse());
}

GrpcDoor::Reply FrontEnd::activity_cancelled(const std::string& body) {
  const auto in = parse<wire::RespondActivityTaskCanceledRequest>(body);
  Run* run = by_activity(in.task_token());
  if (run == nullptr || !run->cancel_wanted) return missing();
  run->add(wire::EVENT_TYPE_ACTIVITY_TASK_CANCELED, now_)
      .mutable_activity_task_canceled_event_attributes()
      ->set_scheduled_event_id(run->scheduled);
  run->activity_state = Run::Activity::over;
  run->has_task = true;
  return reply(wire::RespondActivityTaskCanceledResponse());
}

FrontEnd::Run* FrontEnd::find(const std::string& workflow_id, const std::string& run_id) {
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    if ((*run)->workflow_id != workflow_id) continue;
    if (run_id.empty() || (*run)->run_id == run_id) return run->get();
  }
  return nullptr;
}

FrontEnd::Run& FrontEnd::current(const std::string& workflow_id) const {
  return *const_cast<FrontEnd*>(this)->find(workflow_id, {});
}

FrontEnd::Run* FrontEnd::by_activity(const std::string& token) {
  for (const auto& run : runs_) {
    if (run->token() == token && run->is_open) return run.get();
  }
  return nullptr;
}

}  // namespace waybill::test
