#include "kdc/rotation.h"

#include <boost/test/unit_test.hpp>

#include "kdc/realm_request.h"
#include "tests/kdc/test_kdc.h"
#include "ticket/wire/limits.h"

namespace waybill::test::rotation_test {

using namespace waybill::kdc;

namespace {

constexpr Seconds year = 24h * 365;

struct Fixture : TestKdc {
  RealmAtHand at_hand{store, epochs, issuer};

  Outcome rotate_now(std::optional<Seconds> starts_in = {}) {
    return outcome(rotate(at_hand, root, {clock.now(), year, starts_in}));
  }
  Outcome retire_now(std::uint32_t id) {
    return outcome(retire(at_hand, root, KeyId{id}, clock.now()));
  }
  std::vector<std::uint64_t> ids() const {
    std::vector<std::uint64_t> out;
    for (const auto& epoch : epochs.document().epochs) out.push_back(number(epoch.id));
    return out;
  }
  const RealmDocument::Epoch& epoch(std::uint32_t id) const {
    return *epochs.document().epoch(KeyId{id});
  }
  IssuedTicket issue(std::string_view audience = "krbtgt") {
    return *std::move(issuer.commit(order(body("carol", audience)))->ticket);
  }
  Outcome open(const IssuedTicket& tgt) const {
    return outcome(epochs.open_tgt(*SealedTicket::parse(tgt.ticket)));
  }
  bool has(std::string_view name) const { return bool(store.view().secret(name)); }
  bool holds(std::string_view name) const {
    const auto secret = store.view().secret(name);
    return secret && !secret->empty();
  }
  std::vector<std::string> needless() const {
    return needless_secrets(store.view(), epochs.document(), clock.now());
  }
  std::string last_event() const {
    const auto end = Audit::position(store.view()).sequence;
    return AuditRecord::decode(Audit::rows(store.view(), end - 1, 1).front().record)->event;
  }
};

using Ids = std::vector<std::uint64_t>;
using Names = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_rotation_in_turn, Fixture)

BOOST_AUTO_TEST_CASE(publishes_one_more_epoch_that_opens_before_the_newest_one_ends) {
  clock.advance(year - 12h);
  BOOST_TEST(epoch_ahead(epochs.document(), clock.now()) == nullptr);
  const Time end = epoch(2).until;
  BOOST_TEST(rotate_now() == accepted);
  BOOST_TEST((ids() == Ids{1, 2, 3}));
  BOOST_TEST((epoch(3).from == end - 24h));
  BOOST_TEST((epoch(3).until == end + year));
  BOOST_TEST((epoch(2).until == end));
  BOOST_TEST((epoch_ahead(epochs.document(), clock.now())->id == KeyId{3}));
  BOOST_TEST(last_event() == "realm.rotated");
}

BOOST_AUTO_TEST_CASE(makes_a_document_that_clients_take_for_a_newer_one) {
  BOOST_TEST(rotate_now() == accepted);
  const auto parsed = RealmDocument::parse(epochs.signed_document(), realm(), root.public_key());
  BOOST_REQUIRE(outcome(parsed) == accepted);
  BOOST_TEST(parsed->serial == 2U);
  BOOST_TEST((parsed->realm_id == Epochs::stored_document(store.view()).realm_id));
  BOOST_TEST(parsed->signers.size() == 3U);
}

BOOST_AUTO_TEST_CASE(is_refused_under_another_root_key_and_changes_nothing) {
  const Buffer before = epochs.signed_document();
  BOOST_TEST(outcome(rotate(at_hand, RootKey::random(), {clock.now(), year})) ==
             Errc::realm_invalid);
  BOOST_TEST((epochs.signed_document() == before));
  BOOST_TEST(!has("epoch/3"));
}

BOOST_AUTO_TEST_CASE(opens_a_realm_again_whose_epochs_are_all_over) {
  clock.advance(5 * year);
  BOOST_CHECK_THROW(epochs.signer(clock.now()), StoreUnusable);
  BOOST_TEST(rotate_now() == accepted);
  BOOST_TEST((epochs.signer(clock.now()) == KeyId{3}));
  BOOST_TEST((epochs.tgt_epoch(clock.now()) == KeyId{3}));
  BOOST_TEST((ids() == Ids{3, 4}));
  const auto checkpoint = Audit::newest_checkpoint(store.view())->verify(epochs.document());
  BOOST_TEST(outcome(checkpoint) == accepted);
}

BOOST_AUTO_TEST_CASE(is_refused_when_the_document_would_be_too_long) {
  Outcome last = accepted;
  for (int i = 0; i < 62 && last == accepted; ++i) last = rotate_now();
  BOOST_TEST(last == Errc::limit_exceeded);
  BOOST_TEST(epochs.document().epochs.size() <= 64U);
  BOOST_TEST(outcome(RealmDocument::parse(epochs.signed_document(), realm(), root.public_key())) ==
             accepted);
}

BOOST_AUTO_TEST_CASE(is_taken_by_a_process_that_did_not_make_it) {
  Epochs daemons(store);
  BOOST_TEST(!daemons.refresh(store.view()));
  const RealmDocument& before = daemons.document();
  BOOST_TEST(rotate_now() == accepted);
  BOOST_TEST(daemons.document().serial == 1U);
  BOOST_TEST(daemons.refresh(store.view()));
  BOOST_TEST(daemons.document().serial == 2U);
  BOOST_TEST((daemons.signed_document() == epochs.signed_document()));
  BOOST_TEST(before.serial == 1U);  // who still reads the old one may
  BOOST_TEST(!daemons.refresh(store.view()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_early_rotation, Fixture)

BOOST_AUTO_TEST_CASE(opens_new_keys_and_withdraws_what_was_ahead) {
  BOOST_TEST(rotate_now(1h) == accepted);
  const Time start = clock.now() + 1h;
  BOOST_TEST((ids() == Ids{1, 3, 4}));
  BOOST_TEST((epoch(3).from == start));
  BOOST_TEST((epoch(1).until == start + 24h));
  BOOST_TEST(!has("epoch/2"));
  BOOST_TEST(!has("tgt/2"));
  BOOST_TEST(!has("signer/2"));
  BOOST_TEST((epochs.signer(start - 1s) == KeyId{1}));
  BOOST_TEST((epochs.signer(start) == KeyId{3}));
}

BOOST_AUTO_TEST_CASE(refuses_no_ticket_of_the_time_before) {
  add_principal("archive");
  const IssuedTicket tgt = issue();
  const auto evidence = Evidence::decode(issue("archive").evidence);
  BOOST_TEST(rotate_now(1h) == accepted);
  for (const Seconds later : {0s, Seconds(1h), Seconds(23h)}) {
    clock.advance(later);
    BOOST_TEST(open(tgt) == accepted);
    BOOST_TEST(outcome(evidence->verify_proof(epochs.document())) == accepted);
  }
}

BOOST_AUTO_TEST_CASE(leaves_no_gap_behind_what_is_open) {
  BOOST_TEST(rotate_now(10 * year) == accepted);
  for (const auto& epoch : epochs.document().epochs) {
    const Time last = epoch.until - 1s;
    BOOST_TEST(epochs.can_sign(last));
    BOOST_TEST((epochs.document().epoch_at(last) != nullptr));
  }
  BOOST_TEST((epoch(3).from <= epoch(1).until));
}

BOOST_AUTO_TEST_CASE(never_gives_an_id_twice) {
  BOOST_TEST(rotate_now(1h) == accepted);
  BOOST_TEST(rotate_now(1h) == accepted);
  BOOST_TEST((ids() == Ids{1, 5, 6}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(retiring_an_epoch, Fixture)

BOOST_AUTO_TEST_CASE(is_refused_while_no_other_one_is_open) {
  BOOST_TEST(retire_now(1) == Errc::policy_denied);
  BOOST_TEST(retire_now(7) == Errc::unknown_epoch);
  BOOST_TEST(rotate_now(1h) == accepted);
  BOOST_TEST(retire_now(1) == Errc::policy_denied);
  BOOST_TEST(holds("tgt/1"));
}

BOOST_AUTO_TEST_CASE(ends_its_tgts_and_not_the_work_that_it_signed) {
  add_principal("archive");
  const IssuedTicket tgt = issue();
  const auto evidence = Evidence::decode(issue("archive").evidence);
  BOOST_TEST(rotate_now(0s) == accepted);
  BOOST_TEST(retire_now(1) == accepted);
  BOOST_TEST(last_event() == "epoch.retired");
  BOOST_TEST(open(tgt) == Errc::unknown_epoch);
  BOOST_TEST(outcome(epochs.responder(KeyId{1}, clock.now())) == Errc::unknown_epoch);
  BOOST_TEST(outcome(evidence->verify_proof(epochs.document())) == accepted);
  BOOST_TEST(!holds("epoch/1"));
  BOOST_TEST(!holds("tgt/1"));
  BOOST_TEST(open(issue()) == accepted);
  BOOST_TEST(retire_now(1) == Errc::already_ended);
  const Epochs again(store);
  BOOST_TEST(outcome(again.open_tgt(*SealedTicket::parse(tgt.ticket))) == Errc::unknown_epoch);
}

BOOST_AUTO_TEST_CASE(withdraws_one_that_has_not_opened) {
  BOOST_TEST(retire_now(2) == accepted);
  BOOST_TEST((epochs.document().epoch_at(clock.now() + year) == nullptr));
  BOOST_TEST((epoch_ahead(epochs.document(), clock.now()) == nullptr));
  BOOST_TEST(rotate_now() == accepted);
  BOOST_TEST((ids() == Ids{1, 3}));
}

BOOST_AUTO_TEST_CASE(is_refused_under_another_root_key) {
  BOOST_TEST(rotate_now(0s) == accepted);
  BOOST_TEST(outcome(retire(at_hand, RootKey::random(), KeyId{1}, clock.now())) ==
             Errc::realm_invalid);
  BOOST_TEST(holds("tgt/1"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(secrets_of_the_past, Fixture)

BOOST_AUTO_TEST_CASE(are_needed_for_as_long_as_something_of_their_time_lives) {
  clock.advance(year - 1h);  // both epochs are open; TGTs are the second one's
  const IssuedTicket tgt = issue();
  clock.advance(1h + 2 * limits::clock_skew - 1s);
  BOOST_TEST((needless() == Names{}));
  clock.advance(1s);
  BOOST_TEST((needless() == Names{"epoch/1"}));
  clock.advance(22h);  // the TGT can be renewed until then
  BOOST_TEST((needless() == Names{"epoch/1"}));
  clock.advance(1h);
  BOOST_TEST((needless() == Names{"epoch/1", "tgt/1"}));
  clock.advance(30 * 24h + 1h);
  BOOST_TEST((needless() == Names{"epoch/1", "tgt/1", "signer/1"}));
}

BOOST_AUTO_TEST_CASE(stay_while_the_feed_carries_their_signatures) {
  const Time far = clock.now() + 2 * year;
  BOOST_TEST(
      change([&](StoreChange& c, Fields&) {
        c.revoke({RevokedBy::subject, "carol@DEMO.TEST", clock.now(), clock.now(), far, "test"});
        return ok();
      }) == accepted);
  clock.advance(year + 40 * 24h);
  BOOST_TEST((needless() == Names{"epoch/1", "tgt/1"}));
}

BOOST_AUTO_TEST_CASE(are_destroyed_in_a_deed_and_the_realm_loads_without_them) {
  clock.advance(year + 40 * 24h);
  BOOST_TEST(destroy_needless_secrets(at_hand, clock.now()));
  BOOST_TEST(last_event() == "epoch.keys_destroyed");
  for (const char* name : {"epoch/1", "tgt/1", "signer/1"}) {
    BOOST_TEST(has(name));
    BOOST_TEST(!holds(name));
  }
  BOOST_TEST(!destroy_needless_secrets(at_hand, clock.now()));
  const Epochs again(store);
  BOOST_TEST((again.signer(clock.now()) == KeyId{2}));
}

BOOST_AUTO_TEST_CASE(leave_the_document_with_the_next_rotation_and_take_their_checkpoints_along) {
  const auto signers_of_checkpoints = [&] {
    Ids out;
    for (const auto& checkpoint : Audit::checkpoints(store.view())) {
      out.push_back(number(checkpoint.signer));
    }
    return out;
  };
  for (std::uint64_t i = 0; i <= Audit::checkpoint_interval; ++i) {
    issuer.record({"test", std::nullopt, {}});
  }
  clock.advance(year + 40 * 24h);
  issuer.record({"test", std::nullopt, {}});
  BOOST_TEST((signers_of_checkpoints() == Ids{1, 2}));
  BOOST_TEST(rotate_now() == accepted);
  BOOST_TEST((ids() == Ids{2, 3}));
  BOOST_TEST(!has("signer/1"));
  BOOST_TEST((signers_of_checkpoints() == Ids{2}));
  const auto report = Audit::verify(store.view(), epochs.document());
  BOOST_REQUIRE(outcome(report) == accepted);
  BOOST_TEST(!report->fault.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_root_key_on_another_machine, Fixture)

BOOST_AUTO_TEST_CASE(signs_a_request_that_is_then_in_force) {
  const auto wanted = request_document(at_hand, {clock.now(), year, 1h});
  BOOST_REQUIRE(outcome(wanted) == accepted);
  BOOST_TEST(last_event() == "realm.requested");
  BOOST_TEST(epochs.document().serial == 1U);
  const auto carried = decode_request(encode_request(*wanted));
  BOOST_REQUIRE(outcome(carried) == accepted);
  BOOST_TEST(outcome(install_document(at_hand, carried->sign(root), clock.now())) == accepted);
  BOOST_TEST(last_event() == "realm.installed");
  BOOST_TEST((ids() == Ids{1, 3, 4}));
  BOOST_TEST((epochs.signer(clock.now() + 1h) == KeyId{3}));
}

BOOST_AUTO_TEST_CASE(is_not_believed_when_it_is_another_ones) {
  const auto wanted = *request_document(at_hand, {clock.now(), year});
  BOOST_TEST(outcome(install_document(at_hand, wanted.sign(RootKey::random()), clock.now())) ==
             Errc::realm_invalid);
  RealmDocument other = wanted;
  other.realm_id[0] ^= 1U;
  BOOST_TEST(outcome(install_document(at_hand, other.sign(root), clock.now())) ==
             Errc::realm_invalid);
  BOOST_TEST(epochs.document().serial == 1U);
}

BOOST_AUTO_TEST_CASE(cannot_take_the_realm_back) {
  const Buffer first = epochs.signed_document();
  const Buffer second = request_document(at_hand, {clock.now(), year})->sign(root);
  BOOST_TEST(outcome(install_document(at_hand, second, clock.now())) == accepted);
  for (const Buffer& old : {first, second}) {
    BOOST_TEST(outcome(install_document(at_hand, old, clock.now())) == Errc::realm_invalid);
  }
}

BOOST_AUTO_TEST_CASE(cannot_put_keys_in_force_that_this_store_does_not_hold) {
  const auto first = *request_document(at_hand, {clock.now(), year});
  const auto second = *request_document(at_hand, {clock.now(), year});  // takes the place of it
  BOOST_TEST(outcome(install_document(at_hand, first.sign(root), clock.now())) ==
             Errc::unknown_epoch);
  RealmDocument signer = second;
  signer.signers.back().key = KdcSigningKey::random().public_key();
  BOOST_TEST(outcome(install_document(at_hand, signer.sign(root), clock.now())) ==
             Errc::unknown_signer);
  BOOST_TEST(outcome(install_document(at_hand, second.sign(root), clock.now())) == accepted);
}

BOOST_AUTO_TEST_CASE(cannot_close_all_epochs) {
  RealmDocument closed = *request_document(at_hand, {clock.now(), year});
  for (auto& epoch : closed.epochs) epoch.until = clock.now();
  BOOST_TEST(outcome(install_document(at_hand, closed.sign(root), clock.now())) ==
             Errc::realm_invalid);
}

BOOST_AUTO_TEST_CASE(is_asked_in_one_encoding) {
  const Buffer good = encode_request(*request_document(at_hand, {clock.now(), year}));
  BOOST_TEST(outcome(decode_request(good)) == accepted);
  Buffer longer = good;
  longer.push_back(0);
  BOOST_TEST(outcome(decode_request(longer)) != accepted);
  BOOST_TEST(outcome(decode_request(Bytes(good).first(good.size() - 1))) != accepted);
  BOOST_TEST(outcome(decode_request(epochs.signed_document())) != accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::rotation_test
