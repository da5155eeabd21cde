#include "ticket/adapters/temporal_messages.h"

#include <temporal_wire.pb.h>

#include <algorithm>

// The one source that sees the generated messages. Between them and the plain values it decides
// nothing.
namespace waybill::temporal {
namespace {

namespace wire = temporal_wire;

void put(wire::Payload& out, const Payload& in) {
  (*out.mutable_metadata())["encoding"] = in.encoding;
  if (!in.work.empty()) (*out.mutable_metadata())[std::string(work_label)] = in.work;
  out.set_data(in.data.data(), in.data.size());
}
void put(wire::Payloads& out, const Payloads& in) {
  for (const Payload& one : in) put(*out.add_payloads(), one);
}
void put(wire::Header& out, const Header& in) {
  for (const auto& [name, payload] : in) put((*out.mutable_fields())[name], payload);
}
void put(wire::WorkflowExecution& out, const Execution& in) {
  out.set_workflow_id(in.workflow_id);
  out.set_run_id(in.run_id);
}
void put(wire::TaskQueue& out, const std::string& queue) {
  out.set_name(queue);
  out.set_kind(wire::TASK_QUEUE_KIND_NORMAL);
}
template <class Map>
void put_texts(Map& out, const std::map<std::string, std::string>& in) {
  for (const auto& [name, text] : in) {  // texts of ours: ids and principals need no escapes
    put(out[name], Payload{"json/plain", copy_of(bytes_of('"' + text + '"'))});
  }
}
void put(wire::Failure& out, const Failure& in) {
  if (!in.wire.empty() && out.ParseFromString(in.wire)) return;
  out.set_message(in.message);
  out.set_source("waybill");
  auto& info = *out.mutable_application_failure_info();
  info.set_type(in.type);
  info.set_non_retryable(in.is_final);
  if (in.again_after) info.mutable_next_retry_delay()->set_seconds(in.again_after->count());
}

std::string metadata_in(const wire::Payload& in, std::string_view name) {
  const auto found = in.metadata().find(std::string(name));
  return found == in.metadata().end() ? "" : found->second;
}
Payload get(const wire::Payload& in) {
  return {metadata_in(in, "encoding"), copy_of(bytes_of(in.data())), metadata_in(in, work_label)};
}
Payloads get(const wire::Payloads& in) {
  Payloads out;
  for (const auto& one : in.payloads()) out.push_back(get(one));
  return out;
}
Header get(const wire::Header& in) {
  Header out;
  for (const auto& [name, payload] : in.fields()) out.emplace(name, get(payload));
  return out;
}
// A workflow of an SDK wraps the failure of its activity in one of its own, which says nothing.
const wire::Failure& heart_of(const wire::Failure& in) {
  const bool says_why = in.has_application_failure_info() || in.has_timeout_failure_info() ||
                        in.has_canceled_failure_info();
  return says_why || !in.has_cause() ? in : heart_of(in.cause());
}
Failure get(const wire::Failure& in) {
  const wire::Failure& heart = heart_of(in);
  const auto& info = heart.application_failure_info();
  return {info.type(),
          heart.message(),
          info.non_retryable(),
          {},
          heart.has_timeout_failure_info(),
          in.SerializeAsString()};
}
Time get(const google::protobuf::Timestamp& in) { return Time{Seconds{in.seconds()}}; }

Started get(const wire::WorkflowExecutionStartedEventAttributes& in) {
  return {in.workflow_type().name(),
          get(in.header()),
          get(in.input()),
          in.original_execution_run_id(),
          in.first_execution_run_id(),
          !in.cron_schedule().empty()};
}

template <class Attributes>
void take(Event& out, const Attributes& in) {
  if constexpr (requires { in.scheduled_event_id(); }) out.scheduled = in.scheduled_event_id();
  if constexpr (requires { in.result(); }) out.result = get(in.result());
  if constexpr (requires { in.failure(); }) out.failure = get(in.failure());
}

// Of the attributes at most one is there; the others are empty.
Event get(const wire::HistoryEvent& in) {
  using Kind = wire::HistoryEvent;
  Event out;
  out.id = in.event_id();
  out.time = get(in.event_time());
  out.kind = kind_of(in.event_type());
  out.may_be_ignored = in.worker_may_ignore();
  const auto kind = in.attributes_case();
  if (kind == Kind::kWorkflowExecutionStartedEventAttributes) {
    out.started = get(in.workflow_execution_started_event_attributes());
  } else if (kind == Kind::kWorkflowExecutionCompletedEventAttributes) {
    take(out, in.workflow_execution_completed_event_attributes());
  } else if (kind == Kind::kWorkflowExecutionFailedEventAttributes) {
    take(out, in.workflow_execution_failed_event_attributes());
  } else if (kind == Kind::kActivityTaskCompletedEventAttributes) {
    take(out, in.activity_task_completed_event_attributes());
  } else if (kind == Kind::kActivityTaskFailedEventAttributes) {
    take(out, in.activity_task_failed_event_attributes());
  } else if (kind == Kind::kActivityTaskTimedOutEventAttributes) {
    take(out, in.activity_task_timed_out_event_attributes());
  } else if (kind == Kind::kActivityTaskCancelRequestedEventAttributes) {
    take(out, in.activity_task_cancel_requested_event_attributes());
  } else if (kind == Kind::kActivityTaskCanceledEventAttributes) {
    take(out, in.activity_task_canceled_event_attributes());
  }
  return out;
}

void get(const wire::History& in, std::vector<Event>& out) {
  for (const auto& event : in.events()) out.push_back(get(event));
}

void put(wire::ScheduleActivityTaskCommandAttributes& out, const ScheduleActivity& in) {
  out.set_activity_id(in.id);
  out.mutable_activity_type()->set_name(in.type);
  put(*out.mutable_task_queue(), in.queue);
  put(*out.mutable_header(), in.header);
  put(*out.mutable_input(), in.input);
  out.mutable_schedule_to_close_timeout()->set_seconds(in.all_attempts.count());
  out.mutable_start_to_close_timeout()->set_seconds(in.all_attempts.count());
  out.mutable_heartbeat_timeout()->set_seconds(in.heartbeat.count());
  auto& retry = *out.mutable_retry_policy();
  retry.mutable_initial_interval()->set_seconds(1);
  retry.set_backoff_coefficient(2);
  retry.mutable_maximum_interval()->set_seconds(60);
}

/// One kind of command each.
struct PutCommand {
  wire::Command& out;
  void operator()(const ScheduleActivity& in) const {
    out.set_command_type(wire::COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK);
    put(*out.mutable_schedule_activity_task_command_attributes(), in);
  }
  void operator()(const CancelActivity& in) const {
    out.set_command_type(wire::COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK);
    out.mutable_request_cancel_activity_task_command_attributes()->set_scheduled_event_id(
        in.scheduled);
  }
  void operator()(const Complete& in) const {
    out.set_command_type(wire::COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION);
    put(*out.mutable_complete_workflow_execution_command_attributes()->mutable_result(), in.result);
  }
  void operator()(const Fail& in) const {
    out.set_command_type(wire::COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION);
    put(*out.mutable_fail_workflow_execution_command_attributes()->mutable_failure(), in.failure);
  }
  void operator()(const Cancelled&) const {
    out.set_command_type(wire::COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION);
    out.mutable_cancel_workflow_execution_command_attributes();
  }
};

/// A request of ours: who asks, in which namespace.
template <class Request>
Request of(const Self& self) {
  Request out;
  out.set_namespace_(self.space);
  if constexpr (requires { out.set_identity(""); }) out.set_identity(self.identity);
  if constexpr (requires { out.set_worker_instance_key(""); }) {
    out.set_worker_instance_key(self.instance);
  }
  return out;
}

template <class Request>
Request about(const Self& self, const std::string& token) {
  auto out = of<Request>(self);
  out.set_task_token(token);
  return out;
}

template <class Message>
Result<Message> parse(const std::string& body) {
  Message out;
  if (!out.ParseFromString(body)) return Error{Errc::malformed, "no such message of Temporal"};
  return out;
}

constexpr auto no_queries = "this workflow answers no queries";

}  // namespace

// --- Starting, looking, cancelling. ----------------------------------------------------------

std::string start_request(const Self& self, const NewWorkflow& in) {
  auto out = of<wire::StartWorkflowExecutionRequest>(self);
  out.set_workflow_id(in.id);
  out.mutable_workflow_type()->set_name(in.type);
  put(*out.mutable_task_queue(), in.queue);
  put(*out.mutable_input(), in.input);
  put(*out.mutable_header(), in.header);
  out.mutable_workflow_execution_timeout()->set_seconds(in.timeout.count());
  out.set_request_id(in.request_id);
  out.set_workflow_id_reuse_policy(wire::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE);
  out.set_workflow_id_conflict_policy(wire::WORKFLOW_ID_CONFLICT_POLICY_FAIL);
  if (!in.memo.empty()) put_texts(*out.mutable_memo()->mutable_fields(), in.memo);
  if (!in.search_attributes.empty()) {
    put_texts(*out.mutable_search_attributes()->mutable_indexed_fields(), in.search_attributes);
  }
  return out.SerializeAsString();
}

Result<std::string> started_run(const std::string& body) {
  TRY(in, parse<wire::StartWorkflowExecutionResponse>(body));
  return in.run_id();
}

std::string taken_by(const std::string& details) {
  const auto status = parse<wire::Status>(details);
  if (!status) return {};
  for (const auto& detail : status->details()) {
    if (!detail.type_url().ends_with("/temporal.api.errordetails.v1."
                                     "WorkflowExecutionAlreadyStartedFailure")) {
      continue;
    }
    const auto failure = parse<wire::WorkflowExecutionAlreadyStartedFailure>(detail.value());
    if (failure) return failure->run_id();
  }
  return {};
}

std::string describe_request(const Self& self, const Execution& which) {
  auto out = of<wire::DescribeWorkflowExecutionRequest>(self);
  put(*out.mutable_execution(), which);
  return out.SerializeAsString();
}

Result<Description> description(const std::string& body) {
  TRY(in, parse<wire::DescribeWorkflowExecutionResponse>(body));
  const auto& info = in.workflow_execution_info();
  Description out{info.execution().run_id(), info.first_run_id(), false, false, 0, {},
                  end_of(info.status())};
  out.is_open = out.end == Description::End::none;
  for (const auto& activity : in.pending_activities()) {
    out.is_held = activity.state() == wire::PENDING_ACTIVITY_STATE_STARTED ||
                  activity.state() == wire::PENDING_ACTIVITY_STATE_CANCEL_REQUESTED;
    out.attempt = static_cast<std::uint32_t>(activity.attempt());
    if (activity.has_last_failure()) out.last_failure = get(activity.last_failure());
  }
  return out;
}

std::string history_request(const Self& self, const Execution& which, const HistoryPage& page) {
  auto out = of<wire::GetWorkflowExecutionHistoryRequest>(self);
  put(*out.mutable_execution(), which);
  out.set_next_page_token(page.token);
  if (page.only_first) out.set_maximum_page_size(1);
  out.set_history_event_filter_type(page.only_last ? wire::HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT
                                                   : wire::HISTORY_EVENT_FILTER_TYPE_ALL_EVENT);
  return out.SerializeAsString();
}

Result<std::string> add_history(const std::string& body, std::vector<Event>& out) {
  TRY(in, parse<wire::GetWorkflowExecutionHistoryResponse>(body));
  get(in.history(), out);
  return in.next_page_token();
}

std::string cancel_request(const Self& self, const Execution& which, const std::string& id) {
  auto out = of<wire::RequestCancelWorkflowExecutionRequest>(self);
  out.mutable_workflow_execution()->set_workflow_id(which.workflow_id);
  out.set_first_execution_run_id(which.run_id);
  out.set_request_id(id);
  return out.SerializeAsString();
}

// --- Workflow tasks. -------------------------------------------------------------------------

std::string poll_workflow_request(const Self& self, const std::string& queue) {
  auto out = of<wire::PollWorkflowTaskQueueRequest>(self);
  put(*out.mutable_task_queue(), queue);
  return out.SerializeAsString();
}

Result<PolledWorkflow> polled_workflow(const std::string& body) {
  TRY(in, parse<wire::PollWorkflowTaskQueueResponse>(body));
  const auto& execution = in.workflow_execution();
  PolledWorkflow out{{in.task_token(),
                      {execution.workflow_id(), execution.run_id()},
                      in.workflow_type().name(),
                      {},
                      in.has_query(),
                      {}},
                     in.next_page_token()};
  get(in.history(), out.task.history);
  for (const auto& [id, query] : in.queries()) out.task.queries.push_back(id);
  return out;
}

std::string answer_request(const Self& self, const WorkflowTask& task,
                           const std::vector<Command>& commands) {
  auto out = about<wire::RespondWorkflowTaskCompletedRequest>(self, task.token);
  for (const Command& command : commands) std::visit(PutCommand{*out.add_commands()}, command);
  for (const std::string& id : task.queries) {
    auto& result = (*out.mutable_query_results())[id];
    result.set_result_type(wire::QUERY_RESULT_TYPE_FAILED);
    result.set_error_message(no_queries);
  }
  return out.SerializeAsString();
}

std::string query_answer_request(const Self& self, const WorkflowTask& task) {
  auto out = about<wire::RespondQueryTaskCompletedRequest>(self, task.token);
  out.set_completed_type(wire::QUERY_RESULT_TYPE_FAILED);
  out.set_error_message(no_queries);
  return out.SerializeAsString();
}

std::string cannot_judge_request(const Self& self, const WorkflowTask& task,
                                 const std::string& why) {
  auto out = about<wire::RespondWorkflowTaskFailedRequest>(self, task.token);
  out.set_cause(wire::WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
  out.mutable_failure()->set_message(why);
  return out.SerializeAsString();
}

// --- Activity tasks. -------------------------------------------------------------------------

std::string poll_activity_request(const Self& self, const std::string& queue) {
  auto out = of<wire::PollActivityTaskQueueRequest>(self);
  put(*out.mutable_task_queue(), queue);
  return out.SerializeAsString();
}

Result<ActivityTask> polled_activity(const std::string& body) {
  TRY(in, parse<wire::PollActivityTaskQueueResponse>(body));
  const auto& execution = in.workflow_execution();
  return ActivityTask{in.task_token(),
                      in.workflow_namespace(),
                      {execution.workflow_id(), execution.run_id()},
                      in.workflow_type().name(),
                      in.activity_type().name(),
                      in.activity_id(),
                      get(in.header()),
                      get(in.input()),
                      Seconds{in.heartbeat_timeout().seconds()},
                      static_cast<std::uint32_t>(in.attempt())};
}

std::string heartbeat_request(const Self& self, const std::string& token) {
  return about<wire::RecordActivityTaskHeartbeatRequest>(self, token).SerializeAsString();
}

Result<bool> heartbeat_answer(const std::string& body) {
  TRY(in, parse<wire::RecordActivityTaskHeartbeatResponse>(body));
  return in.cancel_requested();
}

std::string complete_request(const Self& self, const std::string& token, const Payload& result) {
  auto out = about<wire::RespondActivityTaskCompletedRequest>(self, token);
  put(*out.mutable_result()->add_payloads(), result);
  return out.SerializeAsString();
}

std::string fail_request(const Self& self, const std::string& token, const Failure& failure) {
  auto out = about<wire::RespondActivityTaskFailedRequest>(self, token);
  put(*out.mutable_failure(), failure);
  return out.SerializeAsString();
}

std::string cancelled_request(const Self& self, const std::string& token) {
  return about<wire::RespondActivityTaskCanceledRequest>(self, token).SerializeAsString();
}

std::string shutdown_request(const Self& self, const std::string& queue) {
  auto out = of<wire::ShutdownWorkerRequest>(self);
  out.set_task_queue(queue);
  out.add_task_queue_types(wire::TASK_QUEUE_TYPE_WORKFLOW);
  out.add_task_queue_types(wire::TASK_QUEUE_TYPE_ACTIVITY);
  return out.SerializeAsString();
}

}  // namespace waybill::temporal
