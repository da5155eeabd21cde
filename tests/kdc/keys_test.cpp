#include "kdc/keys.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "ticket/hex.h"

namespace waybill::test::keys_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  PrincipalKey fresh = PrincipalKey::random();

  // Right in every field: the second version of somebody's key.
  Fields proof(std::string_view who, std::uint32_t kvno = 2) {
    const RealmDocument::Epoch& epoch = epochs.document().epochs.front();
    const auto possession = prove_possession(fresh, epoch.key, {principal(who), Kvno{kvno}});
    return {{"public_key", to_hex(fresh.public_key().bytes)},
            {"possession", to_hex(*possession)},
            {"epoch", std::to_string(number(epoch.id))}};
  }
  Fields with(const Fields& good, std::string_view name, std::string value) {
    Fields out;
    for (const auto& [key, old] : good.entries()) out.add(key, key == name ? value : old);
    return out;
  }
  Outcome passwd(std::string_view who, const Fields& fields) {
    return ask(who, "passwd", fields).outcome;
  }
  Outcome try_login(const PrincipalKey& key, std::string_view who) {
    return outcome(login(key, who));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_change_of_key, Fixture)

BOOST_AUTO_TEST_CASE(of_a_user_ends_the_old_key_and_every_tgt_until_now) {
  const Told told = ask("carol", "passwd", proof("carol"));
  BOOST_REQUIRE(told.outcome == accepted);
  BOOST_TEST(told.fields().get("kvno") == "2");
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == Errc::revoked);
  BOOST_TEST(try_login(keytab("carol").newest().key, "carol") == Errc::login_failed);
  const auto done = login(fresh, "carol");  // at once, in the same second
  BOOST_REQUIRE(outcome(done) == accepted);
  BOOST_TEST(ask(done->tgt, "self", Fields{}.encode()).fields().get("kvno") == "2");
}

BOOST_AUTO_TEST_CASE(of_a_service_keeps_the_key_before_and_its_tgts) {
  BOOST_TEST(passwd("trigger/orders", proof("trigger/orders")) == accepted);
  BOOST_TEST(try_login(keytab("trigger/orders").newest().key, "trigger/orders") == accepted);
  BOOST_TEST(try_login(fresh, "trigger/orders") == accepted);
  BOOST_TEST(ask("trigger/orders", "self", Fields{}).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(of_a_queue_seals_its_tickets_to_the_new_key) {
  BOOST_TEST(passwd("queue-alice", proof("queue-alice")) == accepted);
  Keytab both(principal("queue-alice"),
              {Kvno{1}, clock.now(), keytab("queue-alice").newest().key.duplicate()});
  both.add({Kvno{2}, clock.now(), fresh.duplicate()});
  const IssuedTicket ticket = workflow_ticket();
  BOOST_TEST(number(SealedTicket::parse(ticket.ticket)->header().kvno) == 2U);
  Audience queue(both, epochs.document());
  BOOST_TEST(outcome(queue.accept(ticket.ticket, clock.now())) == accepted);
  Audience old(keytab("queue-alice"), epochs.document());
  BOOST_TEST(outcome(old.accept(ticket.ticket, clock.now())) == Errc::unknown_kvno);
}

BOOST_AUTO_TEST_CASE(wants_a_login_of_the_last_five_minutes) {
  tgt("carol");
  clock.advance(5min - 1s);
  BOOST_TEST(passwd("carol", with(proof("carol"), "epoch", "x")) == Errc::malformed);
  clock.advance(1s);
  BOOST_TEST(passwd("carol", proof("carol")) == Errc::login_not_fresh);
  forget("carol");
  BOOST_TEST(passwd("carol", proof("carol")) == accepted);
}

BOOST_AUTO_TEST_CASE(wants_a_login_and_no_renewal) {
  const Told renewed = ask("carol", "renew", EvidenceRequest{}.encode());
  BOOST_TEST(ask(renewed.ticket(), "passwd", proof("carol").encode()).outcome ==
             Errc::login_not_fresh);
}

BOOST_AUTO_TEST_CASE(wants_proof_of_that_very_key_for_that_very_name_and_version) {
  const Fields good = proof("carol");
  BOOST_TEST(passwd("carol", proof("dave")) == Errc::possession_unproven);
  BOOST_TEST(passwd("carol", proof("carol", 1)) == Errc::possession_unproven);
  BOOST_TEST(passwd("carol", proof("carol", 3)) == Errc::possession_unproven);
  const std::string stolen = to_hex(keytab("dave").newest().key.public_key().bytes);
  BOOST_TEST(passwd("carol", with(good, "public_key", stolen)) == Errc::possession_unproven);
  BOOST_TEST(passwd("carol", with(good, "possession", std::string(64, '0'))) ==
             Errc::possession_unproven);
  BOOST_TEST(passwd("carol", with(good, "public_key", std::string(64, '0'))) ==
             Errc::possession_unproven);  // of small order
  BOOST_TEST(passwd("carol", with(good, "epoch", "77")) == Errc::unknown_epoch);
  BOOST_TEST(passwd("carol", with(good, "epoch", "4294967297")) == Errc::unknown_epoch);
  BOOST_TEST(passwd("carol", with(good, "possession", "00")) == Errc::malformed);
  BOOST_TEST(passwd("carol", with(good, "public_key", "")) == Errc::malformed);
  BOOST_TEST(passwd("carol", Fields{}) == Errc::malformed);
  BOOST_TEST(try_login(keytab("carol").newest().key, "carol") == accepted);  // nothing changed
  BOOST_TEST(passwd("carol", good) == accepted);
}

BOOST_AUTO_TEST_CASE(is_recorded_with_the_public_half) {
  BOOST_TEST(passwd("carol", proof("carol")) == accepted);
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "passwd");
  BOOST_TEST(record.fields.get("by") == "carol@DEMO.TEST");
  BOOST_TEST(record.fields.get("kvno") == "2");
  BOOST_TEST(record.fields.get("public_key") == to_hex(fresh.public_key().bytes));
}

BOOST_AUTO_TEST_CASE(can_be_made_again_and_again) {
  PrincipalKey current = keytab("archive").newest().key.duplicate();
  for (std::uint32_t kvno = 2; kvno < 6; ++kvno) {
    const auto done = login(current, "archive");
    BOOST_REQUIRE(outcome(done) == accepted);
    fresh = PrincipalKey::random();
    BOOST_TEST(ask(done->tgt, "passwd", proof("archive", kvno).encode()).outcome == accepted);
    current = fresh.duplicate();
  }
  BOOST_TEST(store.view().principal("archive")->keys.size() == 2U);
  BOOST_TEST(number(store.view().principal("archive")->newest().kvno) == 5U);
  BOOST_TEST(try_login(keytab("archive").newest().key, "archive") == Errc::login_failed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(what_a_principal_hears_of_itself, Fixture)

BOOST_AUTO_TEST_CASE(is_its_own_record) {
  const Fields alice = ask("alice", "self", Fields{}).fields();
  BOOST_TEST(alice.get("name") == "alice");
  BOOST_TEST(alice.get("kind") == "user");
  BOOST_TEST(alice.get("kvno") == "1");
  BOOST_TEST(alice.all("queue") == std::vector<std::string>{"queue-alice"});
  BOOST_TEST(ask("operator", "self", Fields{}).fields().all("role") ==
             std::vector<std::string>{"operator"});
  BOOST_TEST(ask("carol", "self", Fields{{"name", "alice"}}).outcome == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::keys_test
