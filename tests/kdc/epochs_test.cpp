#include "kdc/epochs.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/test_kdc.h"
#include "ticket/exchange/client.h"

namespace waybill::test::epochs_test {

using namespace waybill::kdc;

namespace {

constexpr Seconds year = 24h * 365;

struct Fixture : TestKdc {
  IssuedTicket tgt() { return *std::move(issuer.commit(order(body("carol", "krbtgt")))->ticket); }
  static LiveKey key_of(const Keytab& keytab, std::uint32_t kvno = 1) {
    return {Kvno{kvno}, keytab.newest().key.public_key(), noon};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_epochs_of_a_realm, Fixture)

BOOST_AUTO_TEST_CASE(are_two_published_ahead_in_a_document_that_the_root_key_signed) {
  const auto parsed = RealmDocument::parse(epochs.signed_document(), realm(), root.public_key());
  BOOST_REQUIRE(outcome(parsed) == accepted);
  BOOST_TEST(parsed->epochs.size() == 2U);
  BOOST_TEST(parsed->signers.size() == 2U);
  BOOST_TEST(parsed->serial == 1U);
  BOOST_TEST(outcome(RealmDocument::parse(epochs.signed_document(), realm(),
                                          RootKey::random().public_key())) == Errc::realm_invalid);
}

BOOST_AUTO_TEST_CASE(follow_each_other_with_an_overlap_of_a_day) {
  const std::pair<Time, std::uint64_t> rows[] = {{noon, 1},
                                                 {noon + year - 24h - 1s, 1},
                                                 {noon + year - 24h, 2},
                                                 {noon + year, 2},
                                                 {noon + 2 * year - 1s, 2}};
  for (const auto& [when, id] : rows) {
    BOOST_TEST(number(epochs.tgt_epoch(when)) == id);
    BOOST_TEST(number(epochs.signer(when)) == id);
  }
  for (const Time when : {noon - 121s, noon + 2 * year}) {
    BOOST_CHECK_THROW(epochs.tgt_epoch(when), StoreUnusable);
    BOOST_CHECK_THROW(epochs.signer(when), StoreUnusable);
  }
}

BOOST_AUTO_TEST_CASE(answer_a_login_in_their_time_and_a_skew_around_it) {
  const auto is_open = [&](std::uint32_t id, Time when) {
    return outcome(epochs.responder(KeyId{id}, when));
  };
  BOOST_TEST(is_open(1, noon) == accepted);
  BOOST_TEST(is_open(1, noon + year + 119s) == accepted);
  BOOST_TEST(is_open(1, noon + year + 120s) == Errc::unknown_epoch);
  BOOST_TEST(is_open(2, noon) == Errc::unknown_epoch);
  BOOST_TEST(is_open(2, noon + year - 24h - 120s) == accepted);
  BOOST_TEST(is_open(3, noon) == Errc::unknown_epoch);
  BOOST_TEST(is_open(0, noon) == Errc::unknown_epoch);
}

BOOST_AUTO_TEST_CASE(answer_with_a_noise_key_that_only_a_client_of_this_realm_can_use) {
  const PrincipalKey key = PrincipalKey::random();
  const auto login =
      Login::start(key, principal("carol"), epochs.document(), {8h, 24h}, clock.now());
  BOOST_REQUIRE(outcome(login) == accepted);
  const LoginEnvelope envelope = *LoginEnvelope::decode(login->request());
  auto responder = *epochs.responder(envelope.epoch, clock.now());
  const auto payload = responder.read(envelope.message);
  BOOST_REQUIRE(outcome(payload) == accepted);
  BOOST_TEST((responder.initiator() == key.public_key().bytes));
  BOOST_TEST((LoginRequest::decode(*payload)->principal == principal("carol")));
  const TestKdc other;
  auto stranger = *other.epochs.responder(envelope.epoch, clock.now());
  BOOST_TEST(outcome(stranger.read(envelope.message)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(expect_the_proof_that_the_holder_of_a_key_makes) {
  const PrincipalKey key = PrincipalKey::random();
  const Principal carol = principal("carol");
  const RealmDocument::Epoch& epoch = *epochs.document().epoch_at(clock.now());
  const auto proof = prove_possession(key, epoch.key, {carol, Kvno{1}});
  const auto expected = [&](const KeyClaim& claim) {
    return epochs.expected_possession(epoch.id, key.public_key(), claim, clock.now());
  };
  BOOST_TEST((*expected({carol, Kvno{1}}) == *proof));
  BOOST_TEST((*expected({carol, Kvno{2}}) != *proof));
  BOOST_TEST((*expected({principal("dave"), Kvno{1}}) != *proof));
  BOOST_TEST(outcome(epochs.expected_possession(KeyId{2}, key.public_key(), {carol, Kvno{1}},
                                                clock.now())) == Errc::unknown_epoch);
  BOOST_TEST(outcome(epochs.expected_possession(epoch.id, PrincipalPublic{}, {carol, Kvno{1}},
                                                clock.now())) == Errc::possession_unproven);
}

BOOST_AUTO_TEST_CASE(open_the_tgt_that_they_sealed_and_no_other) {
  const IssuedTicket mine = tgt();
  const auto opened = epochs.open_tgt(*SealedTicket::parse(mine.ticket));
  BOOST_REQUIRE(outcome(opened) == accepted);
  BOOST_TEST((opened->session() == mine.session));
  BOOST_TEST((opened->body().subject == principal("carol")));

  Fixture other;
  BOOST_TEST(outcome(other.epochs.open_tgt(*SealedTicket::parse(mine.ticket))) ==
             Errc::bad_integrity);
  Buffer flipped = mine.ticket;
  flipped.back() ^= 1U;
  BOOST_TEST(outcome(epochs.open_tgt(*SealedTicket::parse(flipped))) == Errc::bad_integrity);

  const auto with_header = [&](TicketHeader header) {
    const SessionKey session = SessionKey::random();
    Body forged = body("carol", "krbtgt");
    forged.session = session_commitment(session);
    const Buffer wire = waybill::seal_tgt({std::move(header), forged}, session, TgtKey::random());
    return outcome(epochs.open_tgt(*SealedTicket::parse(wire)));
  };
  BOOST_TEST(with_header({Kind::tgt, realm(), "krbtgt", {}, KeyId{1}, {}}) == Errc::bad_integrity);
  BOOST_TEST(with_header({Kind::tgt, realm(), "krbtgt", {}, KeyId{7}, {}}) == Errc::unknown_epoch);
  BOOST_TEST(with_header({Kind::tgt, *Realm::parse("OTHER.TEST"), "krbtgt", {}, KeyId{1}, {}}) ==
             Errc::wrong_realm);
}

BOOST_AUTO_TEST_CASE(do_not_take_a_service_ticket_for_a_tgt) {
  add_principal("archive");
  const auto issued = issuer.commit(order(body("carol", "archive")));
  BOOST_TEST(outcome(epochs.open_tgt(*SealedTicket::parse(issued->ticket->ticket))) ==
             Errc::wrong_kind);
}

BOOST_AUTO_TEST_CASE(refuse_to_load_when_a_key_is_not_the_published_one) {
  for (const char* name : {"epoch/1", "signer/2", "tgt/1"}) {
    TestKdc broken;
    BOOST_TEST(broken.change([&](StoreChange& c, Fields&) {
      if (std::string_view(name).starts_with("tgt"))
        c.erase_secret(name);
      else
        c.put_secret(name, random_bytes<32>());
      return ok();
    }) == accepted);
    BOOST_CHECK_THROW(Epochs{broken.store}, std::runtime_error);
  }
}

BOOST_AUTO_TEST_CASE(refuse_to_load_from_a_store_without_a_realm) {
  const Scratch empty;
  const Store nothing(empty / "store", MasterKey::random(), small_store(false));
  BOOST_CHECK_THROW(Epochs{nothing}, StoreUnusable);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_rolling_key, Fixture)

BOOST_AUTO_TEST_CASE(seals_to_one_audience_for_less_than_a_minute) {
  const LiveKey key = key_of(add_principal("archive"));
  const auto at = [&](Time now) { return epochs.sealing_for("archive", key, now)->rolling; };
  const RollingPublic first = at(noon);
  BOOST_TEST((at(noon) == first));
  BOOST_TEST((at(noon + 59s) == first));
  const RollingPublic second = at(noon + 60s);
  BOOST_TEST((second != first));
  BOOST_TEST((at(noon + 119s) == second));
  BOOST_TEST((at(noon + 120s) != second));
}

BOOST_AUTO_TEST_CASE(is_not_used_on_when_the_clock_is_set_back) {
  const LiveKey key = key_of(add_principal("archive"));
  const RollingPublic first = epochs.sealing_for("archive", key, noon)->rolling;
  BOOST_TEST((epochs.sealing_for("archive", key, noon - 1s)->rolling != first));
}

BOOST_AUTO_TEST_CASE(is_fresh_after_a_million_uses) {
  const LiveKey key = key_of(add_principal("archive"));
  const RollingPublic first = epochs.sealing_for("archive", key, noon)->rolling;
  for (std::uint64_t use = 1; use < limits::rolling_key_uses; ++use) {
    if (epochs.sealing_for("archive", key, noon)->rolling != first) BOOST_FAIL("fresh too early");
  }
  BOOST_TEST((epochs.sealing_for("archive", key, noon)->rolling != first));
}

BOOST_AUTO_TEST_CASE(belongs_to_one_audience_and_one_of_its_keys) {
  const LiveKey archive = key_of(add_principal("archive"));
  const LiveKey ledger = key_of(add_principal("ledger"));
  const auto first = epochs.sealing_for("archive", archive, noon);
  BOOST_TEST((epochs.sealing_for("ledger", ledger, noon)->rolling != first->rolling));
  LiveKey next = key_of(add_principal("archive"));
  next.kvno = Kvno{2};
  BOOST_TEST((epochs.sealing_for("archive", next, noon)->rolling != first->rolling));
}

BOOST_AUTO_TEST_CASE(is_forgotten_when_its_time_is_over_though_nobody_asks) {
  const LiveKey key = key_of(add_principal("archive"));
  std::weak_ptr<const PairwiseKey> pairwise = epochs.sealing_for("archive", key, noon)->key;
  epochs.erase_expired(noon + 59s);
  BOOST_TEST(!pairwise.expired());
  epochs.erase_expired(noon + 60s);
  BOOST_TEST(pairwise.expired());
}

BOOST_AUTO_TEST_CASE(is_not_made_for_a_key_of_small_order) {
  const LiveKey zero{Kvno{1}, PrincipalPublic{}, noon};
  BOOST_TEST(outcome(epochs.sealing_for("archive", zero, noon)) == Errc::service_unknown);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::epochs_test
