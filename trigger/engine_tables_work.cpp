#include "ticket/payload.h"
#include "trigger/engine_tables.h"

// What every engine does with its tables.
namespace waybill::trigger {

RunId make_run_id(Time now) {
  RunId id = random_bytes<16>();
  const auto seconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t i = 0; i < 5; ++i) {  // 40 bits last until the year 36812
    id[i] = static_cast<std::uint8_t>(seconds >> (8 * (4 - i)));
  }
  return id;
}

Result<Run> EngineTables::admit(WriteTxn& txn, const NewRun& work, Bytes protected_input,
                                const Admission& admission) const {
  if (const auto known = run_of_ticket(txn, work.ticket)) {
    const auto record = run(txn, *known);
    if (!record) throw StoreDamaged("by_ticket");
    return record->run;
  }
  if (run_of_workflow(txn, work.workflow_id)) {
    return Error{Errc::already_exists, "workflow id"};
  }
  if (deadlines.count(txn) >= admission.max_open) return Error{Errc::busy, "open work"};
  const TicketTimes& times = work.issued.times;
  RunRecord record{{admission.id,
                    work.ticket,
                    work.workflow_id,
                    work.workflow_type,
                    work.queue,
                    work.subject,
                    Status::queued,
                    0,
                    admission.now,
                    times.start_by,
                    times.issued_at,
                    times.run_until,
                    times.renew_until,
                    {},
                    {},
                    work.request_id},
                   admission.now,
                   {},
                   {}};
  put(txn, std::nullopt, record);
  put_authority(txn, record.run, Authority::of(work, guard_));
  inputs.put_protected(txn, admission.id, protected_input);
  return std::move(record.run);
}

std::optional<Run> EngineTables::find(const Txn& txn, const TicketId& ticket,
                                      const Digest& submission) const {
  const auto id = run_of_ticket(txn, ticket);
  if (!id || authority(txn, *id).submission != submission) return std::nullopt;
  auto record = run(txn, *id);
  if (!record) return std::nullopt;
  return std::move(record->run);
}

Result<Buffer> EngineTables::result(const Txn& txn, const RunId& id,
                                    const std::optional<std::string>& run_chain) const {
  const auto record = run(txn, id);
  if (!record) return Error{Errc::not_found, "run"};
  if (!has_ended(record->run.status)) return Error{Errc::not_ended, "run"};
  if (record->run.status != Status::completed) return Error{Errc::already_ended, "no result"};
  const auto sealed = results.get(txn, id);
  if (!sealed || !run_chain) throw StoreDamaged("results");
  const SessionKey session = session_of(authority(txn, id), *record);
  return open_result(session, {record->run.ticket, record->run.workflow_id, *run_chain}, *sealed);
}

SessionKey EngineTables::session_of(const Authority& authority, const RunRecord& record) const {
  auto session = authority.session(record.run.ticket, guard_);
  if (!session) throw StoreDamaged("authorities");
  return *std::move(session);
}

std::optional<Buffer> EngineTables::evidence(const Txn& txn, std::string_view workflow_id) const {
  const auto id = run_of_workflow(txn, workflow_id);
  if (!id) return std::nullopt;
  return authority(txn, *id).evidence;
}

Result<Buffer> EngineTables::open(const Txn& txn, const RunId& id,
                                  const std::optional<std::string>& run_chain,
                                  const SealedPayload& sealed) const {
  const auto record = run(txn, id);
  if (!record) return Error{Errc::not_owner, "workflow"};
  const Authority known = authority(txn, id);
  const SessionKey session = session_of(known, *record);
  const auto evidence = Evidence::decode(known.evidence);
  if (!evidence || !evidence->body.work) throw StoreDamaged("authorities");
  const Work& work = *evidence->body.work;
  auto opened = [&]() -> Result<Buffer> {
    if (sealed.kind == PayloadKind::input) {
      return open_input(session, {work.space, record->run.queue, work.type, work.id}, sealed.bytes);
    }
    if (!run_chain) return Error{Errc::bad_result, "not started"};
    return open_result(session, {record->run.ticket, work.id, *run_chain}, sealed.bytes);
  }();
  if (!opened) return Error{Errc::wrong_payload, "it does not open"};
  return opened;
}

std::vector<EndedWork> EngineTables::unreported(const Txn& txn, const std::optional<RunId>& after,
                                                std::size_t most) const {
  std::vector<EndedWork> out;
  outbox.visit_keys(txn, after ? Bytes(*after) : Bytes{}, [&](Bytes key) {
    const RunId id = fixed<16>(key);
    if (after && id == *after) return true;
    out.push_back({id, authority(txn, id).evidence});
    return out.size() < most;
  });
  return out;
}

void EngineTables::reported(WriteTxn& txn, const std::vector<RunId>& ids) const {
  for (const RunId& id : ids) outbox.erase(txn, id);
}

}  // namespace waybill::trigger
