#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "ticket/adapters/temporal.h"
#include "worker/sources.h"
#include "worker/temporal_workflow.h"

namespace waybill::worker {

/// Which queue of which server.
struct TemporalPlace {
  temporal::Server& server;
  std::string space;  ///< namespace
  std::string queue;
};

/// What the server says of a run: where its chain began, and when that was. Of a retry or a
/// continuation the first run's own history is asked; when that is gone, so is what its ticket
/// could be compared with. Errors: start_too_late (the first run is forgotten), malformed, the
/// server's.
struct Origin {
  std::string first_run;
  Time started_at;
};
Result<Origin> origin_of(temporal::Server& server, const std::string& workflow_id,
                         const temporal::Started& started, Time started_at);

/// The activity tasks of a queue as jobs (specs/temporal.md, "Activity"). Everything that decides
/// comes from the server's own records, or from the sealed ticket and input. Thread-safe.
class TemporalSource final : public Source {
 public:
  /// Handlers that fail are tried again so often, hand-backs counted.
  static constexpr std::uint32_t max_attempts = 5;

  explicit TemporalSource(TemporalPlace place) : place_(std::move(place)) {}

  /// Waits for about a minute, or until stop(); `wait` is not asked.
  Result<std::vector<LeasedJob>> poll(Seconds wait) override;
  /// `renewed` stays here: only the worker has a use for it.
  Checked heartbeat(const Lease& lease, Bytes renewed) override;
  Checked complete(const Lease& lease, Bytes sealed_result) override;
  Checked fail(const Lease& lease, std::string_view message, bool retry) override;
  Checked hand_back(const Lease& lease, std::string_view message) override;
  Checked refuse(const Lease& lease, Errc code) override;
  void stop() override;

 private:
  Result<Job> job_of(const temporal::ActivityTask& task);
  struct Held {
    std::uint32_t attempt = 1;
    std::string work{};  // id of the workflow
  };
  Held held(const Lease& lease) const;
  Checked report(const Lease& lease, const Checked& answer);

  const TemporalPlace place_;
  mutable std::mutex lock_;
  std::map<std::string, Held> held_;  // of what this worker holds, by token
};

}  // namespace waybill::worker
