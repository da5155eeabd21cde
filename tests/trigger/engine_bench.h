#pragma once

#include "tests/trigger/workshop.h"
#include "ticket/exchange/audience.h"
#include "ticket/payload.h"

namespace waybill::test {

/// An engine alone, with tickets of a realm in process and a clock that stands still.
class EngineBench {
 public:
  explicit EngineBench(LmdbEngine::Options options = quick_engine()) : options_(options) { open(); }

  ManualClock clock;
  TestRealm realm;
  Scratch scratch;

  LmdbEngine& engine() { return *engine_; }
  void close() { engine_.reset(); }
  void open() {
    close();
    engine_ = std::make_unique<LmdbEngine>(scratch / "store", usual_store_key(),
                                           realm.principal("trigger/orders"), clock, options_);
  }

  /// A ticket for work with that id, and what the trigger keeps of it.
  struct Task {
    TicketId ticket;
    std::string workflow_id;
    std::string queue;
    IssuedTicket issued;
    Buffer input;  ///< sealed
  };
  Task task(const std::string& workflow_id, const std::string& queue = "queue-alice",
            const std::string& input = "input") {
    Work work = work_of("invoice-report", input);
    work.id = workflow_id;
    Body body = realm.workflow_body("carol", queue, work, clock.now());
    const TicketId id = body.id;
    IssuedTicket issued = realm.issue(std::move(body));
    Buffer sealed = seal_input(issued.session, {"default", queue, "invoice-report", workflow_id},
                               bytes_of(input));
    return {id, workflow_id, queue, std::move(issued), std::move(sealed)};
  }
  /// Evidence of the same ticket with new times from `when` on, as the KDC renews it, changed by
  /// whoever wants it wrong.
  Evidence renewed(const Task& task, Time when, Seconds life = 1h,
                   const std::function<void(Body&)>& change = {}) {
    Body body = Evidence::decode(task.issued.evidence)->body;
    body.issued_at = when;
    body.run_until = when + life;
    if (change) change(body);
    return *Evidence::decode(realm.issue(std::move(body)).evidence);
  }
  /// As work for the engine; refers to the task.
  NewRun work_for(const Task& task) const {
    return {task.ticket,
            task.workflow_id,
            "invoice-report",
            task.queue,
            realm.principal("carol"),
            task.issued,
            request_digest({task.ticket}),
            task.input};
  }
  Result<Run> start(const Task& task) { return engine_->start(work_for(task)); }
  Run started(const std::string& workflow_id, const std::string& queue = "queue-alice") {
    return *start(task(workflow_id, queue));
  }

  /// The one job that is there.
  Job leased(const std::string& queue = "queue-alice") {
    auto jobs = engine_->lease(queue, 1, 0ms);
    if (jobs.size() != 1) throw std::runtime_error("no job to lease");
    return std::move(jobs.front());
  }
  bool has_work(const std::string& queue = "queue-alice") {
    return !engine_->lease(queue, 1, 0ms).empty();
  }
  static Holding holding(const Job& job) { return {job.run.id, job.lease, job.run.queue}; }
  Run now(const Run& run) { return *engine_->describe(run.workflow_id); }
  Status status(const Run& run) { return now(run).status; }

  SessionKey session_of(const Job& job) {
    Audience audience(realm.keytab(job.run.queue), realm.document);
    return audience.open(job.ticket)->session().duplicate();
  }
  Buffer result_of(const Job& job, std::string_view text) {
    return seal_result(session_of(job), {job.run.ticket, job.run.workflow_id, print(job.run.id)},
                       bytes_of(text));
  }

 private:
  const LmdbEngine::Options options_;
  std::unique_ptr<LmdbEngine> engine_;
};

}  // namespace waybill::test
