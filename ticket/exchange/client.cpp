#include "ticket/exchange/client.h"

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

Result<Buffer> present_earlier(const IssuedTicket& tgt, const Realm& realm, KeyId epoch, Time now) {
  TRY(krbtgt, Principal::make(krbtgt_name, realm));
  const CaveatChain chain(tgt.ticket, tgt.session);
  const Digest request = earlier_digest(realm, epoch);
  return chain.finish({std::move(krbtgt), std::nullopt, now, random_bytes<16>(), request}).wire;
}

Buffer finish(const CaveatChain& chain, const ServiceRequest& to, Time now) {
  return chain.finish({to.service, to.instance, now, random_bytes<16>(), to.request}).wire;
}

}  // namespace

Digest earlier_digest(const Realm& realm, KeyId epoch) {
  return request_digest({login_prologue(realm, epoch)});
}

Result<Login> Login::start(const PrincipalKey& key, const Principal& principal,
                           const RealmDocument& realm, Wish wish, Time now) {
  const auto* epoch = realm.epoch_at(now);
  if (epoch == nullptr) return Error{Errc::unknown_epoch, "no epoch is open"};
  noise::Initiator initiator(key.secret().duplicate(), epoch->key.bytes,
                             login_prologue(realm.realm, epoch->id));
  LoginRequest request{principal, wish.life, wish.renewable, now};
  if (wish.earlier != nullptr) {
    TRY(earlier, present_earlier(*wish.earlier, realm.realm, epoch->id, now));
    request.earlier = std::move(earlier);
  }
  TRY(message, initiator.write(request.encode()));
  const LoginEnvelope envelope{realm.realm, epoch->id, std::move(message)};
  return Login(std::move(initiator), envelope.encode());
}

Result<Login::Done> Login::finish(Bytes reply, Time now) {
  TRY(payload, initiator_.read(reply));
  const WipeOnExit wiped(payload);
  TRY(answer, LoginReply::decode(payload));
  if (answer.refusal) return Error{*answer.refusal, "the KDC's answer"};
  const auto difference = answer.kdc_time - now;
  if (difference > limits::clock_skew || -difference > limits::clock_skew) {
    return Error{Errc::clock_skew, "the KDC's clock"};
  }
  // What decode() gives has a ticket or a refusal.
  return Done{*std::move(answer.tgt), answer.kdc_instance, answer.kdc_time};
}

Result<Buffer> delegate(const IssuedTicket& tgt, const Delegation& wanted, Time now) {
  CaveatChain chain(tgt.ticket, tgt.session);
  const std::vector<Caveat> caveats{caveat::Delegation{random_bytes<16>()},
                                    caveat::Audience{wanted.trigger},
                                    caveat::NotAfter{wanted.not_after},
                                    caveat::Queue{wanted.queue},
                                    caveat::WorkflowType{wanted.workflow_type},
                                    caveat::Actions{wanted.actions},
                                    caveat::Input{wanted.input},
                                    caveat::Downstreams{wanted.downstreams}};
  CHECK_OK(chain.add_all(caveats));
  if (wanted.workflow_id) CHECK_OK(chain.add(caveat::WorkflowId{*wanted.workflow_id}));
  if (wanted.space) CHECK_OK(chain.add(caveat::Namespace{*wanted.space}));
  return chain.finish({wanted.trigger, std::nullopt, now, random_bytes<16>(), wanted.input}).wire;
}

Buffer present(const IssuedTicket& ticket, const ServiceRequest& wanted, Time now) {
  return finish(CaveatChain(ticket.ticket, ticket.session), wanted, now);
}

Result<Buffer> present_look(const IssuedTicket& tgt, const Look& wanted, Time now) {
  CaveatChain chain(tgt.ticket, tgt.session);
  CHECK_OK(chain.add(caveat::Audience{wanted.at.service}));
  CHECK_OK(chain.add(caveat::Actions{{std::string(look_action)}}));
  CHECK_OK(chain.add(caveat::WorkflowId{wanted.workflow_id}));
  if (wanted.space) CHECK_OK(chain.add(caveat::Namespace{*wanted.space}));
  return finish(chain, wanted.at, now);
}

}  // namespace waybill
