#pragma once

#include <string>
#include <vector>

#include "ticket/adapters/temporal.h"

/// Values of temporal.h as the bytes of Temporal's messages, and back. What does not parse is
/// malformed. Of use to temporal.cpp alone.
namespace waybill::temporal {

/// Who asks.
struct Self {
  std::string space;
  std::string identity;
  std::string instance;  ///< random for each process
};

struct HistoryPage {
  std::string token{};  ///< empty: the first page
  bool only_first = false;
  bool only_last = false;
};

/// What is not known is `unknown` and `other`.
EventKind kind_of(int event_type);
Description::End end_of(int status);

std::string start_request(const Self& self, const NewWorkflow& wanted);
/// The run id.
Result<std::string> started_run(const std::string& body);
/// The run id in the details of a refusal as already started; empty: they do not say.
std::string taken_by(const std::string& details);
std::string describe_request(const Self& self, const Execution& which);
Result<Description> description(const std::string& body);
std::string history_request(const Self& self, const Execution& which, const HistoryPage& page);
/// Gives the token of the next page; empty: there is none.
Result<std::string> add_history(const std::string& body, std::vector<Event>& out);
/// Of the chain whose first run `which` names.
std::string cancel_request(const Self& self, const Execution& which, const std::string& id);

struct PolledWorkflow {
  WorkflowTask task;  ///< an empty token: there was none
  std::string next_page;
};
std::string poll_workflow_request(const Self& self, const std::string& queue);
Result<PolledWorkflow> polled_workflow(const std::string& body);
std::string answer_request(const Self& self, const WorkflowTask& task,
                           const std::vector<Command>& commands);
std::string query_answer_request(const Self& self, const WorkflowTask& task);
std::string cannot_judge_request(const Self& self, const WorkflowTask& task,
                                 const std::string& why);

std::string poll_activity_request(const Self& self, const std::string& queue);
Result<ActivityTask> polled_activity(const std::string& body);
std::string heartbeat_request(const Self& self, const std::string& token);
Result<bool> heartbeat_answer(const std::string& body);
std::string complete_request(const Self& self, const std::string& token, const Payload& result);
std::string fail_request(const Self& self, const std::string& token, const Failure& failure);
std::string cancelled_request(const Self& self, const std::string& token);
std::string shutdown_request(const Self& self, const std::string& queue);

}  // namespace waybill::temporal
