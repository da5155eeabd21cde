// What became of the work, by the server's word where that is enough, and by the result's own seal
// where it is not.
#include "ticket/adapters/log.h"
#include "ticket/adapters/temporal_work.h"
#include "ticket/payload.h"
#include "ticket/wire/codec.h"
#include "trigger/temporal_engine.h"

namespace waybill::trigger {
namespace {

using How = temporal::Description::End;

// Somebody else's words: no longer than they may be, else ours.
Trouble trouble_of(const temporal::Failure& failure) {
  const Errc code = temporal::code_of(failure);
  const std::string_view sentence = describe(code).sentence;
  const bool fits = failure.message.size() <= Trouble::max_message && is_utf8(failure.message);
  return {code, fits && !failure.message.empty() ? failure.message : std::string(sentence)};
}

}  // namespace

// The edge of whoever looks: what cannot be learned now is learned at the next look. False: the
// server is away.
bool TemporalEngine::look(const RunRecord& stored) noexcept {
  try {
    if (has_ended(stored.run.status)) return true;
    auto where = there(stored.run.id);
    if (where) {
      refresh(stored, *std::move(where));
    } else {
      (void)forward(stored);
    }
    return true;
  } catch (const std::exception& failure) {
    log_warning("temporal_away",
                {{"workflow_id", stored.run.workflow_id}, {"why", failure.what()}});
    return false;
  }
}

std::optional<std::string> TemporalEngine::holder(std::string_view workflow_id) {
  try {
    const auto current = server_.describe({std::string(workflow_id), {}});
    if (current) return current->run_id;
  } catch (const HttpError& away) {
    log_warning("temporal_away", {{"workflow_id", workflow_id}, {"why", away.what()}});
  }
  return std::nullopt;
}

void TemporalEngine::refresh(const RunRecord& stored, There where) {
  auto now = server_.describe({stored.run.workflow_id, where.current});
  if (now && !now->is_open && now->end != How::completed && follow(stored, where)) {
    now = server_.describe({stored.run.workflow_id, where.current});
  }
  if (now && now->is_open) return update(stored.run.id, *now);
  if (now) return close(stored, where, now->end);
  if (now.error().code == Errc::not_found) {
    end(stored.run.id, {Status::dead, Trouble{Errc::not_found, "Temporal has forgotten it"}});
  }
}

// A retry, a reset or a continuation: another run of the same chain is the current one. A run of
// another chain is another's work under this id.
bool TemporalEngine::follow(const RunRecord& stored, There& where) const {
  const auto current = server_.describe({stored.run.workflow_id, {}});
  if (!current || current->first_run != where.first || current->run_id == where.current) {
    return false;
  }
  where.current = current->run_id;
  return true;
}

void TemporalEngine::update(const RunId& id, const temporal::Description& now) {
  writer_.run([&](WriteTxn& txn) {
    const auto before = tables_.run(txn, id);
    if (!before || has_ended(before->run.status)) return;
    RunRecord after = *before;
    after.run.status = now.is_held ? Status::running : Status::queued;
    after.run.attempt = now.attempt;
    if (now.last_failure) after.run.trouble = trouble_of(*now.last_failure);
    if (after.encode() != before->encode()) tables_.put(txn, before, after);
  });
}

void TemporalEngine::close(const RunRecord& stored, const There& where, How how) {
  const RunId& id = stored.run.id;
  if (how == How::cancelled) return end(id, {Status::cancelled, {}});
  if (how == How::timed_out) {
    return end(id, {Status::dead, Trouble{Errc::ticket_expired, "nobody did it in time"}});
  }
  if (how != How::completed && how != How::failed) {
    return end(id, {Status::failed, Trouble{Errc::job_failed, "it was ended at Temporal"}});
  }
  const auto last = server_.last_event({stored.run.workflow_id, where.current});
  if (!last) return;  // the next look
  if (how == How::completed) return take_result(stored, where, *last);
  if (last->failure.is_timeout) {
    return end(id, {Status::dead, Trouble{Errc::ticket_expired, "nobody did it in time"}});
  }
  const Trouble why = trouble_of(last->failure);
  end(id, {why.code == Errc::job_failed ? Status::failed : Status::refused, why});
}

// Whoever may poll in the namespace can take a task and answer it. What does not open under the
// ticket's session key is not the worker's.
void TemporalEngine::take_result(const RunRecord& stored, const There& where,
                                 const temporal::Event& last) {
  const Run& run = stored.run;
  const auto open = [&]() -> Result<Buffer> {
    TRY(sealed, temporal::sealed_in(last.result, temporal::result_encoding));
    const ReadTxn txn(env_);
    const auto session = tables_.authority(txn, run.id).session(run.ticket, guard_);
    if (!session) throw StoreDamaged("authorities");
    CHECK_OK(open_result(*session, {run.ticket, run.workflow_id, where.first}, sealed));
    return sealed;
  };
  const auto sealed = open();
  if (sealed) {
    return end(run.id, {Status::completed, {}}, tables_.results.protect(run.id, *sealed));
  }
  log_error("result_forged", {{"workflow_id", run.workflow_id}, {"run", where.current}});
  const std::string_view sentence = waybill::describe(Errc::bad_result).sentence;
  end(run.id, {Status::failed, Trouble{Errc::bad_result, std::string(sentence)}});
}

void TemporalEngine::end(const RunId& id, const End& how, Bytes protected_result) {
  writer_.run([&](WriteTxn& txn) {
    const auto before = tables_.run(txn, id);
    if (!before || has_ended(before->run.status)) return;
    RunRecord after = *before;
    after.run.status = how.status;
    after.run.ended_at = clock_.now();
    if (how.why || how.status == Status::completed) after.run.trouble = how.why;
    if (!protected_result.empty()) tables_.results.put_protected(txn, id, protected_result);
    tables_.put(txn, before, after);
    tables_.outbox.put(txn, id, {});
  });
}

// A few pieces of open work at a time, round and round; then what ended long ago.
Engine::Counts TemporalEngine::counts() const {
  Counts counts = tables_.counts(ReadTxn(env_));
  counts.is_failing = writer_.counts().is_failing;
  return counts;
}

void TemporalEngine::sweep() {
  if (writer_.counts().is_failing) writer_.run([&](WriteTxn& txn) { tables_.touch(txn); });
  std::vector<RunRecord> open, old;
  {
    const ReadTxn txn(env_);
    tables_.deadlines.visit_keys(txn, next_look_, [&](Bytes key) {
      next_look_ = copy_of(key);
      next_look_.push_back(0);  // the next key after it
      if (auto stored = tables_.run(txn, EngineTables::run_in(key))) open.push_back(*stored);
      return open.size() < options_.looks;
    });
    const Time until = clock_.now() - options_.keep_ended;
    tables_.ended.visit_keys(txn, {}, [&](Bytes key) {
      if (EngineTables::time_in(key) > until) return false;
      if (auto stored = tables_.run(txn, EngineTables::run_in(key))) old.push_back(*stored);
      return old.size() < options_.looks;
    });
  }
  if (open.size() < options_.looks) next_look_.clear();  // from the beginning again
  for (const RunRecord& stored : open) {
    if (ending_ || !look(stored)) break;
  }
  for (const RunRecord& stored : old) forget(stored);
}

}  // namespace waybill::trigger
