// Who is slowed down for guessing, and who is not (kdc/as_exchange.cpp, kdc/doorkeeper.h).

#include <boost/test/unit_test.hpp>

#include "kdc/as_exchange.h"
#include "kdc/store_keys.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::login_lock_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  const PrincipalKey& carols = keytab("carol").newest().key;

  Outcome try_login(const PrincipalKey& key, std::string_view name) {
    return outcome(login(key, name));
  }
  void fail(std::string_view name, int times) {
    const PrincipalKey wrong = PrincipalKey::random();
    for (int i = 0; i < times; ++i) BOOST_TEST(try_login(wrong, name) == Errc::login_failed);
  }
  // A login of carol with her key, showing any bytes for an earlier TGT.
  Outcome login_showing(Buffer earlier) {
    const auto* epoch = epochs.document().epoch_at(clock.now());
    noise::Initiator carol(carols.secret().duplicate(), epoch->key.bytes,
                           login_prologue(realm(), epoch->id));
    const LoginRequest request{principal("carol"), 8h, 0s, clock.now(), std::move(earlier)};
    const auto message = carol.write(request.encode());
    const auto reply = as_exchange(parts, LoginEnvelope{realm(), epoch->id, *message}.encode());
    BOOST_REQUIRE(outcome(reply) == accepted);
    const auto answer = LoginReply::decode(*carol.read(*reply));
    BOOST_REQUIRE(bool(answer));
    return answer->refusal ? Outcome(*answer->refusal) : accepted;
  }
  // A presentation of a TGT as login wants it, to be made wrong.
  struct Earlier {
    const IssuedTicket& tgt;
    Authenticator authenticator;
    std::vector<Caveat> caveats{};
    Buffer wire(const SessionKey& session) const {
      CaveatChain chain(tgt.ticket, session);
      BOOST_REQUIRE(bool(chain.add_all(caveats)));
      return chain.finish(authenticator).wire;
    }
    Buffer wire() const { return wire(tgt.session); }
  };
  Earlier earlier(std::string_view name) {
    return {tgt(name),
            {principal("krbtgt"), std::nullopt, clock.now(), random_bytes<16>(),
             earlier_digest(realm(), epochs.document().epoch_at(clock.now())->id)}};
  }
  void lock_out_strangers() {
    for (int i = 0; i < 12; ++i) {
      fail("carol", 1);
      if (i > 3) clock.advance(std::min(Seconds(1U << static_cast<unsigned>(i - 4)), Seconds{60}));
    }
    fail("carol", 1);
    BOOST_TEST(try_login(carols, "carol") == Errc::login_failed);
    BOOST_TEST(cause() == "locked");
  }
  std::string cause() const { return std::string(last_record().fields.get("cause")); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_lock_on_logins, Fixture)

BOOST_AUTO_TEST_CASE(locks_a_user_for_a_second_after_five_failures) {
  fail("carol", 5);
  BOOST_TEST(try_login(carols, "carol") == Errc::login_failed);
  BOOST_TEST(cause() == "locked");
  clock.advance(1s);
  BOOST_TEST(try_login(carols, "carol") == accepted);
}

BOOST_AUTO_TEST_CASE(cannot_be_used_to_lock_out_a_service) {
  fail("trigger/orders", 50);
  BOOST_TEST(try_login(keytab("trigger/orders").newest().key, "trigger/orders") == accepted);
}

BOOST_AUTO_TEST_CASE(does_not_tell_a_guesser_with_a_wrong_clock_that_a_locked_key_was_right) {
  fail("carol", 5);
  auto login = Login::start(carols, principal("carol"), epochs.document(), usual, clock.now() + 1h);
  const auto reply = as_exchange(parts, login->request());
  BOOST_TEST(outcome(login->finish(*reply, clock.now())) == Errc::login_failed);
  BOOST_TEST(cause() == "locked");
}

BOOST_AUTO_TEST_CASE(does_not_forget_failures_because_of_a_recorded_login) {
  const Login recorded =
      *Login::start(carols, principal("carol"), epochs.document(), usual, clock.now());
  BOOST_TEST(outcome(as_exchange(parts, recorded.request())) == accepted);
  fail("carol", 4);
  BOOST_TEST(outcome(as_exchange(parts, recorded.request())) == accepted);
  BOOST_TEST(cause() == "replayed");
  fail("carol", 1);
  BOOST_TEST(try_login(carols, "carol") == Errc::login_failed);
}

// --- Who was here before ----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(lets_in_who_shows_an_earlier_tgt_while_strangers_keep_the_name_locked) {
  const IssuedTicket& before = tgt("carol");
  clock.advance(30 * 24h);  // long over
  lock_out_strangers();
  const auto done = login(carols, "carol", {8h, 0s, &before});
  BOOST_TEST(outcome(done) == accepted);
  BOOST_TEST(try_login(carols, "carol") == Errc::login_failed);  // the others' lock still stands
  BOOST_TEST(cause() == "locked");
}

BOOST_AUTO_TEST_CASE(slows_down_who_guesses_with_an_earlier_tgt_by_a_count_of_its_own) {
  const IssuedTicket& stolen = tgt("carol");
  const auto guess = [&](const PrincipalKey& key) {
    return outcome(login(key, "carol", {8h, 0s, &stolen}));
  };
  for (int i = 0; i < 5; ++i) BOOST_TEST(guess(PrincipalKey::random()) == Errc::login_failed);
  BOOST_TEST(guess(carols) == Errc::login_failed);
  BOOST_TEST(cause() == "locked");
  BOOST_TEST(try_login(carols, "carol") == accepted);  // nobody else is held up by it
  clock.advance(1s);
  BOOST_TEST(guess(carols) == accepted);
}

// Rules: R3.15
BOOST_AUTO_TEST_CASE(takes_for_a_stranger_who_shows_anything_else) {
  const Earlier good = earlier("carol");
  const IssuedTicket revoked = *IssuedTicket::decode(tgt("carol").encode());
  lock_out_strangers();
  const auto with = [&](auto change) {
    Earlier one = earlier("carol");
    change(one);
    return login_showing(one.wire());
  };
  const auto refused = [&](const char* name, Outcome outcome) {
    BOOST_TEST(outcome == Errc::login_failed, name);
    BOOST_TEST(cause() == "locked", name);
  };
  refused("nothing", login_showing({}));
  refused("no presentation", login_showing(Buffer(100, 1)));
  refused("another principal's", login_showing(earlier("dave").wire()));
  refused("without the session key", login_showing(good.wire(SessionKey::random())));
  refused("made for a service",
          with([&](Earlier& e) { e.authenticator.addressee = principal("trigger/orders"); }));
  refused("made for a call", with([&](Earlier& e) { e.authenticator.instance = instance; }));
  refused("for another request", with([](Earlier& e) { e.authenticator.request[31] ^= 1U; }));
  refused("narrowed", with([&](Earlier& e) { e.caveats = {caveat::NotAfter{clock.now() + 1h}}; }));
  refused("a delegation", login_showing(delegation(wish())));
  BOOST_TEST(login_showing(good.wire()) == accepted);
  BOOST_TEST(ask("operator", "revoke", Fields{{"kind", "subject"}, {"value", "carol"}}).outcome ==
             accepted);
  refused("a revoked one", login_showing(Earlier{revoked, good.authenticator}.wire()));
}

BOOST_AUTO_TEST_CASE(forgets_who_was_here_more_than_90_days_ago) {
  const Earlier shown = earlier("carol");
  clock.advance(limits::known_for - 24h);
  lock_out_strangers();
  clock.advance(tgt("carol").times.issued_at + limits::known_for - clock.now());
  fail("carol", 1);
  BOOST_TEST(login_showing(shown.wire()) == accepted);
  clock.advance(1s);
  BOOST_TEST(login_showing(shown.wire()) == Errc::login_failed);
  BOOST_TEST(cause() == "locked");
}

// --- What an operator sees and lifts ----------------------------------------------------------

BOOST_AUTO_TEST_CASE(is_seen_by_an_operator_with_its_end) {
  const auto shown = [&] {
    return ask("operator", "admin.principal.show", Fields{{"name", "carol"}}).fields();
  };
  BOOST_TEST(shown().get("failures") == "0");
  fail("carol", 5);
  const std::string end = std::to_string((clock.now() + 1s).time_since_epoch().count());
  BOOST_TEST(shown().get("failures") == "5");
  BOOST_TEST(shown().get("locked_until") == end);
  BOOST_TEST(!shown().has("known_failures"));
  const auto locked = ask("operator", "admin.principal.list", Fields{{"locked", "yes"}}).page();
  BOOST_TEST_REQUIRE(locked.rows.size() == 1U);
  BOOST_TEST(locked.rows.front().get("name") == "carol");
  clock.advance(1s);
  BOOST_TEST(shown().get("failures") == "5");
  BOOST_TEST(!shown().has("locked_until"));
  BOOST_TEST(
      ask("operator", "admin.principal.list", Fields{{"locked", "yes"}}).page().rows.empty());
  const Fields service =
      ask("operator", "admin.principal.show", Fields{{"name", "archive"}}).fields();
  BOOST_TEST(!service.has("failures"));
}

BOOST_AUTO_TEST_CASE(is_lifted_by_an_operator_for_strangers_and_for_who_was_here) {
  const IssuedTicket& before = tgt("carol");
  const auto known = [&](const PrincipalKey& key) {
    return outcome(login(key, "carol", {8h, 0s, &before}));
  };
  lock_out_strangers();
  for (int i = 0; i < 5; ++i) BOOST_TEST(known(PrincipalKey::random()) == Errc::login_failed);
  BOOST_TEST(known(carols) == Errc::login_failed);
  const Told told = ask("operator", "admin.principal.unlock", Fields{{"name", "carol"}});
  BOOST_TEST_REQUIRE(told.outcome == accepted);
  BOOST_TEST(told.fields().get("lifted") == "yes");
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "admin.principal.unlock");
  BOOST_TEST(record.fields.get("by") == "operator@DEMO.TEST");
  BOOST_TEST(record.fields.get("failures") == "18");
  BOOST_TEST(known(carols) == accepted);
  BOOST_TEST(try_login(carols, "carol") == accepted);
  BOOST_TEST(
      ask("operator", "admin.principal.unlock", Fields{{"name", "carol"}}).fields().get("lifted") ==
      "no");
}

// What comes after the effects fails here because the chain cannot be gone on with.
BOOST_AUTO_TEST_CASE(stands_when_the_record_of_its_end_did_not_become_durable) {
  tgt("operator");
  fail("carol", 5);
  const Fields carol{{"name", "carol"}};
  const auto failures = [&] {
    return std::string(ask("operator", "admin.principal.show", carol).fields().get("failures"));
  };
  const Table audit = store.tables().audit.table;
  const Key last = Key().number(records());
  const Buffer good = copy_of(ReadTxn(store.env()).get(audit, last).value());
  const auto write = [&](Bytes record) {
    WriteTxn txn(store.env());
    txn.put(audit, last, record);
    std::move(txn).commit();
  };
  write(bytes_of("damaged"));
  BOOST_CHECK_THROW(ask("operator", "admin.principal.unlock", carol), RecordDamaged);
  write(good);
  BOOST_TEST(failures() == "5");
  BOOST_TEST(ask("operator", "admin.principal.unlock", carol).outcome == accepted);
  BOOST_TEST(failures() == "0");
}

BOOST_AUTO_TEST_CASE(is_lifted_by_nobody_else_and_for_users_alone) {
  fail("carol", 5);
  const auto unlock = [&](const char* who, const char* name) {
    return ask(who, "admin.principal.unlock", Fields{{"name", name}}).outcome;
  };
  BOOST_TEST(unlock("dave", "carol") == Errc::not_permitted);
  BOOST_TEST(try_login(carols, "carol") == Errc::login_failed);
  BOOST_TEST(unlock("operator", "nobody") == Errc::principal_unknown);
  BOOST_TEST(unlock("operator", "archive") == Errc::wrong_kind);
  BOOST_TEST(unlock("operator", "queue-alice") == Errc::wrong_kind);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::login_lock_test
