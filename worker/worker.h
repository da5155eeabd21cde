#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

#include "worker/handlers.h"
#include "worker/leases.h"
#include "worker/runner.h"
#include "worker/sources.h"
#include "worker/upkeep.h"
#include "worker/verdicts.h"
#include "worker/verifier.h"

namespace waybill::worker {

/// What becomes of one job, from the scheduler's hand to the report: verify it, record the verdict,
/// run its handler, report. Thread-safe.
///
/// A refusal is final and reported with its code, but for some that say something of this worker
/// rather than of the ticket. First it mends what it can (asks for the feed, or for the realm
/// document) and checks once more. Then feed_stale, clock_behind, and an unknown_signer while no
/// KDC answers, hand the job back as a failure to be retried.
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
    const Clock& clock;
  };
  enum class End {
    completed,
    failed,       ///< the handler failed, or its time was over
    refused,      ///< the job was not run, and never will be
    handed_back,  ///< somebody may try again later
    lost,         ///< the scheduler took the job away, or did not take the report
  };

  explicit Worker(const Parts& parts) : parts_(parts) {}

  /// Throws what the environment throws (a full disk, no more processes); the scheduler has heard
  /// nothing then.
  End work_on(const LeasedJob& leased);

  /// False after a job was handed back because the feed was too old, until a newer head has come,
  /// but five minutes at most: polling on would only use up the attempts of job after job.
  bool should_poll() const;

  /// Reports are tried for so long when the scheduler does not answer.
  static constexpr auto report_patience = std::chrono::minutes(2);

 private:
  using Moment = std::chrono::steady_clock::time_point;
  using Report = std::function<Checked()>;
  struct Judged {
    Verdict<VerifiedJob> verdict;
    bool may_pass_later;
  };
  struct Waiting {
    Time head;
    Moment until;
  };
  Judged judge(const Job& job);
  End refuse(const LeasedJob& leased, Errc code, const Stop& stop);
  End hand_back(const LeasedJob& leased, Errc code, const std::string& detail, const Stop& stop);
  End run(const LeasedJob& leased, const VerifiedJob& job, const Stop& stop);
  HandlerEnd run_handler(const LeasedJob& leased, const VerifiedJob& job, const Stop& stop) const;
  End report_end(const LeasedJob& leased, const VerifiedJob& job, const HandlerEnd& end,
                 const Stop& stop);
  bool report(const Lease& lease, const Stop& stop, const Report& send);

  const Parts parts_;
  mutable std::mutex lock_;
  std::optional<Waiting> waiting_;
};

}  // namespace waybill::worker
