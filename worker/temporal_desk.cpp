#include "worker/temporal_desk.h"

#include "ticket/adapters/log.h"
#include "ticket/adapters/temporal_work.h"

namespace waybill::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_failure = 1s;
constexpr auto glance = 100ms;   // so often the end is looked for meanwhile
constexpr auto at_once = 300ms;  // a poll that brings nothing so soon did not wait: none is taken

// Whoever cannot judge must not deny.
bool may_pass(Errc code) {
  return code == Errc::bad_version || code == Errc::unknown_kvno || code == Errc::not_found ||
         code == Errc::busy || code == Errc::not_permitted || code == Errc::internal;
}

}  // namespace

TemporalDesk::~TemporalDesk() { stop(); }

void TemporalDesk::start() {
  thread_ = std::thread([this] { work(); });
}

void TemporalDesk::stop() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void TemporalDesk::work() {
  while (!ending_) {
    if (poll()) continue;
    for (auto waited = 0ms; waited < pause_after_failure && !ending_; waited += glance) {
      std::this_thread::sleep_for(glance);
    }
  }
}

// The edge of this thread: a server that is away, a full disk must not end it. A task without an
// answer comes again.
bool TemporalDesk::poll() {
  const auto asked = std::chrono::steady_clock::now();
  try {
    const auto task = place_.server.poll_workflow(place_.queue);
    if (!task) {
      log_warning("workflow_poll_failed", {{"why", describe(task.error().code).name}});
      return false;
    }
    if (!*task) return std::chrono::steady_clock::now() - asked > at_once;
    const Checked told = answer(**task);
    if (!told) {
      log_warning("workflow_answer_not_taken", {{"workflow", (*task)->execution.workflow_id},
                                                {"code", describe(told.error().code).name}});
    }
    return true;
  } catch (const std::exception& error) {
    log_warning("workflow_poll_failed", {{"why", error.what()}});
    return false;
  }
}

Checked TemporalDesk::answer(const temporal::WorkflowTask& task) {
  if (task.is_query) return place_.server.answer(task, {});
  const auto story = read_story(task.history);
  if (!story) return place_.server.cannot_judge(task, story.error().note);
  const Decision decision =
      decide(*story, place_.queue, [&](const Story& begun) { return judge(task, begun); });
  if (decision.cannot_judge) return place_.server.cannot_judge(task, *decision.cannot_judge);
  return place_.server.answer(task, decision.commands);
}

Ruling TemporalDesk::judge(const temporal::WorkflowTask& task, const Story& story) {
  const std::string& id = task.execution.workflow_id;
  const auto job = [&]() -> Result<Job> {
    TRY(ticket, temporal::ticket_in(story.started.header));
    TRY(input, temporal::sealed_in(story.started.input, temporal::input_encoding));
    TRY(origin, origin_of(place_.server, id, story.started, story.started_at));
    return Job{place_.space,
               id,
               story.started.workflow_type,
               origin.first_run,
               1,
               origin.started_at,
               std::move(ticket),
               std::move(input)};
  };
  const LeasedJob leased{{task.execution.run_id, {}, {}}, job()};
  if (!leased.job && may_pass(leased.job.error().code)) {
    return {Ruling::How::cannot, leased.job.error().code, {}};
  }
  const Worker::Outlook outlook = worker_.look(leased);
  if (!outlook.refusal) {
    const Seconds left = std::max(outlook.last_moment - clock_.now(), Seconds{1});
    return {Ruling::How::go, {}, left};
  }
  const bool later = outlook.may_pass_later || may_pass(*outlook.refusal);
  return {later ? Ruling::How::cannot : Ruling::How::deny, *outlook.refusal, {}};
}

}  // namespace waybill::worker
