#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "ticket/clock.h"
#include "ticket/error.h"
#include "worker/child.h"
#include "worker/job.h"

namespace waybill::worker {

/// One verdict on one job, as it is kept.
struct VerdictRecord {
  Time time;
  const LeasedJob& job;
  std::optional<TicketId> ticket;    ///< nothing when the KDC's signature was not reached
  std::optional<Principal> subject;  ///< as above
  std::optional<Errc> refusal;       ///< none: accepted
  std::string detail{};              ///< Verdict::detail
  bool feed_was_stale = false;       ///< accepted all the same, as the ticket says (soft_feed)
};

/// The worker's own audit: a file to which one JSON object a line is appended for each verdict,
/// durable before the verdict is acted upon or reported. Its members are stable (specs/storage.md):
/// time, workflow, type, run, attempt, ticket, subject, verdict ("accepted" or a WB- code); detail
/// when there is one, and feed_was_stale when it was.
/// Workflow, type, run and attempt are what the scheduler said; ticket and subject are empty unless
/// the KDC signed them. Several processes may append to one file. Thread-safe.
class Verdicts {
 public:
  /// Makes the file (0600) when it is missing. Throws std::system_error.
  explicit Verdicts(const std::filesystem::path& file);
  /// Throws std::system_error when it cannot be made durable; the job must not go on then.
  void record(const VerdictRecord& verdict);

 private:
  Descriptor file_;
  std::mutex lock_;
};

/// 2030-05-01T09:30:00Z
std::string rfc3339(Time time);

}  // namespace waybill::worker
