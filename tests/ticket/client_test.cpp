#include "ticket/exchange/client.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"

namespace waybill::test::client_test {
namespace {

/// A user, and a KDC that answers by hand.
struct Fixture {
  TestRealm realm;
  Principal carol = realm.principal("carol");
  Login::Wish wish{8h, 7 * 24h};

  Result<Login> start(Time now = noon) {
    return Login::start(realm.key("carol"), carol, realm.document, wish, now);
  }
  noise::Responder kdc(KeyId epoch_id = KeyId{1}) {
    return noise::Responder(realm.epoch.secret().duplicate(),
                            login_prologue(realm.realm(), epoch_id));
  }
  LoginReply grant(Time kdc_time = noon) {
    return {{}, kdc_time, InstanceId{6}, realm.tgt(realm.tgt_body("carol"))};
  }
  Outcome finish_with(const LoginReply& reply, Time now = noon) {
    auto login = start();
    auto responder = kdc();
    const auto envelope = LoginEnvelope::decode(login->request());
    if (!responder.read(envelope->message)) return Errc::internal;
    return outcome(login->finish(*responder.write(reply.encode()), now));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_login, Fixture)

BOOST_AUTO_TEST_CASE(asks_for_what_is_wished_and_proves_the_key) {
  const auto login = start();
  BOOST_REQUIRE(bool(login));
  const auto envelope = LoginEnvelope::decode(login->request());
  BOOST_REQUIRE(bool(envelope));
  BOOST_TEST(envelope->realm.text() == "DEMO.TEST");
  BOOST_TEST(number(envelope->epoch) == 1U);
  auto responder = kdc();
  const auto payload = responder.read(envelope->message);
  BOOST_REQUIRE(bool(payload));
  BOOST_TEST((responder.initiator() == realm.key("carol").public_key().bytes));
  const auto request = LoginRequest::decode(*payload);
  BOOST_REQUIRE(bool(request));
  BOOST_TEST((request->principal == carol));
  BOOST_TEST((request->life == wish.life && request->renewable == wish.renewable));
  BOOST_TEST((request->time == noon));
}

BOOST_AUTO_TEST_CASE(shows_a_tgt_of_before_for_nothing_but_a_login) {
  BOOST_TEST(start()->request().size() < 300U);  // none is there
  const IssuedTicket before = realm.tgt(realm.tgt_body("carol", noon - 24h));
  wish.earlier = &before;
  const auto login = start();
  BOOST_REQUIRE(bool(login));
  auto responder = kdc();
  const auto payload = responder.read(LoginEnvelope::decode(login->request())->message);
  BOOST_REQUIRE(bool(payload));
  const auto shown = Presentation::parse(LoginRequest::decode(*payload)->earlier);
  BOOST_REQUIRE(bool(shown));
  BOOST_TEST((copy_of(shown->ticket()) == before.ticket));
  BOOST_TEST(shown->caveats().empty());
  BOOST_TEST(outcome(shown->check(before.session)) == accepted);
  BOOST_TEST((shown->authenticator().addressee == realm.krbtgt()));
  BOOST_TEST(!shown->authenticator().instance.has_value());
  BOOST_TEST((shown->authenticator().request == earlier_digest(realm.realm(), KeyId{1})));
  BOOST_TEST((earlier_digest(realm.realm(), KeyId{1}) != earlier_digest(realm.realm(), KeyId{2})));
}

BOOST_AUTO_TEST_CASE(ends_with_the_ticket_that_the_kdc_gave) {
  auto login = start();
  auto responder = kdc();
  BOOST_REQUIRE(bool(responder.read(LoginEnvelope::decode(login->request())->message)));
  const LoginReply reply = grant();
  const auto done = login->finish(*responder.write(reply.encode()), noon);
  BOOST_REQUIRE(bool(done));
  BOOST_TEST((done->tgt.ticket == reply.tgt->ticket));
  BOOST_TEST((done->tgt.session == reply.tgt->session));
  BOOST_TEST((done->kdc == InstanceId{6}));
  BOOST_TEST((done->kdc_time == noon));
}

BOOST_AUTO_TEST_CASE(says_why_the_kdc_refused) {
  BOOST_TEST(finish_with({Errc::login_failed, noon, InstanceId{}, {}}) == Errc::login_failed);
  BOOST_TEST(finish_with({Errc::clock_skew, noon, InstanceId{}, {}}) == Errc::clock_skew);
}

// Rules: R3.6
BOOST_AUTO_TEST_CASE(notices_a_clock_that_is_more_than_the_skew_away) {
  BOOST_TEST(finish_with(grant(noon - 121s)) == Errc::clock_skew);
  BOOST_TEST(finish_with(grant(noon - 120s)) == accepted);
  BOOST_TEST(finish_with(grant(noon + 120s)) == accepted);
  BOOST_TEST(finish_with(grant(noon + 121s)) == Errc::clock_skew);
}

// Rules: R3.4
BOOST_AUTO_TEST_CASE(believes_no_answer_but_that_of_the_realms_kdc) {
  auto login = start();
  BOOST_TEST(outcome(login->finish({}, noon)) == Errc::bad_integrity);
  BOOST_TEST(outcome(start()->finish(Buffer(200), noon)) == Errc::bad_integrity);

  // An impostor whose key is not the epoch's cannot even read the request.
  noise::Responder impostor(EpochKey::random().secret().duplicate(),
                            login_prologue(realm.realm(), KeyId{1}));
  const auto envelope = LoginEnvelope::decode(start()->request());
  BOOST_TEST(outcome(impostor.read(envelope->message)) == Errc::bad_integrity);
  // Nor can the KDC be brought to believe that it was for another epoch.
  BOOST_TEST(outcome(kdc(KeyId{2}).read(envelope->message)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(refuses_the_answer_to_another_login) {
  auto first = start(), second = start();
  auto responder = kdc();
  BOOST_REQUIRE(bool(responder.read(LoginEnvelope::decode(first->request())->message)));
  const Buffer reply = *responder.write(grant().encode());
  BOOST_TEST(outcome(second->finish(reply, noon)) == Errc::bad_integrity);
}

// Rules: R3.3
BOOST_AUTO_TEST_CASE(needs_an_open_epoch) {
  BOOST_TEST(outcome(start(noon - 25h)) == Errc::unknown_epoch);
  BOOST_TEST(outcome(start(noon + 30 * 24h)) == Errc::unknown_epoch);
  realm.document.epochs.clear();
  BOOST_TEST(outcome(start()) == Errc::unknown_epoch);
}

BOOST_AUTO_TEST_CASE(refuses_an_epoch_key_of_small_order) {
  realm.document.epochs.front().key = EpochPublic{};
  BOOST_TEST(outcome(start()) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(what_a_client_presents, Fixture)

BOOST_AUTO_TEST_CASE(to_a_trigger_is_a_complete_delegation) {
  const IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  const Principal trigger = realm.principal("trigger/orders");
  const Digest input = input_digest(bytes_of("the input"));
  const Delegation wanted{trigger, "queue-alice", "invoice-report", {"invoice:read"}, input,
                          {},      "invoice-1",   noon + 10min};
  const auto read = Presentation::parse(*delegate(tgt, wanted, noon));
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(outcome(read->check(tgt.session)) == accepted);
  BOOST_TEST(outcome(check_delegation(read->caveats())) == accepted);
  BOOST_TEST((read->authenticator().addressee == trigger));
  BOOST_TEST(!read->authenticator().instance.has_value());
  BOOST_TEST((read->authenticator().request == input));

  CaveatRequest request{noon + 1min,
                        trigger,
                        "queue-alice",
                        "invoice-report",
                        "invoice-1",
                        input,
                        std::vector<std::string>{"invoice:read"},
                        std::vector<Downstream>{}};
  BOOST_TEST(outcome(check_caveats(read->caveats(), request)) == accepted);
  request.now = noon + 10min;
  BOOST_TEST(outcome(check_caveats(read->caveats(), request)) == Errc::caveat_expired);
  request.now = noon;
  request.workflow_id = "invoice-2";
  BOOST_TEST(outcome(check_caveats(read->caveats(), request)) == Errc::caveat_workflow);
  request.workflow_id = "invoice-1";
  request.downstreams->push_back({"ledger", {}});
  BOOST_TEST(outcome(check_caveats(read->caveats(), request)) == Errc::caveat_downstream);

  const auto again = Presentation::parse(*delegate(tgt, wanted, noon));
  BOOST_TEST((again->tag() != read->tag()));
}

BOOST_AUTO_TEST_CASE(to_a_trigger_names_the_namespace_where_it_is_known) {
  const IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  Delegation wanted{realm.principal("trigger/orders"),
                    "queue-alice",
                    "invoice-report",
                    {"invoice:read"},
                    Digest{},
                    {},
                    std::nullopt,
                    noon + 10min};
  const auto spaces_of = [&] {
    std::vector<std::string> spaces;
    const auto read = Presentation::parse(*delegate(tgt, wanted, noon));
    BOOST_REQUIRE(bool(read));
    for (const Caveat& caveat : read->caveats()) {
      if (const auto* space = std::get_if<caveat::Namespace>(&caveat)) {
        spaces.push_back(space->name);
      }
    }
    return spaces;
  };
  BOOST_TEST(spaces_of().empty());
  wanted.space = "default";
  BOOST_TEST((spaces_of() == std::vector<std::string>{"default"}));
}

BOOST_AUTO_TEST_CASE(to_a_trigger_is_nothing_that_would_be_refused_for_its_size) {
  const IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  Delegation wanted{realm.principal("trigger/orders"),
                    "queue-alice",
                    "invoice-report",
                    {},
                    Digest{},
                    {},
                    std::nullopt,
                    noon + 10min};
  wanted.actions.assign(15, std::string(128, 'a'));
  const auto most = delegate(tgt, wanted, noon);
  BOOST_REQUIRE(outcome(most) == accepted);
  BOOST_TEST(outcome(Presentation::parse(*most)) == accepted);
  wanted.actions.assign(16, std::string(128, 'a'));
  BOOST_TEST(outcome(delegate(tgt, wanted, noon)) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(to_a_service_is_for_one_request) {
  const IssuedTicket ticket = realm.issue(realm.service_body("carol", "trigger/orders"));
  const Principal service = realm.principal("trigger/orders");
  const Digest request = request_digest({bytes_of("GET"), bytes_of("/v1/workflows/x")});
  const auto read = Presentation::parse(present(ticket, {service, InstanceId{2}, request}, noon));
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(read->caveats().empty());
  BOOST_TEST(outcome(read->check(ticket.session)) == accepted);
  const InstanceId instance{2};
  BOOST_TEST(outcome(check_authenticator(read->authenticator(),
                                         {service, instance, noon, request})) == accepted);
  const auto again = Presentation::parse(present(ticket, {service, instance, request}, noon));
  BOOST_TEST((again->authenticator().nonce != read->authenticator().nonce));
}

BOOST_AUTO_TEST_CASE(to_see_a_payload_is_good_for_that_work_and_nothing_else) {
  const IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  const Principal trigger = realm.principal("trigger/orders");
  Look wanted{{trigger, InstanceId{2}, Digest{3}}, "invoice-1", std::nullopt};
  const auto read = Presentation::parse(*present_look(tgt, wanted, noon));
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(outcome(read->check(tgt.session)) == accepted);
  BOOST_TEST(outcome(check_authenticator(read->authenticator(),
                                         {trigger, InstanceId{2}, noon, Digest{3}})) == accepted);
  CaveatRequest request{noon, trigger, {}, {}, "invoice-1", {}, {}, {}};
  request.actions = {{std::string(look_action)}};
  BOOST_TEST(outcome(check_caveats(read->caveats(), request)) == accepted);
  request.workflow_id = "invoice-2";
  BOOST_TEST(outcome(check_caveats(read->caveats(), request)) == Errc::caveat_workflow);
  request.workflow_id = "invoice-1";
  request.actions = {{"invoice:read"}};
  BOOST_TEST(outcome(check_caveats(read->caveats(), request)) == Errc::caveat_action);
  BOOST_TEST(outcome(check_delegation(read->caveats())) == Errc::delegation_incomplete);
  BOOST_TEST(!has<caveat::Namespace>(read->caveats()));
  wanted.space = "default";
  const auto in_space = Presentation::parse(*present_look(tgt, wanted, noon));
  BOOST_TEST(has<caveat::Namespace>(in_space->caveats()));
}

BOOST_AUTO_TEST_CASE(to_see_a_payload_names_no_more_than_a_caveat_holds) {
  const IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  const Look wanted{{realm.principal("trigger/orders"), InstanceId{2}, Digest{}},
                    std::string(3000, 'a')};
  BOOST_TEST(outcome(present_look(tgt, wanted, noon)) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::client_test
