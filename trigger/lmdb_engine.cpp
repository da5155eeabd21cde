#include "trigger/lmdb_engine.h"

#include <algorithm>

#include "ticket/wire/limits.h"

namespace waybill::trigger {

LmdbEngine::LmdbEngine(const std::filesystem::path& folder, MasterKey store_key,
                       const Principal& service, const Clock& clock)
    : LmdbEngine(folder, std::move(store_key), service, clock, Options{}) {}

LmdbEngine::LmdbEngine(const std::filesystem::path& folder, MasterKey store_key,
                       const Principal& service, const Clock& clock, Options options)
    : options_(options),
      clock_(clock),
      guard_(std::move(store_key)),
      env_(folder, options.store),
      tables_(env_, guard_, service),
      writer_(env_) {}

// --- Starting, showing, ending by the subject. --------------------------------------------------

Result<Run> LmdbEngine::start(const NewRun& work) {
  const RunId id = make_run_id(clock_.now());
  const Buffer input = tables_.inputs.protect(id, work.sealed_input);
  std::optional<Result<Run>> outcome;
  writer_.run([&](WriteTxn& txn) {
    outcome = tables_.admit(txn, work, input, {id, clock_.now(), options_.max_open});
  });
  if (*outcome) bells_.ring(work.queue);
  return *std::move(outcome);
}

std::optional<Run> LmdbEngine::find(const TicketId& ticket, const Digest& submission) {
  return tables_.find(ReadTxn(env_), ticket, submission);
}

std::optional<Run> LmdbEngine::describe(std::string_view workflow_id) {
  const ReadTxn txn(env_);
  const auto id = tables_.run_of_workflow(txn, workflow_id);
  if (!id) return std::nullopt;
  auto record = tables_.run(txn, *id);
  if (!record || record->run.workflow_id != workflow_id) throw StoreDamaged("by_workflow");
  return std::move(record->run);
}

std::optional<std::string> LmdbEngine::holder(std::string_view workflow_id) {
  const auto id = tables_.run_of_workflow(ReadTxn(env_), workflow_id);
  return id ? std::optional(print(*id)) : std::nullopt;
}

Result<Buffer> LmdbEngine::result(const RunId& id) {
  return tables_.result(ReadTxn(env_), id, print(id));
}

std::optional<Buffer> LmdbEngine::evidence(std::string_view workflow_id) {
  return tables_.evidence(ReadTxn(env_), workflow_id);
}

Result<Buffer> LmdbEngine::open(std::string_view workflow_id, const SealedPayload& sealed) {
  const ReadTxn txn(env_);
  const auto id = tables_.run_of_workflow(txn, workflow_id);
  if (!id) return Error{Errc::not_owner, "workflow"};
  return tables_.open(txn, *id, print(*id), sealed);
}

Checked LmdbEngine::cancel(const RunId& id) {
  return change(id, [&](RunRecord& record) -> Checked {
    if (has_ended(record.run.status)) return Error{Errc::already_ended, "cancel"};
    end(record, Status::cancelled, std::nullopt, clock_.now());
    return ok();
  });
}

// --- What changes have in common. ---------------------------------------------------------------

// A refusal changes nothing, and it too is answered from the committed state.
Checked LmdbEngine::change(const RunId& id, const Change& wanted) {
  Checked outcome = ok();
  writer_.run([&](WriteTxn& txn) {
    const auto before = tables_.run(txn, id);
    if (!before) {
      outcome = Error{Errc::not_found, "run"};
      return;
    }
    RunRecord after = *before;
    outcome = wanted(after);
    if (outcome) store(txn, *before, after);
  });
  return outcome;
}

void LmdbEngine::store(WriteTxn& txn, const RunRecord& before, const RunRecord& after) const {
  tables_.put(txn, before, after);
  const bool ends = has_ended(after.run.status) && !has_ended(before.run.status);
  if (ends) tables_.outbox.put(txn, after.run.id, {});
}

void LmdbEngine::end(RunRecord& record, Status status, const std::optional<Trouble>& why,
                     Time when) const {
  record.run.status = status;
  record.run.ended_at = when;
  if (why || status == Status::completed) record.run.trouble = why;
}

void LmdbEngine::try_again_or_bury(RunRecord& record, const Trouble& why, Time when) const {
  if (record.run.attempt >= options_.max_attempts) {
    end(record, Status::dead, why, clock_.now());
    return;
  }
  record.run.status = Status::queued;
  record.run.trouble = why;
  record.due_at = when + backoff(record.run.attempt);
  record.lease.reset();
}

Seconds LmdbEngine::backoff(std::uint32_t attempt) const {
  Seconds wait = options_.first_backoff;
  for (std::uint32_t i = 1; i < attempt && wait < options_.longest_backoff; ++i) wait *= 2;
  return std::min(wait, options_.longest_backoff);
}

Engine::Counts LmdbEngine::counts() const {
  Counts counts = tables_.counts(ReadTxn(env_));
  counts.is_failing = writer_.counts().is_failing;
  return counts;
}

// --- For the KDC. -------------------------------------------------------------------------------

std::vector<EndedWork> LmdbEngine::unreported(const std::optional<RunId>& after, std::size_t most) {
  return tables_.unreported(ReadTxn(env_), after, most);
}

void LmdbEngine::reported(const std::vector<RunId>& runs) {
  if (runs.empty()) return;
  writer_.run([&](WriteTxn& txn) { tables_.reported(txn, runs); });
}

}  // namespace waybill::trigger
