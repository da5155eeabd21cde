#include "tests/demo/actor.h"

#include <stdexcept>

namespace waybill::demo {

using namespace std::chrono_literals;

namespace {

Login::Done log_in(KdcClient& kdc, const Principal& principal, const PrincipalKey& key) {
  auto done = kdc.login(key, principal, {1h, 24h});
  if (!done) throw std::runtime_error(principal.text() + " cannot log in: " + code_of(done));
  return *std::move(done);
}

}  // namespace

Actor::Actor(KdcClient& kdc, const Clock& clock, const Keytab& keytab)
    : Actor(kdc, clock, keytab.principal(), keytab.newest().key) {}

Actor::Actor(KdcClient& kdc, const Clock& clock, const Principal& principal,
             const PrincipalKey& key)
    : kdc_(kdc), clock_(clock), principal_(principal), login_(log_in(kdc, principal, key)) {}

Result<Answer> Actor::call(const std::string& operation, Bytes arguments) {
  auto answers = kdc_.call({login_.tgt, login_.kdc}, {Operation{operation, copy_of(arguments)}});
  if (!answers) return answers.error();
  Answer answer = std::move(answers->front());
  if (answer.refusal) return Error{*answer.refusal, "the KDC's answer"};
  return answer;
}

Result<IssuedTicket> Actor::ticket_for(const std::string& service) {
  TRY(answer, call("tgs", Bytes(ServiceTicketRequest{service, 30min}.encode())));
  return IssuedTicket::decode(answer.value);
}

Buffer Actor::delegation(const Principal& trigger, const Errand& errand) const {
  const Delegation wanted{
      trigger, errand.queue, errand.type,  errand.actions, input_digest(bytes_of(errand.input)),
      {},      std::nullopt, now() + 5min, errand.space};
  return *delegate(tgt(), wanted, now());
}

Result<IssuedTicket> Actor::exchange(Bytes delegation, const Errand& errand) {
  const DelegatedTicketRequest request{
      copy_of(delegation),
      errand.queue,
      {errand.space, errand.workflow_id, errand.type, input_digest(bytes_of(errand.input))},
      errand.actions,
      {},
      errand.run_for};
  TRY(answer, call("tgs.delegate", Bytes(request.encode())));
  return IssuedTicket::decode(answer.value);
}

Granted grant(Cast& cast, Actor& user, const Errand& errand) {
  auto ticket = cast.orders.exchange(user.delegation(cast.orders.principal(), errand), errand);
  if (!ticket) throw std::runtime_error("the honest errand was refused: " + code_of(ticket));
  Buffer sealed =
      seal_input(ticket->session, {"default", errand.queue, errand.type, errand.workflow_id},
                 bytes_of(errand.input));
  return {*std::move(ticket), errand, std::move(sealed)};
}

}  // namespace waybill::demo
