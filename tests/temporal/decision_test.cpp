#include <boost/test/unit_test.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/outcome.h"
#include "ticket/adapters/temporal_work.h"
#include "worker/temporal_workflow.h"

namespace waybill::test::decision_test {
namespace {

using namespace waybill::worker;
using temporal::Event;
using temporal::EventKind;
using History = std::vector<EventKind>;

// The event that is about an activity is about the third one, which schedules it.
std::vector<Event> events_of(const History& kinds, std::int64_t scheduled = 3) {
  std::vector<Event> out;
  for (const EventKind kind : kinds) {
    Event event{static_cast<std::int64_t>(out.size()) + 1, noon, kind};
    event.scheduled = scheduled;
    if (kind == EventKind::started) {
      event.started = temporal::Started{
          "invoice-report",
          {{std::string(temporal::ticket_key), {"e", {1}}}, {"trace", {"e", {2}}}},
          {{"i", {3}}},
          "run-1",
          "run-1",
          false};
    }
    out.push_back(event);
  }
  return out;
}

std::string name_of(const Decision& decision) {
  if (decision.cannot_judge) return "cannot " + *decision.cannot_judge;
  std::string out;
  for (const auto& command : decision.commands) {
    if (std::holds_alternative<temporal::ScheduleActivity>(command)) out += "schedule";
    if (std::holds_alternative<temporal::CancelActivity>(command)) out += "cancel activity";
    if (std::holds_alternative<temporal::Complete>(command)) out += "complete";
    if (const auto* fail = std::get_if<temporal::Fail>(&command)) {
      out += "fail " + fail->failure.type;
    }
    if (std::holds_alternative<temporal::Cancelled>(command)) out += "cancelled";
  }
  return out;
}

struct Row {
  const char* what;
  History history;
  const char* decision;
  bool is_judged = false;
  Ruling ruling{Ruling::How::go, {}, Seconds{60}};
};

constexpr EventKind start = EventKind::started, task = EventKind::bookkeeping,
                    scheduled = EventKind::activity_scheduled, wanted = EventKind::cancel_requested;

const Row rows[] = {
    {"a good ticket", {start, task}, "schedule", true},
    {"a bad ticket",
     {start, task},
     "fail WB-TICKET-START",
     true,
     {Ruling::How::deny, Errc::start_too_late, {}}},
    {"a ticket that cannot be judged here",
     {start, task},
     "cannot WB-FEED-STALE",
     true,
     {Ruling::How::cannot, Errc::feed_stale, {}}},
    {"judged before: the ticket is not looked at again",
     {start, task, scheduled, task},
     "",
     false,
     {Ruling::How::deny, Errc::revoked, {}}},
    {"done", {start, task, scheduled, EventKind::activity_completed, task}, "complete"},
    {"failed", {start, task, scheduled, EventKind::activity_failed}, "fail "},
    {"out of time", {start, task, scheduled, EventKind::activity_timed_out}, "fail "},
    {"cancelled before it began", {start, wanted, task}, "cancelled"},
    {"to be cancelled", {start, task, scheduled, wanted, task}, "cancel activity"},
    {"being cancelled",
     {start, task, scheduled, wanted, EventKind::activity_cancel_requested, task},
     ""},
    {"cancelled",
     {start, task, scheduled, wanted, EventKind::activity_cancel_requested,
      EventKind::activity_cancelled},
     "cancelled"},
    {"done although it was to be cancelled",
     {start, task, scheduled, wanted, EventKind::activity_completed},
     "complete"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_workflow_task)

BOOST_AUTO_TEST_CASE(is_answered_by_what_the_history_shows) {
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.what) {
      const auto story = read_story(events_of(row.history));
      BOOST_TEST_REQUIRE(bool(story));
      int judged = 0;
      const Decision decision = decide(*story, "queue-alice", [&](const Story& begun) {
        ++judged;
        BOOST_TEST((begun.started_at == noon));
        return row.ruling;
      });
      BOOST_TEST(name_of(decision) == row.decision);
      BOOST_TEST(judged == (row.is_judged ? 1 : 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(schedules_the_activity_with_the_ticket_and_no_other_header) {
  const auto story = read_story(events_of({start, task}));
  const Decision decision = decide(*story, "queue-alice", [](const Story&) {
    return Ruling{Ruling::How::go, {}, Seconds{60}};
  });
  const auto& activity = std::get<temporal::ScheduleActivity>(decision.commands.at(0));
  BOOST_TEST(activity.type == "invoice-report");
  BOOST_TEST(activity.queue == "queue-alice");
  BOOST_TEST(activity.header.size() == 1U);
  BOOST_TEST(activity.header.contains(std::string(temporal::ticket_key)));
  BOOST_TEST((activity.input == story->started.input));
  BOOST_TEST((activity.all_attempts == Seconds{60}));
}

BOOST_AUTO_TEST_CASE(is_not_judged_when_its_history_is_not_understood) {
  BOOST_TEST(outcome(read_story({})) == Errc::malformed);
  BOOST_TEST(outcome(read_story(events_of({task}))) == Errc::malformed);
  auto events = events_of({start, EventKind::unknown, task});
  BOOST_TEST(outcome(read_story(events)) == Errc::malformed);
  events[1].may_be_ignored = true;
  BOOST_TEST(outcome(read_story(events)) == accepted);
}

// Whoever took a workflow task may have scheduled activities of his own.
BOOST_AUTO_TEST_CASE(hears_of_no_activity_but_the_first) {
  auto events = events_of({start, task, scheduled, scheduled, EventKind::activity_completed}, 4);
  const auto story = read_story(events);
  BOOST_TEST_REQUIRE(bool(story));
  BOOST_TEST(!story->ended.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::decision_test
