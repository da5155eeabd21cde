#pragma once

#include "ticket/adapters/batch_writer.h"
#include "trigger/bells.h"
#include "trigger/engine.h"
#include "trigger/engine_tables.h"

namespace waybill::trigger {

/// The embedded engine: one LMDB folder, one writer. Every change is one job of the batch writer,
/// so hand-outs and reports of one run never interleave, and what was acknowledged survives
/// kill -9. Secrets and payloads are stored sealed.
class LmdbEngine final : public Engine {
 public:
  struct Options {
    Seconds lease = std::chrono::seconds(30);
    std::uint32_t max_attempts = 5;
    Seconds first_backoff = std::chrono::seconds(1);  ///< doubles with each attempt
    Seconds longest_backoff = std::chrono::seconds(60);
    Seconds handed_back = std::chrono::seconds(5);    ///< pause of work that was not begun
    Seconds keep_ended = std::chrono::hours(7 * 24);  ///< then the work is forgotten
    std::size_t max_open = 1'000'000;  ///< work that has not ended; one more is refused as busy
    Env::Options store{};
  };

  /// Opens or makes the store. `service` is who the store belongs to. Throws StoreError,
  /// StoreDamaged, and std::runtime_error with a sentence (EngineTables).
  LmdbEngine(const std::filesystem::path& folder, MasterKey store_key, const Principal& service,
             const Clock& clock);
  LmdbEngine(const std::filesystem::path& folder, MasterKey store_key, const Principal& service,
             const Clock& clock, Options options);

  Result<Run> start(const NewRun& work) override;
  std::optional<Run> find(const TicketId& ticket, const Digest& submission) override;
  std::optional<Run> describe(std::string_view workflow_id) override;
  std::optional<std::string> holder(std::string_view workflow_id) override;
  Result<Buffer> result(const RunId& run) override;
  std::optional<Buffer> evidence(std::string_view workflow_id) override;
  Result<Buffer> open(std::string_view workflow_id, const SealedPayload& sealed) override;
  Checked cancel(const RunId& run) override;

  std::vector<Job> lease(const std::string& queue, std::size_t most,
                         std::chrono::milliseconds patience) override;
  Checked heartbeat(const Holding& holding, const Evidence* renewed) override;
  Checked complete(const Holding& holding, Bytes sealed_result) override;
  Checked fail(const Holding& holding, std::string_view message, bool retry) override;
  Checked hand_back(const Holding& holding, std::string_view message) override;
  Checked refuse(const Holding& holding, const Trouble& why) override;

  void sweep() override;
  std::vector<EndedWork> unreported(const std::optional<RunId>& after, std::size_t most) override;
  void reported(const std::vector<RunId>& runs) override;
  void end_waits() override { bells_.end(); }

  Counts counts() const override;

 private:
  /// Changes the record of a run inside the writer's transaction, or refuses.
  using Change = std::function<Checked(RunRecord&)>;
  using SweepOne = std::function<void(WriteTxn&, const RunRecord&)>;
  Checked change(const RunId& id, const Change& wanted);
  Checked as_worker(const Holding& holding, const Change& wanted);
  Checked end_by_worker(const Holding& holding, Status status, const Trouble& why);

  std::vector<RunId> due(const Txn& txn, const std::string& queue, std::size_t most) const;
  bool has_ready(const std::string& queue) const;
  std::vector<Job> take(const std::string& queue, std::size_t most);
  void take_in(WriteTxn& txn, const std::string& queue, std::size_t most, std::vector<Job>& out);
  void load_payload(Job& job) const;

  Checked check_held(const RunRecord& record, const Holding& holding) const;
  bool was_said(const RunRecord& record, const Holding& holding, Status status) const;
  Checked check_result(const Holding& holding, Bytes sealed) const;
  Checked check_newer(const RunRecord& record, const Body& renewed) const;
  void store(WriteTxn& txn, const RunRecord& before, const RunRecord& after) const;
  void end(RunRecord& record, Status status, const std::optional<Trouble>& why, Time when) const;
  void try_again_or_bury(RunRecord& record, const Trouble& why, Time when) const;
  Seconds backoff(std::uint32_t attempt) const;

  std::vector<Buffer> keys_until(const GuardedTable& index, Bytes from, Time until) const;
  void sweep_index(const GuardedTable& index, Time until, const SweepOne& one);

  const Options options_;
  const Clock& clock_;
  const RecordGuard guard_;
  Env env_;
  const EngineTables tables_;
  Bells bells_;
  BatchWriter writer_;  // last: its thread uses everything above
};

}  // namespace waybill::trigger
