#include "ticket/exchange/audience.h"

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "tests/support/vectors.h"

namespace waybill::test::audience_test {
namespace {

const Work work = work_of("invoice-report", "the input");

struct Fixture {
  TestRealm realm;
  Audience alice{realm.keytab("queue-alice"), realm.document};

  Body body() { return realm.workflow_body("carol", "queue-alice", work); }
  Outcome accept(Bytes wire, Time now = noon) { return outcome(alice.accept(wire, now)); }
  Pieces proven() {
    Pieces made = realm.pieces(body());
    realm.prove({&made, 1}, noon);
    return made;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_audience, Fixture)

// Rules: R4.18, R4.19
BOOST_AUTO_TEST_CASE(refuses_what_is_for_another_queue_or_realm) {
  const Buffer for_bob = realm.issue(realm.workflow_body("carol", "queue-bob", work)).ticket;
  BOOST_TEST(accept(for_bob) == Errc::wrong_audience);
  TestRealm other("OTHER");
  BOOST_TEST(accept(other.issue(other.workflow_body("carol", "queue-alice", work)).ticket) ==
             Errc::wrong_realm);
  // Another realm of the same name has other keys: the seal does not open.
  TestRealm same_name;
  BOOST_TEST(
      accept(same_name.issue(same_name.workflow_body("carol", "queue-alice", work)).ticket) ==
      Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(names_the_first_reason_in_the_order_of_checks) {
  // A ticket with every fault; they are mended one after the other, from the first check on.
  Pieces pieces = proven();
  pieces.body.run_until = noon - 1h;  // expired, and no longer what was signed
  pieces.header.kvno = Kvno{9};
  pieces.header.audience = "queue-bob";
  const SessionKey right = pieces.session.duplicate();
  pieces.session = SessionKey::random();
  BOOST_TEST(accept(realm.seal(pieces)) == Errc::wrong_audience);
  pieces.header.audience = "queue-alice";
  BOOST_TEST(accept(realm.seal(pieces)) == Errc::unknown_kvno);
  pieces.header.kvno = Kvno{1};
  Buffer damaged = realm.seal(pieces);
  damaged.back() ^= 1;
  BOOST_TEST(accept(damaged) == Errc::bad_integrity);
  BOOST_TEST(accept(realm.seal(pieces)) == Errc::session_mismatch);
  pieces.session = right.duplicate();
  pieces.header.key = KeyId{9};
  BOOST_TEST(accept(realm.seal(pieces)) == Errc::unknown_signer);
  pieces.header.key = KeyId{1};
  BOOST_TEST(accept(realm.seal(pieces)) == Errc::bad_proof);
  realm.prove({&pieces, 1}, noon);
  BOOST_TEST(accept(realm.seal(pieces)) == Errc::ticket_expired);
}

BOOST_AUTO_TEST_CASE(opens_with_either_of_its_two_key_versions) {
  Keytab keytab = realm.keytab("queue-alice");
  const Buffer old = realm.issue(body()).ticket;

  // The second version: sealed by hand, since the realm knows one key for each name.
  PrincipalKey second = PrincipalKey::random();
  Pieces pieces = realm.pieces(body());
  pieces.header.kvno = Kvno{2};
  realm.prove({&pieces, 1}, noon);
  const auto key = pairwise_key(realm.rolling, second.public_key(), pieces.header);
  const Buffer newer =
      seal_service_ticket({pieces.header, pieces.body}, pieces.session, *pieces.proof, {}, *key);
  BOOST_TEST(accept(newer) == Errc::unknown_kvno);

  keytab.add({Kvno{2}, noon, std::move(second)});
  Audience both(keytab, realm.document);
  BOOST_TEST(outcome(both.accept(old, noon)) == accepted);
  BOOST_TEST(outcome(both.accept(newer, noon)) == accepted);

  keytab.add({Kvno{3}, noon, PrincipalKey::random()});
  Audience later(keytab, realm.document);
  BOOST_TEST(outcome(later.accept(old, noon)) == Errc::unknown_kvno);
  BOOST_TEST(outcome(later.accept(newer, noon)) == accepted);
}

BOOST_AUTO_TEST_CASE(does_not_open_one_version_with_the_key_of_the_other) {
  Keytab keytab = realm.keytab("queue-alice");
  keytab.add({Kvno{2}, noon, PrincipalKey::random()});
  Audience both(keytab, realm.document);
  Pieces pieces = realm.pieces(body());
  pieces.header.kvno = Kvno{2};  // says 2, is sealed to the key of version 1
  realm.prove({&pieces, 1}, noon);
  BOOST_TEST(outcome(both.accept(realm.seal(pieces), noon)) == Errc::bad_integrity);
}

// Rules: R1.15
BOOST_AUTO_TEST_CASE(refuses_a_rolling_key_of_small_order) {
  for (const VectorCase& row : load_vectors("primitives.txt")) {
    if (row.text("kind") != "x25519" || row.expect() == accepted) continue;
    TicketHeader header = realm.pieces(body()).header;
    header.rolling.bytes = row.bytes<32>("peer");
    BOOST_TEST(!pairwise_key(realm.key("queue-alice"), header).has_value(), row);
    Buffer wire = header.encode();
    wire.front() = static_cast<std::uint8_t>(wire.front() + 1);
    const Buffer seal = Writer().bin(Buffer(300)).take();
    wire.insert(wire.end(), seal.begin(), seal.end());
    BOOST_TEST(accept(wire) == Errc::bad_integrity, row);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_audience_with_a_memory, Fixture)

BOOST_AUTO_TEST_CASE(accepts_the_other_tickets_of_a_batch_and_none_that_is_not_in_it) {
  std::vector<Pieces> batch;
  for (int i = 0; i < 8; ++i) batch.push_back(realm.pieces(body()));
  realm.prove(batch, noon);
  BOOST_TEST(accept(realm.seal(batch[0])) == accepted);  // from here on the root is known
  for (const Pieces& pieces : batch) BOOST_TEST(accept(realm.seal(pieces)) == accepted);

  Pieces outsider = realm.pieces(body());
  outsider.proof = batch[0].proof;
  BOOST_TEST(accept(realm.seal(outsider)) == Errc::bad_proof);
  batch[1].proof->index = 2;
  BOOST_TEST(accept(realm.seal(batch[1])) == Errc::bad_proof);
  batch[2].proof->path[0][0] ^= 1;
  BOOST_TEST(accept(realm.seal(batch[2])) == Errc::bad_proof);
  batch[3].proof->signature[63] ^= 1;
  BOOST_TEST(accept(realm.seal(batch[3])) == Errc::bad_proof);
  batch[4].proof->batch_time += 1s;
  BOOST_TEST(accept(realm.seal(batch[4])) == Errc::bad_proof);
  batch[5].body.actions.emplace_back("more");
  BOOST_TEST(accept(realm.seal(batch[5])) == Errc::bad_proof);
  batch[6].header.key = KeyId{2};
  BOOST_TEST(accept(realm.seal(batch[6])) == Errc::unknown_signer);
}

BOOST_AUTO_TEST_CASE(still_looks_at_when_each_ticket_of_the_batch_was_issued) {
  std::vector<Pieces> batch;
  batch.push_back(realm.pieces(body()));
  batch.push_back(realm.pieces(realm.workflow_body("carol", "queue-alice", work, noon - 18min)));
  realm.prove(batch, noon);
  BOOST_TEST(accept(realm.seal(batch[0])) == accepted);
  BOOST_TEST(accept(realm.seal(batch[1])) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(still_looks_at_the_times) {
  const Buffer wire = realm.issue(body()).ticket;
  BOOST_TEST(accept(wire, noon) == accepted);
  BOOST_TEST(accept(wire, noon + 1h) == Errc::ticket_expired);
  BOOST_TEST(accept(wire, noon - 121s) == Errc::not_yet_valid);
  BOOST_TEST(accept(wire, noon) == accepted);
}

BOOST_AUTO_TEST_CASE(remembers_no_root_of_a_ticket_that_it_refused) {
  Pieces pieces = proven();
  pieces.proof->signature[0] ^= 1;
  const Buffer wire = realm.seal(pieces);
  BOOST_TEST(accept(wire) == Errc::bad_proof);
  BOOST_TEST(accept(wire) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(forgets_its_roots_with_the_document_that_they_were_verified_under) {
  const Buffer wire = realm.issue(body()).ticket;
  BOOST_TEST(accept(wire) == accepted);
  RealmDocument without = realm.document;
  without.signers.clear();
  alice.update(without);
  BOOST_TEST(alice.realm()->signers.empty());
  BOOST_TEST(accept(wire) == Errc::unknown_signer);
  RealmDocument other = realm.document;
  other.signers.front().key = KdcSigningKey::random().public_key();
  alice.update(other);
  BOOST_TEST(accept(wire) == Errc::bad_proof);
  alice.update(realm.document);
  BOOST_TEST(accept(wire) == accepted);
}

BOOST_AUTO_TEST_CASE(takes_no_document_that_is_older_or_of_another_realm_id) {
  RealmDocument newer = realm.document;
  newer.serial = 5;
  alice.update(newer);
  BOOST_TEST(alice.realm()->serial == 5U);
  RealmDocument older = realm.document;
  older.serial = 4;
  older.signers.clear();
  alice.update(older);
  BOOST_TEST(alice.realm()->serial == 5U);
  RealmDocument other = newer;
  other.serial = 6;
  other.realm_id[0] ^= 1;
  alice.update(other);
  BOOST_TEST(alice.realm()->serial == 5U);
  BOOST_TEST(accept(realm.issue(body()).ticket) == accepted);
}

BOOST_AUTO_TEST_CASE(keeps_no_place_for_keys_that_opened_nothing) {
  // Strangers can name rolling keys without end; the known ones stay known and nothing is opened.
  const Buffer good = realm.issue(body()).ticket;
  BOOST_TEST(accept(good) == accepted);
  for (int i = 0; i < 50; ++i) {
    Buffer wire = good;
    const std::size_t rolling = realm.pieces(body()).header.encode().size() - 32;
    const auto stranger = RollingKey::random().public_key();
    std::ranges::copy(stranger.bytes, wire.begin() + static_cast<std::ptrdiff_t>(rolling));
    BOOST_TEST(accept(wire) == Errc::bad_integrity);
  }
  BOOST_TEST(accept(good) == accepted);
}

BOOST_AUTO_TEST_CASE(opens_many_rolling_keys_and_each_only_with_its_own) {
  const Buffer first = realm.issue(body()).ticket;
  std::vector<Buffer> tickets;
  for (int i = 0; i < 20; ++i) {
    realm.rolling = RollingKey::random();
    tickets.push_back(realm.issue(body()).ticket);
  }
  for (int round = 0; round < 2; ++round) {
    for (const Buffer& wire : tickets) BOOST_TEST(accept(wire) == accepted);
    BOOST_TEST(accept(first) == accepted);
  }
  // A known rolling key in front of the seal of another.
  const std::size_t header = SealedTicket::parse(first)->header().encode().size();
  Buffer mixed(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(header));
  mixed.insert(mixed.end(), tickets[0].begin() + static_cast<std::ptrdiff_t>(header),
               tickets[0].end());
  BOOST_TEST(accept(mixed) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(serves_many_threads_while_its_document_is_renewed) {
  std::vector<Buffer> tickets;
  for (int i = 0; i < 8; ++i) {
    realm.rolling = RollingKey::random();
    tickets.push_back(realm.issue(body()).ticket);
  }
  std::atomic<int> refused = 0;
  const auto work_through = [&] {
    for (int i = 0; i < 200; ++i) {
      if (!alice.accept(tickets[static_cast<std::size_t>(i) % tickets.size()], noon)) ++refused;
    }
  };
  std::thread one(work_through), two(work_through);
  for (int i = 0; i < 20; ++i) alice.update(realm.document);
  one.join();
  two.join();
  BOOST_TEST(refused == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audience_test
