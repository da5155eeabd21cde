#include "tests/kdc/whole_kdc.h"

#include <stdexcept>

#include "kdc/as_exchange.h"
#include "kdc/call.h"

namespace waybill::test {

using kdc::GrantRecord;
using kdc::PrincipalKind;

WholeKdc::WholeKdc(std::size_t map_bytes) : TestKdc(false, map_bytes) {
  add("operator", PrincipalKind::user, {"operator"});
  for (const char* user : {"carol", "dave", "alice", "bob"}) add(user, PrincipalKind::user);
  for (const char* service : {"trigger/orders", "trigger/rogue", "archive"}) {
    add(service, PrincipalKind::service);
  }
  add_queue("queue-alice", "alice");
  add_queue("queue-bob", "bob");
  grant(some_grant("carol", "queue-alice", "invoice-*"));
  grant(ceiling("trigger/orders", "queue-*"));
  grant(ceiling("trigger/rogue", "queue-*"));
}

const Keytab& WholeKdc::keytab(std::string_view name) const { return keytabs_.find(name)->second; }

void WholeKdc::add(std::string_view name, PrincipalKind kind, std::vector<std::string> roles) {
  keytabs_.insert_or_assign(std::string(name), add_principal(name, kind));
  const auto done = change([&](kdc::StoreChange& change, Fields&) {
    auto record = change.principal(name);
    record->roles = roles;
    change.put_principal(*record);
    return ok();
  });
  if (done != accepted) throw std::logic_error("a test's KDC did not take what it was given");
}

void WholeKdc::add_queue(std::string_view name, std::string_view owner, bool pending) {
  add(name, PrincipalKind::queue);
  const auto done = change([&](kdc::StoreChange& change, Fields&) {
    change.put_queue({std::string(name), principal(owner), pending, clock.now()});
    return ok();
  });
  if (done != accepted) throw std::logic_error("a test's KDC did not take what it was given");
}

std::uint64_t WholeKdc::grant(GrantRecord record) {
  std::uint64_t id = 0;
  const auto done = change([&](kdc::StoreChange& change, Fields&) {
    id = change.add_grant(record);
    return ok();
  });
  if (done != accepted) throw std::logic_error("a test's KDC did not take what it was given");
  return id;
}

GrantRecord WholeKdc::some_grant(std::string_view subject, std::string_view queue,
                                 std::string_view workflow, Seconds max_run) {
  return {.holder = GrantRecord::Holder::subject,
          .name = std::string(subject),
          .queue = *Pattern::parse(queue),
          .workflow = *Pattern::parse(workflow),
          .actions = {"invoice:read", "report:write"},
          .max_run = max_run};
}

GrantRecord WholeKdc::ceiling(std::string_view trigger, std::string_view queue) {
  return {.holder = GrantRecord::Holder::trigger,
          .name = std::string(trigger),
          .queue = *Pattern::parse(queue)};
}

void WholeKdc::disable(std::string_view name) {
  const auto done = change([&](kdc::StoreChange& change, Fields&) {
    auto record = change.principal(name);
    record->disabled = true;
    change.put_principal(*record);
    return ok();
  });
  if (done != accepted) throw std::logic_error("a test's KDC did not take what it was given");
}

Result<Login::Done> WholeKdc::login(const PrincipalKey& key, std::string_view name,
                                    Login::Wish wish) {
  TRY(login, Login::start(key, principal(name), epochs.document(), wish, clock.now()));
  TRY(reply, kdc::as_exchange(parts, login.request()));
  return login.finish(reply, clock.now());
}

const IssuedTicket& WholeKdc::tgt(std::string_view name) {
  const std::string key(name);
  if (!tgts_.contains(key)) {
    auto done = login(keytab(name).newest().key, name);
    if (!done) throw std::logic_error("a test's KDC did not take what it was given");
    tgts_.insert_or_assign(key, std::move(done->tgt));
  }
  return tgts_.at(key);
}

Result<std::vector<Answer>> WholeKdc::call(const IssuedTicket& tgt,
                                           const std::vector<Operation>& operations,
                                           const std::vector<Caveat>& caveats) {
  TRY(pending, make_call(tgt.ticket, tgt.session, operations, {parts.krbtgt, instance, clock.now()},
                         caveats));
  TRY(reply, kdc::call(parts, pending.wire));
  return pending.open_reply(reply);
}

Told WholeKdc::ask(const IssuedTicket& tgt, std::string_view operation, Bytes arguments,
                   const std::vector<Caveat>& caveats) {
  auto answers = call(tgt, {{std::string(operation), waybill::copy_of(arguments)}}, caveats);
  if (!answers) return {answers.error().code, {}, {}};
  Answer& answer = answers->front();
  Outcome outcome;
  outcome.refusal = answer.refusal;
  return {outcome, std::move(answer.detail), std::move(answer.value)};
}

Delegation WholeKdc::wish() const {
  return {.trigger = principal("trigger/orders"),
          .queue = "queue-alice",
          .workflow_type = "invoice-report",
          .actions = {"invoice:read", "report:write"},
          .input = input,
          .downstreams = {},
          .workflow_id = std::nullopt,
          .not_after = clock.now() + 15min};
}

Buffer WholeKdc::delegation(const Delegation& wanted, std::string_view user) {
  return *delegate(tgt(user), wanted, clock.now());
}

DelegatedTicketRequest WholeKdc::request(Buffer presentation) const {
  return {.presentation = std::move(presentation),
          .queue = "queue-alice",
          .work = {"default", "invoice-report-1", "invoice-report", input},
          .actions = {"invoice:read", "report:write"},
          .downstreams = {},
          .run_for = 0s};
}

IssuedTicket WholeKdc::workflow_ticket() {
  const Told told = submit(request(delegation(wish())));
  if (told.outcome != accepted)
    throw std::logic_error("a test's KDC did not take what it was given");
  return told.ticket();
}

kdc::AuditRecord WholeKdc::last_record() const {
  const auto rows = kdc::Audit::rows(store.view(), records() - 1, 1);
  return *kdc::AuditRecord::decode(rows.front().record);
}

Outcome WholeKdc::outcome_of(const kdc::AuditRecord& record) {
  if (record.outcome == 0) return accepted;
  return errc_from(record.outcome).value();
}

}  // namespace waybill::test
