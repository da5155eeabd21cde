#include "worker/temporal_workflow.h"

#include "ticket/adapters/temporal_work.h"

namespace waybill::worker {
namespace {

using temporal::EventKind;

constexpr Seconds silence{30};  // of a worker, before its activity goes to another

bool is_end(EventKind kind) {
  return kind == EventKind::activity_completed || kind == EventKind::activity_failed ||
         kind == EventKind::activity_timed_out || kind == EventKind::activity_cancelled;
}

// What a thief of a workflow task scheduled besides is none of ours.
Checked add(Story& story, const temporal::Event& event) {
  const bool is_ours = story.scheduled && event.scheduled == *story.scheduled;
  if (event.kind == EventKind::activity_scheduled) {
    if (!story.scheduled) story.scheduled = event.id;
  } else if (event.kind == EventKind::activity_cancel_requested) {
    story.cancel_sent = story.cancel_sent || is_ours;
  } else if (is_end(event.kind)) {
    if (is_ours && !story.ended) story.ended = event;
  } else if (event.kind == EventKind::cancel_requested) {
    story.cancel_wanted = true;
  } else if (event.kind != EventKind::bookkeeping && !event.may_be_ignored) {
    return Error{Errc::malformed, "an event that this worker does not know"};
  }
  return ok();
}

temporal::ScheduleActivity schedule(const Story& story, const std::string& queue, Seconds left) {
  temporal::Header header;
  const auto ticket = story.started.header.find(std::string(temporal::ticket_key));
  if (ticket != story.started.header.end()) header.insert(*ticket);  // nothing else does it for us
  return {std::string(temporal::activity_id),
          story.started.workflow_type,
          queue,
          std::move(header),
          story.started.input,
          left,
          silence};
}

temporal::Command ending(const temporal::Event& ended) {
  if (ended.kind == EventKind::activity_completed) return temporal::Complete{ended.result};
  if (ended.kind == EventKind::activity_cancelled) return temporal::Cancelled{};
  return temporal::Fail{ended.failure};
}

}  // namespace

Result<Story> read_story(const std::vector<temporal::Event>& history) {
  if (history.empty() || history.front().kind != EventKind::started || !history.front().started) {
    return Error{Errc::malformed, "a history without its start"};
  }
  Story story{*history.front().started, history.front().time, {}, {}, false, false};
  for (std::size_t i = 1; i < history.size(); ++i) CHECK_OK(add(story, history[i]));
  return story;
}

Decision decide(const Story& story, const std::string& queue,
                const std::function<Ruling(const Story&)>& judge) {
  if (story.ended) return {{ending(*story.ended)}, {}};
  if (story.scheduled) {
    if (!story.cancel_wanted || story.cancel_sent) return {};
    return {{temporal::CancelActivity{*story.scheduled}}, {}};
  }
  if (story.cancel_wanted) return {{temporal::Cancelled{}}, {}};
  const Ruling ruling = judge(story);
  switch (ruling.how) {
    case Ruling::How::go:
      return {{schedule(story, queue, ruling.left)}, {}};
    case Ruling::How::deny:
      return {{temporal::Fail{temporal::failure_of(ruling.code)}}, {}};
    case Ruling::How::cannot:
      break;
  }
  return {{}, std::string(describe(ruling.code).name)};
}

}  // namespace waybill::worker
