#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ticket/adapters/http.h"
#include "ticket/adapters/service_principal.h"
#include "worker/job.h"

namespace waybill::worker {

/// Where jobs come from and reports go to: one scheduler. Thread-safe. A Result's error is the
/// scheduler's refusal (or the KDC's, of a ticket for it); HttpError says that it is away.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// At most one job, waiting for it up to `wait`; none is an empty list.
  virtual Result<std::vector<LeasedJob>> poll(Seconds wait) = 0;
  /// Extends a lease. `renewed`, unless it is empty, is evidence of the form in which the KDC has
  /// renewed the job's ticket: the lease lasts at most as long as the newest form that the
  /// scheduler knows. Errors: lease_lost, already_ended (cancelled), …; of the evidence
  /// bad_renewal, bad_proof, unknown_signer, …: the lease is not extended then.
  virtual Checked heartbeat(const Lease& lease, Bytes renewed) = 0;
  virtual Checked complete(const Lease& lease, Bytes sealed_result) = 0;
  /// `retry`: somebody may try again later, without another verdict of ours.
  virtual Checked fail(const Lease& lease, std::string_view message, bool retry) = 0;
  /// Nothing was begun: somebody may try later, and this was no attempt.
  virtual Checked hand_back(const Lease& lease, std::string_view message) = 0;
  /// Not to be run, and not to be handed out again.
  virtual Checked refuse(const Lease& lease, Errc code) = 0;
  /// No more jobs are wanted: a poll that waits should end, without losing one that it was given.
  virtual void stop() {}
};

/// A trigger with the embedded engine (specs/http-api.md, "For workers"). Every request carries a
/// presentation of this worker's ticket for the trigger, bound to method, path and body. When the
/// trigger says that it is another instance now, or does not take the ticket, the request is made
/// once more with what is right.
class TriggerSource final : public Source {
 public:
  /// Https is trusted by the authorities in `ca_file`, or by the system's when that is empty.
  /// `self` and `clock` must outlive it. Throws HttpError when `url` is no address.
  TriggerSource(const std::string& url, const std::string& ca_file, ServicePrincipal& self,
                const Clock& clock);

  /// Asks who the trigger is, and the KDC for a ticket for it.
  Result<Principal> introduce();

  Result<std::vector<LeasedJob>> poll(Seconds wait) override;
  Checked heartbeat(const Lease& lease, Bytes renewed) override;
  Checked complete(const Lease& lease, Bytes sealed_result) override;
  Checked fail(const Lease& lease, std::string_view message, bool retry) override;
  Checked hand_back(const Lease& lease, std::string_view message) override;
  Checked refuse(const Lease& lease, Errc code) override;

  const std::string& url() const { return http_.base_url(); }

 private:
  Result<SourceInfo> info();
  void remember(std::optional<SourceInfo> info);
  Result<std::string> post(const std::string& path, const std::string& body);
  Checked report(const Lease& lease, const char* verb, const std::string& body);

  HttpClient http_;
  ServicePrincipal& self_;
  const Clock& clock_;
  std::mutex lock_;
  std::optional<SourceInfo> info_;
};

}  // namespace waybill::worker
