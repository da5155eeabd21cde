#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/exchange/messages.h"
#include "ticket/ticket.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/principal.h"

namespace waybill::trigger {

/// One start of one piece of work, kept through all attempts: what a worker pins a ticket to.
using RunId = FixedBytes<16>;
/// What a worker holds while it has a job: random for each hand-out.
using LeaseId = FixedBytes<16>;

/// The numbers are stored (specs/storage.md).
enum class Status : std::uint8_t {
  queued = 1,     ///< waits for a worker, for the first time or again
  running = 2,    ///< a worker holds its lease
  completed = 3,  ///< with a result
  failed = 4,     ///< the worker says that it will never succeed
  refused = 5,    ///< the worker's verifier said no
  cancelled = 6,  ///< by its subject
  dead = 7,       ///< given up: too many attempts, or its ticket's time is over
};
std::string_view name_of(Status status);
constexpr bool has_ended(Status status) { return status > Status::running; }

/// Why an attempt or the whole work did not succeed.
struct Trouble {
  Errc code;
  std::string message;  ///< somebody else's words: UTF-8, at most max_message bytes
  static constexpr std::size_t max_message = 1024;
  friend bool operator==(const Trouble&, const Trouble&) = default;
};

/// What is known of a piece of work, without its secrets and payloads.
struct Run {
  RunId id;
  TicketId ticket;
  std::string workflow_id;
  std::string workflow_type;
  std::string queue;  ///< name in the trigger's realm
  Principal subject;
  Status status;
  std::uint32_t attempt;  ///< how often it was handed out
  Time submitted_at;      ///< when the engine took it: a worker compares start_by with this
  Time start_by;
  Time issued_at;    ///< of the newest form of the ticket that is known
  Time run_until;    ///< the same
  Time renew_until;  ///< until then the KDC may renew it
  std::optional<Time> ended_at;
  std::optional<Trouble> trouble;  ///< of the last attempt that had any
  std::string request_id{};        ///< of the request that started it: a label for logs
};

/// From then on nobody can do anything under the ticket: the work is given up.
constexpr Time last_moment(const Run& run) { return std::max(run.run_until, run.renew_until); }

/// Work to be taken over.
struct NewRun {
  TicketId ticket;
  std::string workflow_id;
  std::string workflow_type;
  std::string queue;
  Principal subject;
  const IssuedTicket& issued;
  Digest submission;  ///< of the presentation that it was asked for with
  Bytes sealed_input;
  std::string request_id{};  ///< as of Run
};

/// Work as a worker gets it. Everything in it is sealed to the queue or to the ticket.
struct Job {
  Run run;
  LeaseId lease;
  Buffer ticket;
  Buffer sealed_input;
};

/// What a worker shows to speak about a job.
struct Holding {
  RunId run;
  LeaseId lease;
  std::string_view queue;  ///< authenticated: who speaks
};

/// As it was found wherever the work went; not believed.
struct SealedPayload {
  PayloadKind kind;
  Bytes bytes;
};

/// Work that has ended and that the KDC has not heard of.
struct EndedWork {
  RunId run;
  Buffer evidence;
};

/// Keeps work and hands it out. What a function has acknowledged is durable when it returns; what
/// the environment does wrong (disk) is an exception. Thread-safe.
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  // --- For the submitter. -----------------------------------------------------------------------

  /// Takes work over, once: the same ticket id gives the run that is there, whatever else is new.
  /// Errors: already_exists (the workflow id is taken by another ticket), busy (too much work).
  virtual Result<Run> start(const NewRun& work) = 0;
  /// The run of this ticket, if it was asked for with just this presentation.
  virtual std::optional<Run> find(const TicketId& ticket, const Digest& submission) = 0;
  virtual std::optional<Run> describe(std::string_view workflow_id) = 0;
  /// By its engine's name, the run that has this id: for who is refused [already_exists]. Nothing
  /// when there is none, or it cannot be told now.
  virtual std::optional<std::string> holder(std::string_view workflow_id) = 0;
  /// The result in clear. Errors: not_found, not_ended, already_ended (without a result).
  virtual Result<Buffer> result(const RunId& run) = 0;
  /// A worker that has it hears of it at its next heartbeat. Errors: not_found, already_ended.
  virtual Checked cancel(const RunId& run) = 0;

  // --- For whoever may look. --------------------------------------------------------------------

  /// The evidence of that work's ticket, for the KDC, which says who may.
  virtual std::optional<Buffer> evidence(std::string_view workflow_id) = 0;
  /// A sealed payload of that work, wherever it was kept, in clear. Errors: not_owner (no such
  /// work), wrong_payload.
  virtual Result<Buffer> open(std::string_view workflow_id, const SealedPayload& sealed) = 0;

  // --- For workers. -----------------------------------------------------------------------------

  /// Work of that queue, oldest first, at most `most` jobs; none when there is none within
  /// `patience`. Work whose ticket has ended is handed out for as long as its worker may have it
  /// renewed. Each hand-out is a new attempt and a new lease, both durable before the job
  /// leaves.
  virtual std::vector<Job> lease(const std::string& queue, std::size_t most,
                                 std::chrono::milliseconds patience) = 0;
  /// The five below refuse with not_owner (no such run at this queue), lease_lost (another lease,
  /// or its time is over) and already_ended; an ending that is reported twice under its lease is
  /// done.
  ///
  /// Extends the lease, within the ticket's time. `renewed`, unless it is null, is evidence of a
  /// newer form of the ticket; whoever calls has verified its proof. Its times are the ticket's
  /// from then on. Errors also: bad_renewal (another ticket, wider, or an older form than is
  /// known); nothing is extended then.
  virtual Checked heartbeat(const Holding& holding, const Evidence* renewed) = 0;
  /// The result is believed when it opens under the ticket's session key; otherwise nothing has
  /// happened. Errors also: bad_result.
  virtual Checked complete(const Holding& holding, Bytes sealed_result) = 0;
  /// With `retry` it is queued again after a back-off, unless it was the last attempt.
  virtual Checked fail(const Holding& holding, std::string_view message, bool retry) = 0;
  /// The worker did not begin: it is queued again after a moment, and this was no attempt.
  virtual Checked hand_back(const Holding& holding, std::string_view message) = 0;
  virtual Checked refuse(const Holding& holding, const Trouble& why) = 0;

  // --- For the daemon. --------------------------------------------------------------------------

  /// Lets go of leases that are over, gives up work whose time is over, forgets what ended long
  /// ago.
  virtual void sweep() = 0;
  /// At most `most` of those after `after`, oldest first; they stay until reported().
  virtual std::vector<EndedWork> unreported(const std::optional<RunId>& after,
                                            std::size_t most) = 0;
  /// The KDC knows of these, or will never want to.
  virtual void reported(const std::vector<RunId>& runs) = 0;
  struct Counts {
    std::uint64_t open = 0;   ///< queued or running
    std::uint64_t ended = 0;  ///< still kept
    std::uint64_t unreported = 0;
    std::uint64_t leased = 0;  ///< of the open ones, those that a worker has
    /// The store did not take the last change; sweep() tries it again.
    bool is_failing = false;
  };
  virtual Counts counts() const = 0;
  /// From now on lease() does not wait: the daemon ends.
  virtual void end_waits() = 0;
};

/// Lower-case hex, 32 digits, as in URLs and JSON.
std::string print(const FixedBytes<16>& id);

}  // namespace waybill::trigger
