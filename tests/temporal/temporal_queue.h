#pragma once

#include "tests/temporal/front_end.h"
#include "tests/worker/workplace.h"
#include "ticket/adapters/temporal_work.h"
#include "ticket/wire/hex.h"
#include "worker/temporal_desk.h"

namespace waybill::test {

inline const std::string work_id = "invoice-report-1";

/// queue-alice on a Temporal server, with a worker that the test moves step by step.
struct TemporalQueue : Workplace {
  FrontEnd front;
  std::unique_ptr<temporal::Server> server = front.connect();
  worker::TemporalPlace place{*server, "default", "queue-alice"};
  worker::TemporalSource tasks{place};
  worker::LeaseKeeper held{tasks};
  worker::Worker clerk{{desk.verifier, desk.revocations, upkeep, handlers, runner, verdicts, tasks,
                        held, renewer, clock}};
  worker::TemporalDesk door{place, clerk, clock};

  TemporalQueue() { front.set_time(noon + 1s); }

  temporal::NewWorkflow request(const IssuedTicket& issued, const worker::Job& job) const {
    return {job.workflow_id,
            job.workflow_type,
            "queue-alice",
            temporal::header_with(issued.ticket),
            {temporal::payload_of(temporal::input_encoding, job.sealed_input, job.workflow_id)},
            "request-1",
            1h};
  }
  temporal::NewWorkflow request(Body body) {
    const Work work = *body.work;
    const IssuedTicket issued = desk.realm.issue(std::move(body));
    return request(issued, desk.job(issued, work));
  }
  /// Answers the workflow task that waits.
  bool turn() {
    const auto task = server->poll_workflow("queue-alice");
    return task && *task && door.answer(**task);
  }
  /// Does the activity that waits.
  std::optional<worker::Worker::End> work() {
    const auto jobs = tasks.poll(1s);
    if (!jobs || jobs->empty()) return std::nullopt;
    return clerk.work_on(jobs->front());
  }
  std::string state() const { return front.state(work_id); }
};

}  // namespace waybill::test
