// What others may do to the work at a front end, and what a test asks of it.
#include "tests/temporal/front_end_run.h"

namespace waybill::test {
namespace {

wire::Payload payload_of(const temporal::Payload& in) {
  wire::Payload out;
  (*out.mutable_metadata())["encoding"] = in.encoding;
  out.set_data(in.data.data(), in.data.size());
  return out;
}

}  // namespace

std::string FrontEnd::start_copy(const std::string& workflow_id, Time now) {
  const std::scoped_lock guard(lock_);
  return add_run(current(workflow_id), {}, now).run_id;
}

std::string FrontEnd::start_again_in_chain(const std::string& workflow_id, Time now) {
  const std::scoped_lock guard(lock_);
  Run& before = current(workflow_id);
  before.is_open = false;
  return add_run(before, before.first_run, now).run_id;
}

std::string FrontEnd::reset(const std::string& workflow_id) {
  const std::scoped_lock guard(lock_);
  Run& before = current(workflow_id);
  before.is_open = false;
  const wire::HistoryEvent first = before.history.events(0);
  Run& again = add_run(before, before.first_run, now_);
  *again.history.mutable_events(0) = first;
  return again.run_id;
}

void FrontEnd::steal_activity(const std::string& workflow_id, const temporal::Payload& result) {
  const std::scoped_lock guard(lock_);
  Run& run = current(workflow_id);
  run.activity_state = Run::Activity::held;
  wire::RespondActivityTaskCompletedRequest request;
  request.set_task_token(run.token());
  *request.mutable_result()->add_payloads() = payload_of(result);
  activity_completed(request.SerializeAsString());
}

void FrontEnd::set_attempt(const std::string& workflow_id, int attempt) {
  const std::scoped_lock guard(lock_);
  current(workflow_id).attempt = attempt;
}

std::string FrontEnd::state(const std::string& workflow_id) const {
  const std::scoped_lock guard(lock_);
  const Run& run = current(workflow_id);
  if (run.is_open) return "OPEN";
  const auto last = run.history.events(run.history.events_size() - 1).event_type();
  return last == wire::EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED ? "COMPLETED"
         : last == wire::EVENT_TYPE_WORKFLOW_EXECUTION_FAILED  ? "FAILED"
                                                               : "CANCELED";
}

std::string FrontEnd::failure(const std::string& workflow_id) const {
  const std::scoped_lock guard(lock_);
  return current(workflow_id).failure;
}

int FrontEnd::unjudged() const {
  const std::scoped_lock guard(lock_);
  return unjudged_;
}

std::string FrontEnd::last(const std::string& method) const {
  const std::scoped_lock guard(lock_);
  const auto found = last_.find(method);
  return found == last_.end() ? "" : found->second;
}

std::string FrontEnd::authorization() const {
  const std::scoped_lock guard(lock_);
  return authorization_;
}

}  // namespace waybill::test
