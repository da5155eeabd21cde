#pragma once

#include <temporal_wire.pb.h>

#include "tests/temporal/front_end.h"

namespace waybill::test {

namespace wire = temporal_wire;

/// One run, as the front end keeps it.
struct FrontEnd::Run {
  std::string workflow_id, run_id, first_run, request_id, task_queue;
  wire::History history;
  bool is_open = true;
  bool has_task = true;  // a workflow task waits
  wire::ScheduleActivityTaskCommandAttributes activity;
  enum class Activity { none, waits, held, over } activity_state = Activity::none;
  std::int64_t scheduled = 0;
  int attempt = 1;
  bool cancel_wanted = false;
  std::string failure;

  wire::HistoryEvent& add(wire::EventType type, Time now) {
    wire::HistoryEvent& event = *history.add_events();
    event.set_event_id(history.events_size());
    event.set_event_type(type);
    event.mutable_event_time()->set_seconds(now.time_since_epoch().count());
    return event;
  }
  wire::WorkflowExecutionStartedEventAttributes& started() {
    return *history.mutable_events(0)->mutable_workflow_execution_started_event_attributes();
  }
  std::string token() const { return workflow_id + "/" + run_id; }
};

}  // namespace waybill::test
