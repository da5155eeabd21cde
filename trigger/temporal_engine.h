#pragma once

#include <atomic>

#include "ticket/adapters/batch_writer.h"
#include "ticket/adapters/temporal.h"
#include "trigger/engine.h"
#include "trigger/engine_tables.h"

namespace waybill::trigger {

/// A Temporal server as the engine (specs/temporal.md). What the server must not know, and what
/// must survive it, is kept here as by the embedded engine: one LMDB folder with the ticket, the
/// session key that opens the result, and whose the work is. The work itself is the server's, and
/// workers ask the server for it: nothing is handed out here.
class TemporalEngine final : public Engine {
 public:
  /// Where ticket id and subject are written besides, readable for everybody in the namespace.
  enum class Index : std::uint8_t { none, memo, search_attributes };
  struct Options {
    Seconds keep_ended = std::chrono::hours(7 * 24);  ///< then the work is forgotten here
    std::size_t max_open = 1'000'000;  ///< work that has not ended; one more is refused as busy
    std::size_t looks = 16;            ///< pieces of open work that one sweep asks about
    Index index = Index::none;
    Env::Options store{};
  };

  /// Opens or makes the store, as LmdbEngine does; a folder belongs to one engine. What these refer
  /// to must outlive it.
  TemporalEngine(const std::filesystem::path& folder, MasterKey store_key, const Principal& service,
                 temporal::Server& server, const Clock& clock, const Options& options);

  /// Durable here first, then started there. While the server is away the work waits here as
  /// queued, and sweep() starts it. Errors: as Engine; already_exists also when somebody else took
  /// the workflow id at the server (the log names the run); limit_exceeded (an input that the
  /// server would not take).
  Result<Run> start(const NewRun& work) override;
  std::optional<Run> find(const TicketId& ticket, const Digest& submission) override;
  /// As the server says now; as it was known last when the server is away.
  std::optional<Run> describe(std::string_view workflow_id) override;
  std::optional<std::string> holder(std::string_view workflow_id) override;
  Result<Buffer> result(const RunId& run) override;
  std::optional<Buffer> evidence(std::string_view workflow_id) override;
  Result<Buffer> open(std::string_view workflow_id, const SealedPayload& sealed) override;
  /// Asks the server, and the work is cancelled when its worker has heard. Throws HttpError.
  Checked cancel(const RunId& run) override;

  /// There is no lease of this engine, so nobody holds one: none, and not_owner.
  std::vector<Job> lease(const std::string&, std::size_t, std::chrono::milliseconds) override {
    return {};
  }
  Checked heartbeat(const Holding&, const Evidence*) override { return nobody(); }
  Checked complete(const Holding&, Bytes) override { return nobody(); }
  Checked fail(const Holding&, std::string_view, bool) override { return nobody(); }
  Checked hand_back(const Holding&, std::string_view) override { return nobody(); }
  Checked refuse(const Holding&, const Trouble&) override { return nobody(); }

  void sweep() override;
  std::vector<EndedWork> unreported(const std::optional<RunId>& after, std::size_t most) override;
  void reported(const std::vector<RunId>& runs) override;
  Counts counts() const override;
  void end_waits() override { ending_ = true; }

 private:
  /// Where the work is at the server. The result is bound to the first run; a retry or a reset by
  /// an operator makes another one the current.
  struct There {
    std::string first, current;
  };
  struct End {
    Status status;
    std::optional<Trouble> why;
  };
  static Checked nobody() { return Error{Errc::not_owner, "workers ask Temporal"}; }

  std::optional<RunRecord> record(const RunId& id) const;
  std::optional<There> there(const RunId& id) const;
  std::optional<std::string> first_run(const RunId& id) const;
  Result<Run> store(const NewRun& work);
  Result<Run> forward(const RunRecord& record);
  Result<Run> forwarded(const RunRecord& record, const temporal::Start& start);
  void forget(const RunRecord& record);
  void put_there(const RunId& id, const There& there);
  temporal::NewWorkflow as_workflow(const RunRecord& record, Seconds left) const;

  bool look(const RunRecord& record) noexcept;
  void refresh(const RunRecord& record, There there);
  bool follow(const RunRecord& record, There& there) const;
  void update(const RunId& id, const temporal::Description& now);
  void close(const RunRecord& record, const There& there, temporal::Description::End end);
  void take_result(const RunRecord& record, const There& there, const temporal::Event& last);
  void end(const RunId& id, const End& how, Bytes protected_result = {});

  const Options options_;
  temporal::Server& server_;
  const Clock& clock_;
  const RecordGuard guard_;
  Env env_;
  const EngineTables tables_;
  const GuardedTable there_;
  std::atomic<bool> ending_ = false;
  Buffer next_look_;    // of the sweeping thread
  BatchWriter writer_;  // last: its thread uses everything above
};

}  // namespace waybill::trigger
