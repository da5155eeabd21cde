#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

#include "worker/handlers.h"
#include "worker/leases.h"
#include "worker/renewer.h"
#include "worker/runner.h"
#include "worker/sources.h"
#include "worker/ticket_watch.h"
#include "worker/upkeep.h"
#include "worker/verdicts.h"
#include "worker/verifier.h"

namespace waybill::worker {

/// What becomes of one job, from the scheduler's hand to the report: verify it, record the verdict,
/// run its handler, report. Thread-safe.
///
/// A ticket whose time is over is renewed at the KDC first, if it can be, and checked again.
///
/// A refusal is final and reported with its code, but for those that say something of this worker,
/// or of its way to the KDC, rather than of the ticket. First it mends what it can (asks the KDC
/// for the feed, or for the realm document) and checks once more. Then feed_stale,
/// clock_behind, an unknown_signer while no KDC answers, and a renewal that no KDC has ruled on
/// hand the job back for a later try.
///
/// While the handler runs, a TicketWatch stands by its ticket; what that gives up ends the job with
/// its reason, for good.
class Worker {
 public:
  struct Parts {
    Verifier& verifier;
    const Revocations& revocations;
    Upkeep& upkeep;
    const Handlers& handlers;
    const Runner& runner;
    Verdicts& verdicts;
    Source& source;
    LeaseKeeper& leases;
    Renewer& renewer;
    const Clock& clock;
  };
  enum class End {
    completed,
    failed,       ///< the handler failed, or its time was over
    refused,      ///< the job is not run, or no further, and never will be
    handed_back,  ///< somebody may try again later
    lost,         ///< the scheduler took the job away, or did not take the report
  };

  explicit Worker(const Parts& parts) : Worker(parts, {}) {}
  Worker(const Parts& parts, const TicketWatch::Options& watch) : parts_(parts), watch_(watch) {}

  /// Throws what the environment throws (a full disk, no more processes); the scheduler has heard
  /// nothing then.
  End work_on(const LeasedJob& leased);

  /// What would be said of a job at its door, for a scheduler that asks before it hands anything
  /// out.
  struct Outlook {
    std::optional<Errc> refusal;
    bool may_pass_later = false;  ///< the refusal says something of this worker
    Time last_moment{};           ///< none: nothing can be done under the ticket from then on
  };
  /// All steps of the check, the pinning of the ticket to its run among them. A ticket whose time
  /// is over, and that could be renewed, is let pass: work_on() renews it. A refusal is recorded.
  Outlook look(const LeasedJob& leased);

  /// False after a job was handed back because the feed was too old or the KDC away, until a newer
  /// head of the feed has come, but five minutes at most: polling on would only fetch job after job
  /// that cannot be judged.
  bool should_poll() const;

  /// Reports are tried for so long when the scheduler does not answer.
  static constexpr auto report_patience = std::chrono::minutes(2);

 private:
  using Moment = std::chrono::steady_clock::time_point;
  using Report = std::function<Checked()>;
  struct Judged {
    Verdict<VerifiedJob> verdict;
    bool may_pass_later;
    bool was_renewed = false;
  };
  using Actions = std::vector<std::string>;
  using Check = std::function<Verdict<VerifiedJob>()>;
  struct Waiting {
    Time head;
    Moment until;
  };
  using Found = std::shared_ptr<const Handler>;  // null: none
  Judged judge(const LeasedJob& leased, const Found& handler);
  static Verdict<VerifiedJob> measured(const Check& check);
  Judged mend(const Check& check);
  Judged renew(const LeasedJob& leased, const Actions& needed, Judged expired);
  End refuse(const LeasedJob& leased, Errc code, const Stop& stop);
  End hand_back(const LeasedJob& leased, Errc code, const std::string& detail, const Stop& stop);
  End run(const LeasedJob& leased, VerifiedJob& job, const Handler& handler,
          LeaseKeeper::Held& held, Stop& stop);
  HandlerEnd run_handler(const HandlerRun& run, const Stop& stop) const;
  /// How a handler ended, and why its ticket does not hold any more, if it does not.
  struct Ended {
    HandlerEnd handler;
    std::optional<Errc> ticket;
  };
  End report_end(const LeasedJob& leased, const VerifiedJob& job, const Ended& ended,
                 const Stop& stop);
  End report_failure(const LeasedJob& leased, const VerifiedJob& job, const HandlerEnd& end,
                     const Stop& stop);
  bool report(const Lease& lease, const Stop& stop, const Report& send);

  const Parts parts_;
  const TicketWatch::Options watch_;
  mutable std::mutex lock_;
  std::optional<Waiting> waiting_;
};

}  // namespace waybill::worker
