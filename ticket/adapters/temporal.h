#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ticket/adapters/http.h"
#include "ticket/wire/bytes.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/error.h"

/// What Waybill speaks with a Temporal server, as plain values (specs/temporal.md). The generated
/// code and gRPC stay behind this.
namespace waybill::temporal {

/// The metadata of a sealed payload that names its workflow.
inline constexpr std::string_view work_label = "waybill-workflow";

/// The two metadata that count, `encoding` and `waybill-workflow`, and the bytes.
struct Payload {
  std::string encoding;
  Buffer data;
  std::string work{};  ///< id of the workflow that it is of, for a codec server; nobody believes it
  friend bool operator==(const Payload&, const Payload&) = default;
};
using Payloads = std::vector<Payload>;
using Header = std::map<std::string, Payload>;

/// A run of a workflow; without a run id the current one.
struct Execution {
  std::string workflow_id;
  std::string run_id{};
};

/// Why an activity or a workflow did not succeed.
struct Failure {
  std::string type;  ///< of an application's own failure; empty: it is of another kind
  std::string message;
  bool is_final = true;                  ///< not to be tried again
  std::optional<Seconds> again_after{};  ///< else, if the server should not choose
  bool is_timeout = false;
  std::string wire{};  ///< as it came: whoever passes it on passes all of it on
};

// --- Histories -------------------------------------------------------------------------------

/// The first event of a run. All of it was stamped or kept by the server.
struct Started {
  std::string workflow_type;
  Header header;
  Payloads input;
  std::string run_id;     ///< of this run when it began; a reset keeps it
  std::string first_run;  ///< the first of its chain: retries, resets and continuations keep it
  bool is_cron = false;
};

enum class EventKind : std::uint8_t {
  started,
  completed,
  failed,
  ended_otherwise,  ///< cancelled, terminated, timed out, continued as new
  activity_scheduled,
  activity_completed,
  activity_failed,
  activity_timed_out,
  activity_cancel_requested,
  activity_cancelled,
  cancel_requested,
  bookkeeping,  ///< says nothing about what is to be done: workflow tasks, signals, …
  unknown,
};

struct Event {
  std::int64_t id = 0;
  Time time{};
  EventKind kind = EventKind::unknown;
  bool may_be_ignored = false;
  std::optional<Started> started{};
  std::int64_t scheduled = 0;  ///< which activity: the event that scheduled it
  Payloads result{};
  Failure failure{};
};

// --- Tasks -----------------------------------------------------------------------------------

struct WorkflowTask {
  std::string token;
  Execution execution;
  std::string workflow_type;
  std::vector<Event> history;        ///< all of it
  bool is_query = false;             ///< nothing but a question
  std::vector<std::string> queries;  ///< ids of questions that came along
};

struct ActivityTask {
  std::string token;
  std::string space;
  Execution execution;
  std::string workflow_type;
  std::string activity_type;
  std::string activity_id;
  Header header;
  Payloads input;
  Seconds heartbeat{};
  std::uint32_t attempt = 1;
};

struct ScheduleActivity {
  std::string id;
  std::string type;
  std::string queue;
  Header header;
  Payloads input;
  Seconds all_attempts;  ///< from now to the end of the last one
  Seconds heartbeat;     ///< how long a worker may be silent
};
struct CancelActivity {
  std::int64_t scheduled;
};
struct Complete {
  Payloads result;
};
struct Fail {
  Failure failure;
};
struct Cancelled {};
using Command = std::variant<ScheduleActivity, CancelActivity, Complete, Fail, Cancelled>;

// --- For whoever starts ----------------------------------------------------------------------

struct NewWorkflow {
  std::string id;
  std::string type;
  std::string queue;
  Header header;
  Payloads input;
  std::string request_id;  ///< the same request again gives the same run
  Seconds timeout;         ///< of the execution, with all its runs
  std::map<std::string, std::string> memo{};
  std::map<std::string, std::string> search_attributes{};
};

struct Start {
  enum class How : std::uint8_t {
    started,   ///< by this request, now or before
    is_taken,  ///< the workflow id is another request's
  };
  How how;
  std::string run_id;  ///< of this request's run, or of the other's if the server told
};

/// A run as it is now.
struct Description {
  std::string run_id;
  std::string first_run;  ///< empty: the server does not tell
  bool is_open = false;
  bool is_held = false;  ///< open: a worker has its activity
  std::uint32_t attempt = 0;
  std::optional<Failure> last_failure{};
  enum class End : std::uint8_t {
    none,
    completed,
    failed,
    cancelled,
    terminated,
    timed_out,
    other
  };
  End end = End::none;
};

// --- The server ------------------------------------------------------------------------------

/// A server and one of its namespaces. Refusals are Results: not_found, not_permitted (who we are
/// may not do that), busy (too much is asked), limit_exceeded, malformed, internal. A server that
/// is away is an HttpError. What may be asked twice is tried again for up to ten seconds.
/// Thread-safe.
class Server {
 public:
  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  virtual ~Server() = default;

  /// With a workflow id of which there is a run, open or closed, nothing is started.
  virtual Result<Start> start(const NewWorkflow& wanted) = 0;
  virtual Result<Description> describe(const Execution& which) = 0;
  /// The event that a run began with, and the one that it ended with.
  virtual Result<Event> first_event(const Execution& which) = 0;
  virtual Result<Event> last_event(const Execution& which) = 0;
  virtual Checked cancel(const Execution& which, const std::string& request_id) = 0;

  /// Wait for work of a queue for about a minute; nothing when there is none, or after
  /// stop_polling().
  virtual Result<std::optional<WorkflowTask>> poll_workflow(const std::string& queue) = 0;
  virtual Result<std::optional<ActivityTask>> poll_activity(const std::string& queue) = 0;
  /// The server lets polls of this queue end without losing a task, then they are ended here; there
  /// is none after it.
  virtual void stop_polling(const std::string& queue) = 0;

  virtual Checked answer(const WorkflowTask& task, const std::vector<Command>& commands) = 0;
  /// Nobody can say what is to be done: the server asks again later, for ever.
  virtual Checked cannot_judge(const WorkflowTask& task, const std::string& why) = 0;

  /// True: the activity should end, since its workflow was cancelled.
  virtual Result<bool> heartbeat(const std::string& token) = 0;
  virtual Checked complete(const std::string& token, const Payload& result) = 0;
  virtual Checked fail(const std::string& token, const Failure& failure) = 0;
  virtual Checked cancelled(const std::string& token) = 0;
};

struct Options {
  std::string address;     ///< HOST:PORT
  std::string space;       ///< namespace
  std::string identity{};  ///< what the server shows of us; decides nothing
  std::string
      token_file{};  ///< holds a bearer token, read again for each call; empty: none is sent
  std::string authorities{};  ///< PEM file: TLS is spoken; empty: it is not
};

/// Its bearer token would go over a network in clear, and whoever reads it there is taken for us:
/// do not connect with such options. A server on this host may be spoken to without TLS.
bool gives_its_token_away(const Options& options);

/// Connects at the first call. Throws FileError when a file cannot be read, and std::runtime_error
/// in a build without Temporal.
std::unique_ptr<Server> connect(const Options& options);

}  // namespace waybill::temporal
