#include "kdc/as_exchange.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::as_exchange_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;

namespace {

struct Fixture : WholeKdc {
  const PrincipalKey& carols = keytab("carol").newest().key;

  Login start(const PrincipalKey& key, std::string_view name, Time client_time) {
    auto login = Login::start(key, principal(name), epochs.document(), usual, client_time);
    BOOST_REQUIRE(outcome(login) == accepted);
    return *std::move(login);
  }
  Outcome try_login(const PrincipalKey& key, std::string_view name) {
    return outcome(login(key, name));
  }
  void fail(std::string_view name, int times) {
    const PrincipalKey wrong = PrincipalKey::random();
    for (int i = 0; i < times; ++i) BOOST_TEST(try_login(wrong, name) == Errc::login_failed);
  }
  std::string cause() const { return std::string(last_record().fields.get("cause")); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_as_exchange, Fixture)

BOOST_AUTO_TEST_CASE(gives_a_tgt_to_whoever_holds_the_key) {
  const auto done = login(carols, "carol", {2h, 24h});
  BOOST_REQUIRE(outcome(done) == accepted);
  BOOST_TEST((done->kdc == instance));
  BOOST_TEST((done->kdc_time == clock.now()));
  BOOST_TEST((done->tgt.times.issued_at == noon));
  BOOST_TEST((done->tgt.times.run_until == noon + 2h));
  BOOST_TEST((done->tgt.times.renew_until == noon + 24h));
  BOOST_TEST(ask(done->tgt, "self", Fields{}.encode()).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(gives_no_longer_than_the_realm_allows) {
  const auto done = login(carols, "carol", {1000h, 10000h});
  BOOST_REQUIRE(outcome(done) == accepted);
  BOOST_TEST((done->tgt.times.run_until == noon + 8h));
  BOOST_TEST((done->tgt.times.renew_until == noon + 24h * 7));
}

BOOST_AUTO_TEST_CASE(gives_the_usual_life_and_no_renewal_when_nothing_is_wished_for) {
  const auto done = login(carols, "carol", {0s, 0s});
  BOOST_REQUIRE(outcome(done) == accepted);
  BOOST_TEST((done->tgt.times.run_until == noon + 8h));
  BOOST_TEST((done->tgt.times.renew_until == noon + 8h));
}

BOOST_AUTO_TEST_CASE(records_the_login_and_the_ticket_as_outstanding) {
  const std::uint64_t before = records();
  BOOST_TEST(try_login(carols, "carol") == accepted);
  BOOST_TEST(records() == before + 1);
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "login");
  BOOST_TEST(outcome_of(record) == accepted);
  BOOST_TEST(record.fields.get("principal") == "carol@DEMO.TEST");
  const auto id = fixed_from_hex<16>(record.fields.get("ticket"));
  const auto kept = store.view().ticket(*id);
  BOOST_REQUIRE(kept.has_value());
  BOOST_TEST((kept->kind == Kind::tgt));
  BOOST_TEST(kept->body.flags == flags::initial);
}

BOOST_AUTO_TEST_CASE(lets_queues_and_services_log_in_as_well) {
  BOOST_TEST(try_login(keytab("queue-alice").newest().key, "queue-alice") == accepted);
  BOOST_TEST(try_login(keytab("archive").newest().key, "archive") == accepted);
}

BOOST_AUTO_TEST_CASE(takes_either_of_two_live_keys_of_a_service) {
  const PrincipalKey next = PrincipalKey::random();
  change([&](StoreChange& c, Fields&) {
    auto record = c.principal("archive");
    record->add_key(next.public_key(), clock.now());
    c.put_principal(*record);
    return ok();
  });
  BOOST_TEST(try_login(next, "archive") == accepted);
  BOOST_TEST(try_login(keytab("archive").newest().key, "archive") == accepted);
  BOOST_TEST(try_login(PrincipalKey::random(), "archive") == Errc::login_failed);
}

// --- What may not be told apart -------------------------------------------------------------

// Rules: R3.11
BOOST_AUTO_TEST_CASE(answers_every_kind_of_stranger_alike) {
  disable("dave");
  fail("alice", 5);
  const PrincipalKey wrong = PrincipalKey::random();
  struct Try {
    const char* cause;
    const char* name;
    const PrincipalKey& key;
  };
  const Try tries[] = {
      {"wrong_key", "carol", wrong},
      {"unknown", "nobody", wrong},
      {"disabled", "dave", keytab("dave").newest().key},
      {"locked", "alice", keytab("alice").newest().key},
      {"wrong_key", "archive", wrong},
      {"unknown", "krbtgt", wrong},
  };
  std::optional<std::size_t> size;
  for (const Try& one : tries) {
    BOOST_TEST_CONTEXT(one.cause << " " << one.name) {
      Login login = start(one.key, one.name, clock.now());
      const auto reply = as_exchange(parts, login.request());
      BOOST_REQUIRE(outcome(reply) == accepted);  // message 2, for each of them
      BOOST_TEST(reply->size() == size.value_or(reply->size()));
      size = reply->size();
      BOOST_TEST(outcome(login.finish(*reply, clock.now())) == Errc::login_failed);
      const AuditRecord record = last_record();
      BOOST_TEST(outcome_of(record) == Errc::login_failed);
      BOOST_TEST(record.fields.get("cause") == one.cause);
    }
  }
}

BOOST_AUTO_TEST_CASE(shows_a_listener_no_length_that_tells_how_a_login_ended) {
  const std::string longest(128, 'z');
  add(longest, PrincipalKind::user);
  disable("dave");
  struct Try {
    const char* name;
    const PrincipalKey& key;
    Login::Wish wish;
    Seconds off;
    Outcome expect;
  };
  const PrincipalKey wrong = PrincipalKey::random();
  const Try tries[] = {
      {"carol", carols, usual, 0s, accepted},
      {"carol", carols, {1s, 0s}, 0s, accepted},
      {"carol", carols, {1000h, 10000h}, 0s, accepted},
      {"archive", keytab("archive").newest().key, usual, 0s, accepted},
      {longest.c_str(), keytab(longest).newest().key, usual, 0s, accepted},
      {"carol", wrong, usual, 0s, Errc::login_failed},
      {longest.c_str(), wrong, usual, 0s, Errc::login_failed},
      {"nobody", wrong, usual, 0s, Errc::login_failed},
      {"dave", keytab("dave").newest().key, usual, 0s, Errc::login_failed},
      {"carol", carols, usual, 1h, Errc::clock_skew},
  };
  for (const Try& one : tries) {
    auto login = Login::start(one.key, principal(one.name), epochs.document(), one.wish,
                              clock.now() + one.off);
    const auto reply = as_exchange(parts, login->request());
    BOOST_REQUIRE(outcome(reply) == accepted);
    BOOST_TEST(reply->size() == limits::login_reply + 48, one.name);
    BOOST_TEST(outcome(login->finish(*reply, clock.now())) == one.expect);
    const auto again = as_exchange(parts, login->request());  // replayed, for who got a ticket
    BOOST_TEST(again->size() == limits::login_reply + 48, one.name);
  }
}

BOOST_AUTO_TEST_CASE(does_not_know_a_principal_of_another_realm) {
  const auto foreign = Principal::parse("carol@OTHER.TEST");
  auto login = Login::start(carols, *foreign, epochs.document(), usual, clock.now());
  const auto reply = as_exchange(parts, login->request());
  BOOST_REQUIRE(outcome(reply) == accepted);
  BOOST_TEST(outcome(login->finish(*reply, clock.now())) == Errc::login_failed);
}

BOOST_AUTO_TEST_CASE(takes_nobody_for_another_by_a_key_that_is_somebody_s) {
  BOOST_TEST(try_login(keytab("dave").newest().key, "carol") == Errc::login_failed);
}

// --- Replays and clocks ---------------------------------------------------------------------

// Rules: R3.13
BOOST_AUTO_TEST_CASE(issues_no_second_ticket_for_a_message_that_is_sent_again) {
  Login login = start(carols, "carol", clock.now());
  BOOST_TEST(outcome(as_exchange(parts, login.request())) == accepted);
  const auto outstanding = [&] {
    return store.view().tickets_by(TicketIndex::subject, "carol@DEMO.TEST", {}, 100)->size();
  };
  BOOST_TEST(outstanding() == 1U);
  for (const Seconds later : std::initializer_list<Seconds>{0s, 119s, 120s, 1s, 1h}) {
    clock.advance(later);
    const auto reply = as_exchange(parts, login.request());
    BOOST_REQUIRE(outcome(reply) == accepted);
    BOOST_TEST(outcome_of(last_record()) != accepted);
  }
  BOOST_TEST(outstanding() == 1U);
}

struct Skew {
  const char* name;
  Seconds difference;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Skew& row) { return out << row.name; }
};
const Skew skews[] = {
    {"as far ahead as allowed", 120s, accepted},
    {"as far behind as allowed", -120s, accepted},
    {"a second too far ahead", 121s, Errc::clock_skew},
    {"a second too far behind", -121s, Errc::clock_skew},
};

// Rules: R3.12
BOOST_DATA_TEST_CASE(tells_who_holds_the_key_that_the_clock_is_wrong, bdata::make(skews), row) {
  clock.advance(1h);  // into the epoch, so that it was open for the slow clock too
  Login login = start(carols, "carol", clock.now() + row.difference);
  const auto reply = as_exchange(parts, login.request());
  BOOST_REQUIRE(outcome(reply) == accepted);
  BOOST_TEST(outcome(login.finish(*reply, clock.now())) == row.expect);
}

BOOST_AUTO_TEST_CASE(tells_nobody_else_that_the_clock_is_wrong) {
  Login login = start(PrincipalKey::random(), "carol", clock.now() + 1h);
  const auto reply = as_exchange(parts, login.request());
  BOOST_TEST(outcome(login.finish(*reply, clock.now())) == Errc::login_failed);
}

// --- Bad input ------------------------------------------------------------------------------

// Rules: R3.7, R3.8, R3.9, R3.10
BOOST_AUTO_TEST_CASE(refuses_in_clear_what_does_not_decrypt) {
  const Login login = start(carols, "carol", clock.now());
  const LoginEnvelope good = *LoginEnvelope::decode(login.request());
  const std::uint64_t before = records();
  const auto refused = [&](LoginEnvelope envelope) {
    return outcome(as_exchange(parts, envelope.encode()));
  };
  LoginEnvelope envelope = good;
  envelope.realm = *Realm::parse("OTHER.TEST");
  BOOST_TEST(refused(envelope) == Errc::wrong_realm);
  envelope = good;
  envelope.epoch = KeyId{99};
  BOOST_TEST(refused(envelope) == Errc::unknown_epoch);
  for (const std::size_t at : {std::size_t{0}, std::size_t{40}, good.message.size() - 1}) {
    envelope = good;
    envelope.message[at] ^= 1U;
    BOOST_TEST(refused(envelope) == Errc::bad_integrity);
  }
  envelope = good;
  std::ranges::fill(envelope.message, std::uint8_t{0});  // an ephemeral of small order
  BOOST_TEST(refused(envelope) == Errc::bad_integrity);
  envelope.message.resize(95);
  BOOST_TEST(refused(envelope) == Errc::bad_integrity);
  envelope.message.resize(4097);
  BOOST_TEST(refused(envelope) == Errc::limit_exceeded);
  BOOST_TEST(outcome(as_exchange(parts, Buffer{0xc0})) == Errc::not_canonical);
  BOOST_TEST(records() == before);  // anybody can send this: it is not audited
}

BOOST_AUTO_TEST_CASE(does_not_let_a_flood_of_failures_fill_the_audit_log) {
  const std::uint64_t before = records();
  const PrincipalKey wrong = PrincipalKey::random();
  for (std::uint64_t i = 0; i < StrangerBudget::burst + 30; ++i) {
    BOOST_TEST(try_login(wrong, "nobody") == Errc::login_failed);
  }
  BOOST_TEST(records() == before + StrangerBudget::burst);
  clock.advance(1s);
  BOOST_TEST(try_login(wrong, "nobody") == Errc::login_failed);
  BOOST_TEST(last_record().fields.get("left_out") == "30");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::as_exchange_test
