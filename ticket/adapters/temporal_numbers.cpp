// Temporal's numbers, as its API has them for good.
#include <iterator>

#include "ticket/adapters/temporal_messages.h"

namespace waybill::temporal {

// enums/v1/event_type.proto. Workflow tasks, an activity that a worker took, and signals say
// nothing about what is to be done.
EventKind kind_of(int event_type) {
  switch (event_type) {
    case 1:
      return EventKind::started;
    case 2:
      return EventKind::completed;
    case 3:
      return EventKind::failed;
    case 4:   // timed out
    case 21:  // cancelled
    case 27:  // terminated
    case 28:  // continued as new
      return EventKind::ended_otherwise;
    case 5:  // workflow task scheduled, started, completed, timed out, failed
    case 6:
    case 7:
    case 8:
    case 9:
    case 11:  // activity started
    case 26:  // signalled
    case 55:  // options updated
    case 58:  // paused
    case 59:  // unpaused
      return EventKind::bookkeeping;
    case 10:
      return EventKind::activity_scheduled;
    case 12:
      return EventKind::activity_completed;
    case 13:
      return EventKind::activity_failed;
    case 14:
      return EventKind::activity_timed_out;
    case 15:
      return EventKind::activity_cancel_requested;
    case 16:
      return EventKind::activity_cancelled;
    case 20:
      return EventKind::cancel_requested;
    default:
      return EventKind::unknown;
  }
}

// enums/v1/workflow.proto, WorkflowExecutionStatus.
Description::End end_of(int status) {
  using End = Description::End;
  constexpr End ends[] = {End::other,      End::none,  End::completed, End::failed, End::cancelled,
                          End::terminated, End::other, End::timed_out, End::none /* paused */};
  const bool is_known = status >= 0 && status < static_cast<int>(std::size(ends));
  return is_known ? ends[status] : End::other;
}

}  // namespace waybill::temporal
