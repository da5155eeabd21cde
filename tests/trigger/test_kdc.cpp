#include "tests/trigger/test_kdc.h"

#include <algorithm>

#include "ticket/presentation.h"

namespace waybill::test {
namespace {

Time first_end(const std::vector<Caveat>& caveats) {
  Time end = Time::max();
  for (const Caveat& caveat : caveats) {
    if (const auto* limit = std::get_if<caveat::NotAfter>(&caveat))
      end = std::min(end, limit->time);
  }
  return end;
}

}  // namespace

void TestKdc::answer_or_throw() const {
  if (away) throw trigger::KdcAway("the test's KDC is away");
}

RealmDocument TestKdc::realm() {
  answer_or_throw();
  return realm_.document;
}

Result<Body> TestKdc::open(const Presentation& presentation) const {
  TRY(sealed, SealedTicket::parse(presentation.ticket()));
  TRY(opened, sealed.open(realm_.tgt_key));
  TRY(tgt, std::move(opened).verify_tgt(clock_.now()));
  CHECK_OK(presentation.check(tgt.session()));
  return tgt.body();
}

// The KDC's checks of specs/protocol.md 6, "Delegation", without policy.
Result<Body> TestKdc::judge(const DelegatedTicketRequest& request) {
  TRY(presentation, Presentation::parse(request.presentation));
  TRY(tgt, open(presentation));
  const Time now = clock_.now();
  CHECK_OK(check_delegation(presentation.caveats()));
  const Authenticator& a = presentation.authenticator();
  const Principal trigger = realm_.principal(trigger_);
  if (a.addressee != trigger) return Error{Errc::wrong_addressee, "delegation"};
  if (a.request != request.work.input) return Error{Errc::wrong_request, "delegation"};
  CHECK_OK(check_caveats(
      presentation.caveats(),
      {now, trigger, request.queue, request.work.type, request.work.id, request.work.input,
       request.actions, request.downstreams, request.work.space}));
  if (policy) return Error{*policy, "policy"};
  Body body = realm_.workflow_body(tgt.subject.name(), request.queue, request.work, now);
  body.id = delegated_ticket_id(presentation.tag());
  body.lineage = {tgt.id};
  body.actors = {trigger};
  body.actions = request.actions;
  body.start_by = first_end(presentation.caveats());
  if (request.run_for != 0s) body.run_until = now + request.run_for;
  return body;
}

Result<IssuedTicket> TestKdc::delegate(const DelegatedTicketRequest& request) {
  const std::scoped_lock guard(lock_);
  answer_or_throw();
  ++delegations;
  TRY(body, judge(request));
  if (tamper) tamper(body);
  return realm_.issue(std::move(body));
}

// Without policy: whoever shows a TGT that opens may look.
Result<trigger::KdcPort::Viewer> TestKdc::look(const LookRequest& request) {
  const std::scoped_lock guard(lock_);
  answer_or_throw();
  looks.push_back(request.payload);
  TRY(evidence, Evidence::decode(request.evidence));
  CHECK_OK(evidence.verify_proof(realm_.document));
  TRY(presentation, Presentation::parse(request.presentation));
  TRY(tgt, open(presentation));
  if (policy) return Error{*policy, "policy"};
  const bool is_owner = tgt.subject == evidence.body.subject;
  return Viewer{tgt.subject, tgt.id, is_owner ? "" : "1"};
}

std::vector<Checked> TestKdc::complete(const std::vector<Buffer>& evidences) {
  const std::scoped_lock guard(lock_);
  answer_or_throw();
  std::vector<Checked> out;
  for (const Buffer& wire : evidences) {
    const auto evidence = Evidence::decode(wire);
    const Checked proven =
        evidence ? evidence->verify_proof(realm_.document) : Checked(evidence.error());
    Checked answer = proven && on_complete ? on_complete(evidence->body) : proven;
    if (answer) completed.insert(evidence->body.work->id);
    out.push_back(answer);
  }
  return out;
}

Checked TestKdc::announce(const std::string& url) {
  const std::scoped_lock guard(lock_);
  answer_or_throw();
  if (policy) return Error{*policy, "policy"};
  announced.push_back(url);
  return ok();
}

}  // namespace waybill::test
