// The history of a workflow at Temporal, as its server or a thief of a task tells it.

#include <algorithm>

#include "tests/fuzz/door_targets.h"
#include "tests/fuzz/plan.h"
#include "worker/temporal_workflow.h"

namespace waybill::test::fuzz {
namespace {

using temporal::Event;
using temporal::EventKind;

std::vector<Event> planned_history(Plan& plan) {
  std::vector<Event> out;
  for (std::int64_t id = 1; !plan.is_over() && id < 40; ++id) {
    Event event;
    event.id = id;
    event.kind = static_cast<EventKind>(plan.below(13));
    if (id == 1 && plan.yes()) event.kind = EventKind::started;
    event.may_be_ignored = plan.yes();
    event.scheduled = static_cast<std::int64_t>(plan.below(5));
    if (event.kind == EventKind::started && plan.yes()) event.started.emplace();
    out.push_back(std::move(event));
  }
  return out;
}

void decide(Bytes input) {
  Plan plan(input);
  const bool goes = plan.yes();
  const std::vector<Event> history = planned_history(plan);
  const auto story = worker::read_story(history);
  if (!story) return;
  require(!history.empty() && history.front().kind == EventKind::started, "a story has a start");
  int asked = 0;
  const auto judge = [&](const worker::Story&) {
    ++asked;
    return worker::Ruling{goes ? worker::Ruling::How::go : worker::Ruling::How::deny, Errc::revoked,
                          std::chrono::seconds(60)};
  };
  const worker::Decision decision = worker::decide(*story, "queue-alice", judge);
  require(decision.commands.size() <= 1, "there is one thing to do at most");
  const bool scheduled = std::ranges::any_of(
      history, [](const Event& e) { return e.kind == EventKind::activity_scheduled; });
  require(!scheduled || asked == 0, "what was judged once is not judged again");
  for (const temporal::Command& one : decision.commands) {
    const bool schedules = std::holds_alternative<temporal::ScheduleActivity>(one);
    require(!schedules || (goes && asked == 1 && !scheduled),
            "an activity is scheduled once, after it was judged");
  }
}

}  // namespace

Targets story_targets() { return {{"a_history_at_temporal", some_plans, decide}}; }

}  // namespace waybill::test::fuzz
