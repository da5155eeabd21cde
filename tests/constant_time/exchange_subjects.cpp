#include "tests/constant_time/hidden.h"
#include "tests/constant_time/subjects.h"
#include "tests/support/test_realm.h"
#include "ticket/call.h"
#include "ticket/noise.h"

namespace waybill::test {
namespace {

const Bytes operation_arguments = bytes_of("\x90");

struct Asking {
  TestRealm realm;
  IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  Asking() { hide(tgt.session.secret().expose()); }

  PendingCall call() {
    const std::vector<Caveat> caveats{caveat::NotAfter{noon + 60s}};
    auto pending = make_call(tgt.ticket, tgt.session, {{"self", copy_of(operation_arguments)}},
                             {realm.krbtgt(), random_bytes<16>(), noon}, caveats);
    require(pending && is_hidden(pending->wire), "a call depends on the session key");
    show(pending->wire);
    return *std::move(pending);
  }
};

void a_presentation_is_checked() {
  Asking asking;
  const auto received = ReceivedCall::parse(asking.call().wire);
  const Bytes wire = received->presentation_bytes;
  const auto chain = Presentation::parse(wire)->check(asking.tgt.session);
  require(chain && is_hidden(chain->secret().expose()), "tn");
  const auto last = Presentation::parse(damaged(wire, wire.size() - 1));
  require_refused(last->check(asking.tgt.session), Errc::bad_tag, "the tag's end");
  const auto first = Presentation::parse(damaged(wire, wire.size() - 32));
  require_refused(first->check(asking.tgt.session), Errc::bad_tag, "the tag's start");
}

void a_call_is_answered() {
  Asking asking;
  const PendingCall pending = asking.call();
  const auto received = ReceivedCall::parse(pending.wire);
  const auto opened = received->open(asking.tgt.session);
  require(opened && is_hidden(opened->reply_key.secret().expose()), "the reply key");
  std::vector<Answer> answers;
  answers.push_back({std::nullopt, "done", secret_copy(bytes_of("a value"))});
  const Buffer reply = seal_reply(opened->reply_key, answers);
  require(is_hidden(reply), "a reply depends on its key");
  show(reply);
  require(bool(pending.open_reply(reply)), "the reply");
  require_refused(pending.open_reply(damaged(reply, 24)), Errc::bad_integrity, "commitment");
}

// Both sides at once; each sees of the other what was sent.
void a_handshake_is_made() {
  const auto user = PrincipalKey::random();
  const auto kdc = EpochKey::random();
  auto users_ephemeral = Secret<32>::random();
  auto kdcs_ephemeral = Secret<32>::random();
  const Secret<32>* const all_secrets[] = {&user.secret(), &kdc.secret(), &users_ephemeral,
                                           &kdcs_ephemeral};
  for (const auto* secret : all_secrets) {
    hide(secret->expose());
  }
  const Bytes prologue = bytes_of("a prologue"), payload = bytes_of("a payload");
  noise::Initiator initiator(user.secret().duplicate(), kdc.public_key().bytes, prologue,
                             std::move(users_ephemeral));
  noise::Responder responder(kdc.secret().duplicate(), prologue, std::move(kdcs_ephemeral));

  const auto first = initiator.write(payload);
  require(first && is_hidden(*first), "message 1 depends on its secrets");
  show(*first);
  const auto heard = responder.read(*first);
  require(heard && equal(*heard, payload), "message 1");
  const auto second = responder.write(payload);
  require(second && is_hidden(*second), "message 2 depends on its secrets");
  show(*second);
  require_refused(initiator.read(damaged(*second, 40)), Errc::bad_integrity, "message 2, damaged");
}

constexpr Subject all_exchange_subjects[] = {
    {"a_presentation_is_checked", "waybill::Presentation::check", a_presentation_is_checked},
    {"a_call_is_answered", "waybill::detail::open", a_call_is_answered},
    {"a_handshake_is_made", "waybill::noise::CipherState::decrypt", a_handshake_is_made},
};

}  // namespace

std::span<const Subject> exchange_subjects() { return all_exchange_subjects; }

}  // namespace waybill::test
