#include "trigger/temporal_engine.h"

#include "ticket/adapters/log.h"
#include "ticket/adapters/temporal_work.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/hex.h"

// Starting, showing, cancelling, and what the KDC is told. temporal_engine_looks.cpp asks the
// server what became of the work.
namespace waybill::trigger {
namespace {

constexpr std::size_t max_run_id = 256;

}  // namespace

TemporalEngine::TemporalEngine(const std::filesystem::path& folder, MasterKey store_key,
                               const Principal& service, temporal::Server& server,
                               const Clock& clock, const Options& options)
    : options_(options),
      server_(server),
      clock_(clock),
      guard_(std::move(store_key)),
      env_(folder, options.store),
      tables_(env_, guard_, service),
      there_(env_, "temporal", guard_),
      writer_(env_) {}

// --- What is kept. ---------------------------------------------------------------------------

std::optional<RunRecord> TemporalEngine::record(const RunId& id) const {
  const ReadTxn txn(env_);
  return tables_.run(txn, id);
}

std::optional<TemporalEngine::There> TemporalEngine::there(const RunId& id) const {
  const ReadTxn txn(env_);
  const auto stored = there_.get(txn, id);
  if (!stored) return std::nullopt;
  Reader in(*stored, 4 * max_run_id);
  in.array(2);
  There out;
  out.first = in.str(max_run_id);
  out.current = in.str(max_run_id);
  if (!in.finish()) throw StoreDamaged("temporal");
  return out;
}

std::optional<std::string> TemporalEngine::first_run(const RunId& id) const {
  const auto where = there(id);
  return where ? std::optional(where->first) : std::nullopt;
}

void TemporalEngine::put_there(const RunId& id, const There& there) {
  const Buffer value = Writer().array(2).str(there.first).str(there.current).take();
  writer_.run([&](WriteTxn& txn) { there_.put(txn, id, value); });
}

// --- Starting. -------------------------------------------------------------------------------

Result<Run> TemporalEngine::start(const NewRun& work) {
  if (work.sealed_input.size() > temporal::max_payload) {
    return Error{Errc::limit_exceeded, "Temporal takes no input of 2 MB"};
  }
  TRY(run, store(work));
  const auto stored = record(run.id);
  if (!stored || has_ended(run.status) || there(run.id)) return run;
  return forward(*stored);
}

Result<Run> TemporalEngine::store(const NewRun& work) {
  const RunId id = make_run_id(clock_.now());
  const Buffer input = tables_.inputs.protect(id, work.sealed_input);
  std::optional<Result<Run>> outcome;
  writer_.run([&](WriteTxn& txn) {
    outcome = tables_.admit(txn, work, input, {id, clock_.now(), options_.max_open});
  });
  return *std::move(outcome);
}

temporal::NewWorkflow TemporalEngine::as_workflow(const RunRecord& stored, Seconds left) const {
  const ReadTxn txn(env_);
  const Run& run = stored.run;
  const auto input = tables_.inputs.get(txn, run.id);
  if (!input) throw StoreDamaged("inputs");
  temporal::NewWorkflow out{
      run.workflow_id,
      run.workflow_type,
      run.queue,
      temporal::header_with(tables_.authority(txn, run.id).ticket),
      {temporal::payload_of(temporal::input_encoding, *input, run.workflow_id)},
      to_hex(run.ticket),
      left,
      {},
      {}};
  if (options_.index == Index::memo) {
    out.memo = {{"waybill-ticket", to_hex(run.ticket)}, {"waybill-subject", run.subject.text()}};
  } else if (options_.index == Index::search_attributes) {
    out.search_attributes = {{"WaybillTicket", to_hex(run.ticket)},
                             {"WaybillSubject", run.subject.text()}};
  }
  return out;
}

// The request is the ticket's id: however often it is sent, it is one start.
Result<Run> TemporalEngine::forward(const RunRecord& stored) {
  const Run& run = stored.run;
  const Time now = clock_.now();
  if (now >= run.start_by) {  // every worker would refuse it
    end(run.id, {Status::dead, Trouble{Errc::start_too_late, "Temporal was away for too long"}});
    return record(run.id).value_or(stored).run;
  }
  try {
    const auto start = server_.start(as_workflow(stored, last_moment(run) - now));
    if (start) return forwarded(stored, *start);
    log_error("temporal_refused", {{"workflow_id", run.workflow_id},
                                   {"code", waybill::describe(start.error().code).name}});
  } catch (const HttpError& away) {
    log_warning("temporal_away", {{"workflow_id", run.workflow_id}, {"why", away.what()}});
  }
  return run;  // it waits here
}

Result<Run> TemporalEngine::forwarded(const RunRecord& stored, const temporal::Start& start) {
  const Run& run = stored.run;
  if (start.how == temporal::Start::How::is_taken) {
    log_warning("workflow_id_taken", {{"workflow_id", run.workflow_id}, {"by_run", start.run_id}});
    forget(stored);
    return Error{Errc::already_exists, "workflow id, at Temporal"};
  }
  put_there(run.id, {start.run_id, start.run_id});
  const auto now = record(run.id);
  if (now && now->run.status == Status::cancelled) {  // meanwhile
    (void)server_.cancel({run.workflow_id, start.run_id}, to_hex(run.id));
  }
  return run;
}

void TemporalEngine::forget(const RunRecord& stored) {
  writer_.run([&](WriteTxn& txn) {
    const auto now = tables_.run(txn, stored.run.id);
    if (!now) return;
    tables_.erase(txn, *now);
    there_.erase(txn, stored.run.id);
  });
}

// --- Showing, cancelling. --------------------------------------------------------------------

std::optional<Run> TemporalEngine::find(const TicketId& ticket, const Digest& submission) {
  return tables_.find(ReadTxn(env_), ticket, submission);
}

std::optional<Run> TemporalEngine::describe(std::string_view workflow_id) {
  const auto stored = [&]() -> std::optional<RunRecord> {
    const ReadTxn txn(env_);
    const auto id = tables_.run_of_workflow(txn, workflow_id);
    return id ? tables_.run(txn, *id) : std::nullopt;
  }();
  if (!stored) return std::nullopt;
  (void)look(*stored);
  auto now = record(stored->run.id);
  if (!now) return std::nullopt;
  return std::move(now->run);
}

Result<Buffer> TemporalEngine::result(const RunId& id) {
  return tables_.result(ReadTxn(env_), id, first_run(id));
}

std::optional<Buffer> TemporalEngine::evidence(std::string_view workflow_id) {
  return tables_.evidence(ReadTxn(env_), workflow_id);
}

Result<Buffer> TemporalEngine::open(std::string_view workflow_id, const SealedPayload& sealed) {
  const auto id = tables_.run_of_workflow(ReadTxn(env_), workflow_id);
  if (!id) return Error{Errc::not_owner, "workflow"};
  return tables_.open(ReadTxn(env_), *id, first_run(*id), sealed);
}

Checked TemporalEngine::cancel(const RunId& id) {
  const auto stored = record(id);
  if (!stored) return Error{Errc::not_found, "run"};
  if (has_ended(stored->run.status)) return Error{Errc::already_ended, "cancel"};
  const auto where = there(id);
  if (!where) {
    end(id, {Status::cancelled, {}});
    return ok();
  }
  const Checked asked = server_.cancel({stored->run.workflow_id, where->first}, to_hex(id));
  if (!asked && asked.error().code == Errc::not_found) return Error{Errc::already_ended, "cancel"};
  return asked;
}

// --- For the KDC. ----------------------------------------------------------------------------

std::vector<EndedWork> TemporalEngine::unreported(const std::optional<RunId>& after,
                                                  std::size_t most) {
  return tables_.unreported(ReadTxn(env_), after, most);
}

void TemporalEngine::reported(const std::vector<RunId>& runs) {
  if (runs.empty()) return;
  writer_.run([&](WriteTxn& txn) { tables_.reported(txn, runs); });
}

}  // namespace waybill::trigger
