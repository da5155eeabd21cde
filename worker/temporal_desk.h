#pragma once

#include <atomic>
#include <thread>
#include <utility>

#include "worker/temporal_source.h"
#include "worker/worker.h"

namespace waybill::worker {

/// Answers the workflow tasks of a queue (specs/temporal.md, "Workflow"), on a thread of its own:
/// tickets are judged here before anything is scheduled, against the time at which the server
/// started the work. Nothing is kept between two tasks.
class TemporalDesk {
 public:
  /// What these refer to must outlive it.
  TemporalDesk(TemporalPlace place, Worker& worker, const Clock& clock)
      : place_(std::move(place)), worker_(worker), clock_(clock) {}
  TemporalDesk(const TemporalDesk&) = delete;
  TemporalDesk& operator=(const TemporalDesk&) = delete;
  ~TemporalDesk();

  void start();
  /// Returns when the last task is answered. Polls end by TemporalSource::stop().
  void stop();

  /// One task. Errors: the server's, to the answer.
  Checked answer(const temporal::WorkflowTask& task);

 private:
  void work();
  bool poll();
  Ruling judge(const temporal::WorkflowTask& task, const Story& story);

  const TemporalPlace place_;
  Worker& worker_;
  const Clock& clock_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace waybill::worker
