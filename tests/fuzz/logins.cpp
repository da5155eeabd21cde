// The AS exchange after a plan, both sides; and strangers who speak to either.

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/from_vectors.h"
#include "tests/fuzz/ticket_targets.h"
#include "ticket/exchange/client.h"

namespace waybill::test::fuzz {
namespace {

/// The KDC's side: reads message 1, answers with `reply`.
Result<Buffer> serve(Bytes wire, const LoginReply& reply, const FixedBytes<32>& expected,
                     LoginRequest* request) {
  TRY(envelope, LoginEnvelope::decode(wire));
  noise::Responder responder(realm().epoch.secret().duplicate(),
                             login_prologue(envelope.realm, envelope.epoch));
  TRY(payload, responder.read(envelope.message));
  TRY(asked, LoginRequest::decode(payload));
  require(responder.initiator() == expected, "message 1 proves the key that it was made with");
  *request = std::move(asked);
  const SecretBuffer answer = reply.encode();
  return responder.write(answer);
}

LoginReply planned_reply(Plan& plan) {
  LoginReply out{std::nullopt, planned_time(plan), InstanceId{plan.byte()}, {}};
  if (plan.yes()) {
    out.refusal = Errc::login_failed;
  } else {
    out.tgt = realm().tgt(realm().tgt_body("carol"));
  }
  return out;
}

void log_in(Bytes input) {
  Plan plan(input);
  const PrincipalKey& key = realm().key("carol");
  const Principal carol = realm().principal("carol");
  const IssuedTicket earlier = realm().tgt(realm().tgt_body("carol"));
  const Login::Wish wish{Seconds(plan.byte()), Seconds(plan.byte()),
                         plan.yes() ? &earlier : nullptr};
  auto login = Login::start(key, carol, realm().document, wish, noon);
  require(bool(login), "a login can be begun");
  const Buffer request = copy_of(login->request());
  const LoginReply said = planned_reply(plan);
  LoginRequest asked{carol, {}, {}, {}, {}};
  const Buffer on_the_way = changed(request, request, plan);
  if (on_the_way != request) {
    require(!serve(on_the_way, said, key.public_key().bytes, &asked),
            "message 1 that was changed is refused");
  }
  const auto reply = serve(request, said, key.public_key().bytes, &asked);
  require(reply && asked.life == wish.life && asked.renewable == wish.renewable,
          "the KDC reads what was wished");
  const Buffer back = plan.yes() ? changed(*reply, request, plan) : *reply;
  const auto done = login->finish(back, noon);
  const Seconds away = said.kdc_time > noon ? said.kdc_time - noon : noon - said.kdc_time;
  require(bool(done) == (back == *reply && !said.refusal && away <= 120s),
          "a login ends well with the KDC's own answer, at its time");
  if (done) require(done->tgt.ticket == said.tgt->ticket, "the TGT is the one that was given");
}

// Whatever a stranger sends, without a key of this realm's: no message is right by chance.
void read_stranger(Bytes message) {
  const Buffer prologue = login_prologue(realm().realm(), KeyId{1});
  noise::Responder responder(realm().epoch.secret().duplicate(), prologue);
  require(!responder.read(message), "a stranger's bytes are no message 1");
  noise::Initiator initiator(realm().key("carol").secret().duplicate(),
                             realm().epoch.public_key().bytes, prologue);
  require(bool(initiator.write(bytes_of("hello"))), "message 1 is made");
  require(!initiator.read(message), "a stranger's bytes are no message 2");
}

}  // namespace

Targets login_targets() {
  return {{"a_login_made_and_changed", some_plans, log_in},
          {"a_handshake_with_a_stranger", [] { return from_vectors("noise.txt", "message"); },
           read_stranger}};
}

}  // namespace waybill::test::fuzz
