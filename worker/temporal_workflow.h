#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ticket/adapters/temporal.h"

/// The workflow of one activity that every piece of work is in Temporal (specs/temporal.md,
/// "Workflow"). No code of it is replayed: what is to be done follows from the events that are
/// there, so a restarted worker decides as the one before it. No network, no clock.
namespace waybill::worker {

/// What a history comes to.
struct Story {
  temporal::Started started;
  Time started_at;                        ///< by the server's clock
  std::optional<std::int64_t> scheduled;  ///< the activity: the event that scheduled it first
  std::optional<temporal::Event> ended;   ///< how it ended
  bool cancel_wanted = false;
  bool cancel_sent = false;
};

/// Errors: malformed (it does not begin with its start, or holds something that nobody here knows
/// and that may not be ignored).
Result<Story> read_story(const std::vector<temporal::Event>& history);

/// How the ticket of work that is to begin was judged.
struct Ruling {
  enum class How : std::uint8_t {
    go,
    deny,    ///< for good
    cannot,  ///< this worker cannot say, and may later, or another may
  };
  How how;
  Errc code{};     ///< why not
  Seconds left{};  ///< go: nobody can do anything under the ticket after so long
};

/// What to answer a workflow task with: commands, or that nobody can say.
struct Decision {
  std::vector<temporal::Command> commands;
  std::optional<std::string> cannot_judge;
};

/// `judge` is called when the history shows no judgement yet, and not otherwise: that the activity
/// is scheduled is the record of the one that let it. A denial ends the workflow; it never fails
/// the task, which the server would try again for ever.
Decision decide(const Story& story, const std::string& queue,
                const std::function<Ruling(const Story&)>& judge);

}  // namespace waybill::worker
