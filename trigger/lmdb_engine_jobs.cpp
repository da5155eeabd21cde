// The workers' side of the embedded engine: handing out, hearing back.
#include <algorithm>

#include "ticket/exchange/renewal.h"
#include "ticket/payload.h"
#include "ticket/wire/limits.h"
#include "trigger/lmdb_engine.h"

namespace waybill::trigger {
namespace {

using namespace std::chrono_literals;
using Ticks = std::chrono::steady_clock;

// What falls due by a back-off rings no bell: waiters look by themselves that often.
constexpr auto look_again = 500ms;
// One answer holds so many payload bytes at the most, unless its first job alone has more.
constexpr std::size_t max_payload = 4 * 1024 * 1024;

std::string cut(std::string_view message) {
  std::size_t size = std::min(message.size(), Trouble::max_message);
  while (size > 0 && !is_utf8(message.substr(0, size))) --size;
  return std::string(message.substr(0, size));
}

std::chrono::milliseconds until(Ticks::time_point moment) {
  return std::chrono::ceil<std::chrono::milliseconds>(moment - Ticks::now());
}

}  // namespace

// --- Handing out. -------------------------------------------------------------------------------

std::vector<Job> LmdbEngine::lease(const std::string& queue, std::size_t most,
                                   std::chrono::milliseconds patience) {
  const auto deadline = Ticks::now() + patience;
  Bells::Listener listener(bells_, queue);
  for (;;) {
    if (has_ready(queue)) {
      auto jobs = take(queue, most);
      if (!jobs.empty()) return jobs;
    }
    const auto left = until(deadline);
    if (left <= 0ms || !listener.wait(std::min<std::chrono::milliseconds>(left, look_again))) {
      return {};
    }
  }
}

std::vector<RunId> LmdbEngine::due(const Txn& txn, const std::string& queue,
                                   std::size_t most) const {
  const Time now = clock_.now();
  const Buffer prefix = EngineTables::ready_prefix(queue);
  std::vector<RunId> out;
  tables_.ready.visit_keys(txn, prefix, [&](Bytes key) {
    const bool ours = key.size() == prefix.size() + 24 && equal(key.first(prefix.size()), prefix);
    if (!ours || EngineTables::time_in(key) > now) return false;
    out.push_back(EngineTables::run_in(key));
    return out.size() < most;
  });
  return out;
}

bool LmdbEngine::has_ready(const std::string& queue) const {
  const ReadTxn txn(env_);
  return !due(txn, queue, 1).empty();
}

std::vector<Job> LmdbEngine::take(const std::string& queue, std::size_t most) {
  std::vector<Job> jobs;
  writer_.run([&](WriteTxn& txn) { take_in(txn, queue, most, jobs); });
  // Ticket and input never change, and no lease is forgotten: they are read after the commit.
  for (Job& job : jobs) load_payload(job);
  return jobs;
}

void LmdbEngine::take_in(WriteTxn& txn, const std::string& queue, std::size_t most,
                         std::vector<Job>& out) {
  const Time now = clock_.now();
  std::size_t payload = 0;
  for (const RunId& id : due(txn, queue, most)) {
    const auto before = tables_.run(txn, id);
    if (!before || before->run.status != Status::queued) throw StoreDamaged("ready");
    RunRecord after = *before;
    if (now >= last_moment(after.run)) {
      end(after, Status::dead, Trouble{Errc::ticket_expired, "nobody did it in time"}, now);
      store(txn, *before, after);
      continue;
    }
    const auto input = tables_.inputs.get(txn, id);
    if (!input) throw StoreDamaged("inputs");
    payload += input->size();
    if (!out.empty() && payload > max_payload) return;
    after.run.status = Status::running;
    ++after.run.attempt;
    after.lease = random_bytes<16>();
    after.lease_until = now + options_.lease;
    store(txn, *before, after);
    out.push_back({after.run, *after.lease, {}, {}});
  }
}

void LmdbEngine::load_payload(Job& job) const {
  const ReadTxn txn(env_);
  job.ticket = tables_.authority(txn, job.run.id).ticket;
  const auto input = tables_.inputs.get(txn, job.run.id);
  if (!input) throw StoreDamaged("inputs");
  job.sealed_input = copy_of(*input);
}

// --- Hearing back. ------------------------------------------------------------------------------

Checked LmdbEngine::check_held(const RunRecord& record, const Holding& holding) const {
  if (record.run.queue != holding.queue) return Error{Errc::not_owner, "job of another queue"};
  if (has_ended(record.run.status)) return Error{Errc::already_ended, "job"};
  const bool same = record.lease && same_secret(*record.lease, holding.lease);
  if (!same || record.run.status != Status::running || clock_.now() >= record.lease_until) {
    return Error{Errc::lease_lost, "job"};
  }
  return ok();
}

// A worker that did not hear our answer says it once more.
bool LmdbEngine::was_said(const RunRecord& record, const Holding& holding, Status status) const {
  return record.run.queue == holding.queue && record.run.status == status && record.lease &&
         same_secret(*record.lease, holding.lease);
}

Checked LmdbEngine::heartbeat(const Holding& holding, const Evidence* renewed) {
  return as_worker(holding, [&](RunRecord& record) -> Checked {
    CHECK_OK(check_held(record, holding));
    if (renewed != nullptr) {
      CHECK_OK(check_newer(record, renewed->body));
      record.run.issued_at = renewed->body.issued_at;
      record.run.run_until = renewed->body.run_until;
    }
    const Time now = clock_.now();
    // No worker may act after run_until, whose clock is the KDC's: a lease ends with it.
    const Time last = record.run.run_until + limits::clock_skew;
    record.lease_until = std::max(record.lease_until, std::min(now + options_.lease, last));
    return ok();
  });
}

// Of this very authority, and not older than what is known: who renewed twice cannot choose.
Checked LmdbEngine::check_newer(const RunRecord& record, const Body& renewed) const {
  const ReadTxn txn(env_);
  const auto first = Evidence::decode(tables_.authority(txn, record.run.id).evidence);
  if (!first) throw StoreDamaged("authorities");
  CHECK_OK(check_renewal(first->body, renewed));
  if (renewed.issued_at < record.run.issued_at) return Error{Errc::bad_renewal, "an older form"};
  return ok();
}

// Opened outside the writer's turn; whether the lease still holds is asked again inside it.
Checked LmdbEngine::complete(const Holding& holding, Bytes sealed_result) {
  CHECK_OK(check_result(holding, sealed_result));
  const Buffer stored = tables_.results.protect(holding.run, sealed_result);
  Checked outcome = ok();
  writer_.run([&](WriteTxn& txn) {
    const auto before = tables_.run(txn, holding.run);
    if (before && was_said(*before, holding, Status::completed)) return;
    outcome = before ? check_held(*before, holding) : Checked(Error{Errc::not_owner, "run"});
    if (!outcome) return;
    RunRecord after = *before;
    end(after, Status::completed, std::nullopt, clock_.now());
    tables_.results.put_protected(txn, holding.run, stored);
    store(txn, *before, after);
  });
  return outcome;
}

Checked LmdbEngine::check_result(const Holding& holding, Bytes sealed) const {
  const ReadTxn txn(env_);
  const auto record = tables_.run(txn, holding.run);
  if (!record) return Error{Errc::not_owner, "run"};
  if (!was_said(*record, holding, Status::completed)) CHECK_OK(check_held(*record, holding));
  const Run& run = record->run;
  const auto session = tables_.authority(txn, run.id).session(run.ticket, guard_);
  if (!session) throw StoreDamaged("authorities");
  CHECK_OK(open_result(*session, {run.ticket, run.workflow_id, print(run.id)}, sealed));
  return ok();
}

Checked LmdbEngine::end_by_worker(const Holding& holding, Status status, const Trouble& why) {
  return as_worker(holding, [&](RunRecord& record) -> Checked {
    if (was_said(record, holding, status)) return ok();
    CHECK_OK(check_held(record, holding));
    end(record, status, why, clock_.now());
    return ok();
  });
}

// Whether there is no such run, or it is another queue's, is one answer.
Checked LmdbEngine::as_worker(const Holding& holding, const Change& wanted) {
  auto outcome = change(holding.run, wanted);
  if (!outcome && outcome.error().code == Errc::not_found) return Error{Errc::not_owner, "run"};
  return outcome;
}

Checked LmdbEngine::fail(const Holding& holding, std::string_view message, bool retry) {
  const Trouble why{Errc::job_failed, cut(message)};
  if (!retry) return end_by_worker(holding, Status::failed, why);
  return as_worker(holding, [&](RunRecord& record) -> Checked {
    CHECK_OK(check_held(record, holding));
    try_again_or_bury(record, why, clock_.now());
    return ok();
  });
}

Checked LmdbEngine::hand_back(const Holding& holding, std::string_view message) {
  return as_worker(holding, [&](RunRecord& record) -> Checked {
    CHECK_OK(check_held(record, holding));
    record.run.status = Status::queued;
    record.run.trouble = Trouble{Errc::job_failed, cut(message)};
    --record.run.attempt;  // counted when it was handed out
    record.due_at = clock_.now() + options_.handed_back;
    record.lease.reset();
    return ok();
  });
}

Checked LmdbEngine::refuse(const Holding& holding, const Trouble& why) {
  return end_by_worker(holding, Status::refused, Trouble{why.code, cut(why.message)});
}

}  // namespace waybill::trigger
