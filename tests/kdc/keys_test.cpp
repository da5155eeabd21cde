#include "kdc/keys.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

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

BOOST_AUTO_TEST_CASE(can_be_made_again_when_the_older_key_is_over_or_retired) {
  PrincipalKey current = keytab("archive").newest().key.duplicate();
  for (std::uint32_t kvno = 2; kvno < 6; ++kvno) {
    const auto done = login(current, "archive");
    BOOST_REQUIRE(outcome(done) == accepted);
    fresh = PrincipalKey::random();
    Fields fields = proof("archive", kvno);
    if (kvno % 2 == 1) fields.add("retire_old", "yes");
    BOOST_TEST(ask(done->tgt, "passwd", fields.encode()).outcome == accepted);
    clock.advance(config.max_renew);
    current = fresh.duplicate();
  }
  BOOST_TEST(number(store.view().principal("archive")->newest().kvno) == 5U);
  BOOST_TEST(try_login(keytab("archive").newest().key, "archive") == Errc::login_failed);
}

BOOST_AUTO_TEST_CASE(is_refused_while_two_keys_are_good) {
  BOOST_TEST(passwd("archive", proof("archive")) == accepted);
  const PrincipalKey second = fresh.duplicate();
  fresh = PrincipalKey::random();
  clock.advance(100s);
  const Told refused = ask("archive", "passwd", proof("archive", 3));
  BOOST_TEST(refused.outcome == Errc::policy_denied);
  BOOST_TEST(refused.detail ==
             "version 1 is good for 604700 seconds yet; say retire_old = yes to "
             "end it now");
  BOOST_TEST(try_login(second, "archive") == accepted);
  BOOST_TEST(try_login(fresh, "archive") == Errc::login_failed);
  BOOST_TEST(passwd("archive", proof("archive", 3).add("retire_old", "no")) == Errc::malformed);
  BOOST_TEST(passwd("archive", proof("archive", 3).add("retire_old", "yes")) == accepted);
  BOOST_TEST(try_login(second, "archive") == Errc::login_failed);
  BOOST_TEST(try_login(fresh, "archive") == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_key_before_the_newest, Fixture)

BOOST_AUTO_TEST_CASE(logs_in_until_nothing_sealed_to_it_can_live) {
  BOOST_TEST(passwd("archive", proof("archive")) == accepted);
  const PrincipalKey& old = keytab("archive").newest().key;
  clock.advance(config.max_renew - 1s);
  BOOST_TEST(try_login(old, "archive") == accepted);
  clock.advance(1s);
  BOOST_TEST(try_login(old, "archive") == Errc::login_failed);
  BOOST_TEST(last_record().fields.get("cause") == "wrong_key");
  BOOST_TEST(try_login(fresh, "archive") == accepted);
}

BOOST_AUTO_TEST_CASE(is_shown_with_its_end) {
  const Told told = ask("archive", "passwd", proof("archive"));
  BOOST_TEST(told.fields().get("older_kvno") == "1");
  BOOST_TEST(told.fields().get("older_until") == "1790604800");
  Fields row = ask("operator", "admin.principal.show", Fields{{"name", "archive"}}).fields();
  BOOST_TEST(row.get("kvno") == "2");
  BOOST_TEST(row.get("older_kvno") == "1");
  clock.advance(config.max_renew);
  forget("operator");
  row = ask("operator", "admin.principal.show", Fields{{"name", "archive"}}).fields();
  BOOST_TEST(!row.has("older_kvno"));
  BOOST_TEST(!row.has("older_until"));
}

BOOST_AUTO_TEST_CASE(is_retired_by_a_word_and_its_tgts_with_it) {
  const Fields retire{{"name", "trigger/orders"}, {"retire_old", "yes"}};
  BOOST_TEST(ask("operator", "admin.principal.rekey", retire).outcome == Errc::not_found);
  BOOST_TEST(passwd("trigger/orders", proof("trigger/orders")) == accepted);
  BOOST_TEST(ask("operator", "admin.principal.rekey", retire).outcome == accepted);
  BOOST_TEST(try_login(keytab("trigger/orders").newest().key, "trigger/orders") ==
             Errc::login_failed);
  BOOST_TEST(ask("trigger/orders", "self", Fields{}).outcome == Errc::revoked);
  const auto again = login(fresh, "trigger/orders");
  BOOST_REQUIRE(outcome(again) == accepted);
  BOOST_TEST(ask(again->tgt, "self", Fields{}.encode()).outcome == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_key_given_by_somebody_else, Fixture)

BOOST_AUTO_TEST_CASE(of_a_user_ends_the_password_that_was_forgotten) {
  tgt("carol");
  const Told told = ask("operator", "admin.principal.rekey", proof("carol").add("name", "carol"));
  BOOST_REQUIRE(told.outcome == accepted);
  BOOST_TEST(told.fields().get("kvno") == "2");
  BOOST_TEST(!told.fields().has("older_kvno"));
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "admin.principal.rekey");
  BOOST_TEST(record.fields.get("by") == "operator@DEMO.TEST");
  BOOST_TEST(record.fields.get("name") == "carol");
  BOOST_TEST(record.fields.get("public_key") == to_hex(fresh.public_key().bytes));
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == Errc::revoked);
  BOOST_TEST(try_login(keytab("carol").newest().key, "carol") == Errc::login_failed);
  BOOST_TEST(try_login(fresh, "carol") == accepted);
}

BOOST_AUTO_TEST_CASE(is_not_ones_own) {
  BOOST_TEST(
      ask("operator", "admin.principal.rekey", proof("operator").add("name", "operator")).outcome ==
      Errc::policy_denied);
}

BOOST_AUTO_TEST_CASE(of_a_queue_comes_from_its_owner_after_a_login) {
  const Fields good = proof("queue-alice").add("name", "queue-alice");
  BOOST_TEST(ask("bob", "admin.queue.rekey", good).outcome == Errc::not_permitted);
  BOOST_TEST(ask("bob", "admin.queue.show", Fields{{"name", "queue-alice"}}).outcome ==
             Errc::not_permitted);
  BOOST_TEST(ask("bob", "admin.queue.show", Fields{{"name", "queue-none"}}).outcome ==
             Errc::not_permitted);
  tgt("alice");
  clock.advance(5min);
  BOOST_TEST(
      ask("alice", "admin.queue.show", Fields{{"name", "queue-alice"}}).fields().get("kvno") ==
      "1");
  BOOST_TEST(ask("alice", "admin.queue.rekey", good).outcome == Errc::login_not_fresh);
  forget("alice");
  BOOST_TEST(ask("alice", "admin.queue.rekey", good).outcome == accepted);
  BOOST_TEST(last_record().fields.get("as") == "owner");
  BOOST_TEST(number(SealedTicket::parse(workflow_ticket().ticket)->header().kvno) == 2U);
}

BOOST_AUTO_TEST_CASE(of_a_queue_comes_from_an_operator_too) {
  BOOST_TEST(
      ask("operator", "admin.queue.rekey", proof("queue-bob").add("name", "queue-bob")).outcome ==
      accepted);
  BOOST_TEST(last_record().fields.get("as") == "operator");
  BOOST_TEST(ask("operator", "admin.queue.rekey", proof("carol").add("name", "carol")).outcome ==
             Errc::queue_unknown);
}

BOOST_AUTO_TEST_CASE(of_a_queue_whose_owner_waits_is_nobodys) {
  add_queue("queue-late", "dave", true);
  BOOST_TEST(
      ask("dave", "admin.queue.rekey", proof("queue-late").add("name", "queue-late")).outcome ==
      Errc::not_permitted);
}

BOOST_AUTO_TEST_CASE(wants_the_proof_of_that_name_and_version_and_a_key_or_a_word) {
  const auto rekey = [&](const Fields& fields) {
    return ask("operator", "admin.principal.rekey", fields).outcome;
  };
  BOOST_TEST(rekey(proof("carol").add("name", "dave")) == Errc::possession_unproven);
  BOOST_TEST(rekey(proof("carol", 3).add("name", "carol")) == Errc::possession_unproven);
  BOOST_TEST(rekey(proof("nobody").add("name", "nobody")) == Errc::principal_unknown);
  BOOST_TEST(rekey({{"name", "carol"}}) == Errc::malformed);
  BOOST_TEST(rekey({{"name", "carol"}, {"epoch", "1"}, {"retire_old", "yes"}}) == Errc::malformed);
  BOOST_TEST(rekey(proof("carol").add("name", "carol").add("role", "operator")) == Errc::malformed);
  BOOST_TEST(rekey(proof("carol").add("name", "carol@OTHER.TEST")) == Errc::wrong_realm);
  BOOST_TEST(number(store.view().principal("carol")->newest().kvno) == 1U);
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
