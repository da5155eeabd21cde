#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "ticket/wire/clock.h"
#include "ticket/wire/error.h"
#include "worker/child.h"
#include "worker/job.h"

namespace waybill::worker {

/// What a line is about.
enum class VerdictEvent : std::uint8_t {
  verdict,     ///< whether a job that was handed out is run
  renewal,     ///< what the KDC said to new times for its ticket, and what was to be made of that
  stopped,     ///< its handler was told to end: the ticket is revoked, or cannot be renewed
  let_finish,  ///< the same, but the operator lets handlers finish
};

/// One verdict on one job, as it is kept.
struct VerdictRecord {
  Time time;
  const LeasedJob& job;
  std::optional<TicketId> ticket;    ///< nothing when the KDC's signature was not reached
  std::optional<Principal> subject;  ///< as above
  std::optional<Errc> refusal;       ///< none: accepted, or renewed
  VerdictEvent event = VerdictEvent::verdict;
  const Body* renewed = nullptr;  ///< of a renewal that holds: the form in force from now on
  std::string detail{};           ///< Verdict::detail
  bool feed_was_stale = false;    ///< accepted all the same, as the ticket says (soft_feed)
};

/// The worker's own audit: a file to which one JSON object a line is appended for each verdict,
/// durable before the verdict is acted upon or reported. Its members are stable (specs/audit.md).
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
