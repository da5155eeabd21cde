#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "worker/handlers.h"
#include "worker/leases.h"
#include "worker/renewer.h"
#include "worker/stop.h"
#include "worker/upkeep.h"
#include "worker/verdicts.h"
#include "worker/verifier.h"

namespace waybill::worker {

/// What happens to a handler whose ticket is revoked, or cannot be renewed, while it runs.
enum class OnRevoked : std::uint8_t {
  stop,    ///< it is ended, and the job with it
  finish,  ///< it may go on until the ticket's time is over
};

/// Stands by the ticket of one job while its handler runs, on a thread of its own: looks into the
/// revocations that this host knows, and has the ticket renewed well before it ends, again and
/// again up to renew_until. A renewal goes into the job, the claims file of the handler and the
/// next heartbeat. When the ticket is revoked, or the KDC will not renew it, or a renewal lacks an
/// action that the handler needs, the handler is stopped, or let finish. A KDC that is away is
/// asked again until the ticket's time is over.
class TicketWatch {
 public:
  struct Parts {
    Verifier& verifier;
    Upkeep& upkeep;
    Renewer& renewer;
    Verdicts& verdicts;
    const Clock& clock;
  };
  struct Options {
    OnRevoked on_revoked = OnRevoked::stop;
    std::chrono::milliseconds look_every = std::chrono::seconds(1);
  };
  /// What it stands by; all of it outlives the watch, and nobody else touches the job meanwhile.
  struct Charge {
    const LeasedJob& leased;
    VerifiedJob& job;
    const std::vector<std::string>& needed;  ///< actions of the handler
    Briefing& briefing;
    LeaseKeeper::Held& held;
    Stop& stop;
  };

  TicketWatch(const Parts& parts, const Options& options, const Charge& charge);
  TicketWatch(const TicketWatch&) = delete;
  TicketWatch& operator=(const TicketWatch&) = delete;
  ~TicketWatch();

  /// Of the form that is in force now. Thread-safe.
  Time run_until() const { return run_until_.load(); }
  /// Ends the watch, and gives why the ticket does not hold any more, if it does not. Throws what
  /// the environment threw at it; the handler was stopped then.
  std::optional<Errc> end();

 private:
  void work();
  bool look();
  bool renew();
  Checked take_over(Bytes renewed);
  void give_up(Errc code);
  void record(VerdictEvent event, std::optional<Errc> refusal);
  void plan_renewal();

  const Parts parts_;
  const Options options_;
  const Charge charge_;
  std::atomic<Time> run_until_;
  Time renewal_due_{};           // of the thread, as are the next two
  std::optional<Errc> refusal_;  // read after its end
  std::exception_ptr failure_;   // the same
  std::mutex lock_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;  // last
};

/// When a ticket that ends at `run_until` is renewed: after two thirds of what is left, and half a
/// minute before its end at the latest, unless that is less than half of what is left.
Time renewal_due(Time now, Time run_until);

}  // namespace waybill::worker
