#include "worker/temporal_source.h"

#include "ticket/adapters/log.h"
#include "ticket/adapters/temporal_work.h"

namespace waybill::worker {
namespace {

constexpr Seconds usual_silence{30};  // when a task does not say how long a worker may be silent
constexpr Seconds after_hand_back{5};

}  // namespace

Result<Origin> origin_of(temporal::Server& server, const std::string& workflow_id,
                         const temporal::Started& started, Time started_at) {
  if (started.is_cron) return Error{Errc::policy_denied, "a ticket is for one start, not for many"};
  if (started.first_run.empty()) return Error{Errc::malformed, "no first run"};
  if (started.first_run == started.run_id) return Origin{started.first_run, started_at};
  const auto first = server.first_event({workflow_id, started.first_run});
  if (!first && first.error().code == Errc::not_found) {
    return Error{Errc::start_too_late, "the first run is forgotten"};
  }
  if (!first) return first.error();
  if (!first->started || first->started->first_run != started.first_run) {
    return Error{Errc::malformed, "the first run is none"};
  }
  return Origin{started.first_run, first->time};
}

Result<Job> TemporalSource::job_of(const temporal::ActivityTask& task) {
  if (task.execution.run_id.empty()) return Error{Errc::wrong_workflow, "an activity of its own"};
  if (task.activity_type != task.workflow_type) {
    return Error{Errc::wrong_workflow_type, "another activity"};
  }
  TRY(ticket, temporal::ticket_in(task.header));
  TRY(input, temporal::sealed_in(task.input, temporal::input_encoding));
  TRY(first, place_.server.first_event(task.execution));
  if (!first.started) return Error{Errc::malformed, "a history without its start"};
  TRY(origin, origin_of(place_.server, task.execution.workflow_id, *first.started, first.time));
  return Job{task.space,   task.execution.workflow_id, task.workflow_type, origin.first_run,
             task.attempt, origin.started_at,          std::move(ticket),  std::move(input)};
}

Result<std::vector<LeasedJob>> TemporalSource::poll(Seconds) {
  TRY(task, place_.server.poll_activity(place_.queue));
  std::vector<LeasedJob> out;
  if (!task) return out;
  const Seconds silence = task->heartbeat > Seconds{0} ? task->heartbeat : usual_silence;
  const Lease lease{task->execution.run_id, task->token, silence};
  {
    const std::scoped_lock guard(lock_);
    held_[lease.token] = {task->attempt, task->execution.workflow_id};
  }
  auto job = job_of(*task);
  const auto code = job ? std::nullopt : std::optional(job.error().code);
  // What says something of the server, or that its work is gone, is no verdict on a ticket.
  if (code == Errc::not_found || code == Errc::busy || code == Errc::not_permitted ||
      code == Errc::internal || code == Errc::bad_version) {
    log_warning("task_not_judged", {{"run", lease.run_id}, {"code", describe(*code).name}});
    CHECK_OK(hand_back(lease, describe(*code).name));
    return out;
  }
  out.push_back({lease, std::move(job)});
  return out;
}

TemporalSource::Held TemporalSource::held(const Lease& lease) const {
  const std::scoped_lock guard(lock_);
  const auto found = held_.find(lease.token);
  return found == held_.end() ? Held{} : found->second;
}

// Once the server has answered, nothing more is said of it.
Checked TemporalSource::report(const Lease& lease, const Checked& answer) {
  if (answer || answer.error().code != Errc::busy) {
    const std::scoped_lock guard(lock_);
    held_.erase(lease.token);
  }
  return answer;
}

Checked TemporalSource::heartbeat(const Lease& lease, Bytes) {
  TRY(is_cancelled, place_.server.heartbeat(lease.token));
  if (!is_cancelled) return ok();
  CHECK_OK(report(lease, place_.server.cancelled(lease.token)));
  return Error{Errc::already_ended, "cancelled"};
}

Checked TemporalSource::complete(const Lease& lease, Bytes sealed_result) {
  if (sealed_result.size() > temporal::max_payload) return refuse(lease, Errc::limit_exceeded);
  return report(lease, place_.server.complete(
                           lease.token, temporal::payload_of(temporal::result_encoding,
                                                             sealed_result, held(lease).work)));
}

Checked TemporalSource::fail(const Lease& lease, std::string_view message, bool retry) {
  temporal::Failure failure = temporal::failure_of(Errc::job_failed);
  failure.message = message;
  failure.is_final = !retry || held(lease).attempt >= max_attempts;
  return report(lease, place_.server.fail(lease.token, failure));
}

Checked TemporalSource::hand_back(const Lease& lease, std::string_view message) {
  temporal::Failure failure = temporal::failure_of(Errc::job_failed);
  failure.message = message;
  failure.is_final = false;
  failure.again_after = after_hand_back;
  return report(lease, place_.server.fail(lease.token, failure));
}

// A new keytab mends a key version that is not known.
Checked TemporalSource::refuse(const Lease& lease, Errc code) {
  temporal::Failure failure = temporal::failure_of(code);
  failure.is_final = code != Errc::unknown_kvno;
  return report(lease, place_.server.fail(lease.token, failure));
}

void TemporalSource::stop() { place_.server.stop_polling(place_.queue); }

}  // namespace waybill::worker
