// Tickets as somebody with keys of his own would like them: the holder of a queue's key can seal
// to himself and to others, and holds real tickets with real proofs. What he cannot do is sign.

#include <functional>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/exchange/audience.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::ticket_forgery_test {
namespace {

const Work work = work_of("invoice-report", "the input");

/// A ticket for queue-alice with a real proof, in pieces, and both queues' verifiers.
struct Fixture {
  TestRealm realm;
  Pieces pieces = proven("queue-alice");
  Audience alice{realm.keytab("queue-alice"), realm.document};
  Audience bob{realm.keytab("queue-bob"), realm.document};

  Pieces proven(std::string_view queue) {
    Pieces made = realm.pieces(realm.workflow_body("carol", queue, work));
    made.body.lineage = {TicketId{1}};
    realm.prove({&made, 1}, noon);
    return made;
  }
  Outcome accept(const Pieces& made) { return outcome(alice.accept(realm.seal(made), noon)); }
};

struct Change {
  const char* name;
  Outcome expect;
  std::function<void(Body&)> change;
  friend std::ostream& operator<<(std::ostream& out, const Change& row) { return out << row.name; }
};

// Every field of the body, changed by as little as can be.
const Change changes[] = {
    {"nothing", accepted, [](Body&) {}},
    {"the id", Errc::bad_proof, [](Body& b) { b.id[15] ^= 1; }},
    {"an ancestor", Errc::bad_proof, [](Body& b) { b.lineage[0][0] ^= 1; }},
    {"no ancestor", Errc::bad_proof, [](Body& b) { b.lineage.clear(); }},
    {"the subject", Errc::bad_proof, [](Body& b) { b.subject = principal_of("carom@DEMO.TEST"); }},
    {"the subject's realm", Errc::bad_proof,
     [](Body& b) { b.subject = principal_of("carol@DEMO.TESU"); }},
    {"another actor", Errc::bad_proof,
     [](Body& b) { b.actors[0] = principal_of("trigger/other@DEMO.TEST"); }},
    {"no actor", Errc::bad_proof, [](Body& b) { b.actors.clear(); }},
    {"the audience", Errc::wrong_audience,
     [](Body& b) { b.audience = principal_of("queue-bob@DEMO.TEST"); }},
    {"the audience's realm", Errc::wrong_audience,
     [](Body& b) { b.audience = principal_of("queue-alice@OTHER"); }},
    {"no work", Errc::bad_proof, [](Body& b) { b.work.reset(); }},
    {"the namespace", Errc::bad_proof, [](Body& b) { b.work->space = "other"; }},
    {"the workflow id", Errc::bad_proof, [](Body& b) { b.work->id = "invoice-report-2"; }},
    {"the workflow type", Errc::bad_proof, [](Body& b) { b.work->type = "payroll"; }},
    {"the input digest", Errc::bad_proof, [](Body& b) { b.work->input[31] ^= 1; }},
    {"one more action", Errc::bad_proof, [](Body& b) { b.actions.emplace_back("invoice:write"); }},
    {"one action less", Errc::bad_proof, [](Body& b) { b.actions.pop_back(); }},
    {"another action", Errc::bad_proof, [](Body& b) { b.actions[0] = "invoice:reap"; }},
    {"actions in another order", Errc::bad_proof,
     [](Body& b) { std::swap(b.actions[0], b.actions[1]); }},
    {"a downstream", Errc::bad_proof,
     [](Body& b) {
       b.downstreams.push_back({"ledger", {}});
     }},
    {"an earlier issue", Errc::bad_proof, [](Body& b) { b.issued_at -= 1s; }},
    {"a later start-by", Errc::bad_proof, [](Body& b) { b.start_by += 1s; }},
    {"a later end", Errc::bad_proof, [](Body& b) { b.run_until += 1s; }},
    {"a later end of renewal", Errc::bad_proof, [](Body& b) { b.renew_until += 1s; }},
    {"a higher feed floor", Errc::bad_proof, [](Body& b) { b.feed_floor += 1; }},
    {"a longer staleness", Errc::bad_proof, [](Body& b) { b.max_staleness += 1s; }},
    {"another audit head", Errc::bad_proof, [](Body& b) { b.audit_head[0] ^= 1; }},
    {"the soft flag", Errc::bad_proof, [](Body& b) { b.flags |= flags::soft_feed; }},
    {"a flag taken off", Errc::bad_proof, [](Body& b) { b.flags = 0; }},
    {"a flag that is not known", Errc::malformed, [](Body& b) { b.flags |= 8; }},
    {"another session commitment", Errc::session_mismatch, [](Body& b) { b.session[0] ^= 1; }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_forged_ticket, Fixture)

BOOST_DATA_TEST_CASE_F(Fixture, is_refused_for_any_change_of_its_body, bdata::make(changes), row) {
  row.change(pieces.body);
  BOOST_TEST(accept(pieces) == row.expect);
}

BOOST_AUTO_TEST_CASE(is_refused_with_any_bit_of_its_plaintext_flipped) {
  const Buffer plain = pieces.plaintext();
  for (std::size_t bit = 0; bit < plain.size() * 8; ++bit) {
    Buffer wrong = plain;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const auto what = outcome(alice.accept(realm.seal_plaintext(pieces.header, wrong), noon));
    const bool refused = what == Errc::malformed || what == Errc::not_canonical ||
                         what == Errc::limit_exceeded || what == Errc::bad_name ||
                         what == Errc::session_mismatch || what == Errc::wrong_audience ||
                         what == Errc::unknown_signer || what == Errc::bad_proof;
    BOOST_TEST(refused, "byte " << bit / 8 << ", bit " << bit % 8 << ": " << what);
  }
}

// Rules: R4.22
BOOST_AUTO_TEST_CASE(with_another_session_key_is_refused) {
  pieces.session = SessionKey::random();
  BOOST_TEST(accept(pieces) == Errc::session_mismatch);
}

BOOST_AUTO_TEST_CASE(with_the_session_key_of_another_ticket_is_refused) {
  // Both tickets are real: their session keys are swapped.
  Pieces other = proven("queue-alice");
  std::swap(pieces.session, other.session);
  BOOST_TEST(accept(pieces) == Errc::session_mismatch);
  BOOST_TEST(accept(other) == Errc::session_mismatch);
}

// Rules: R4.8
BOOST_AUTO_TEST_CASE(without_a_proof_is_refused) {
  pieces.proof.reset();
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(with_the_proof_of_another_ticket_is_refused) {
  pieces.proof = proven("queue-alice").proof;
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
}

// Rules: R4.5
BOOST_AUTO_TEST_CASE(signed_by_the_queue_itself_is_refused) {
  const KdcSigningKey own = KdcSigningKey::random();
  const Digest leaf = batch_leaf(pieces.header.encode(), pieces.body.encode());
  pieces.proof->signature = sign(own, batch_statement(realm.realm(), noon, leaf));
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(that_names_a_signer_of_its_own_is_refused) {
  pieces.header.key = KeyId{2};
  realm.prove({&pieces, 1}, noon);
  BOOST_TEST(accept(pieces) == Errc::unknown_signer);
}

BOOST_AUTO_TEST_CASE(signed_for_another_realm_is_refused) {
  const Digest leaf = batch_leaf(pieces.header.encode(), pieces.body.encode());
  pieces.proof->signature = sign(realm.signer, batch_statement(realm_of("OTHER"), noon, leaf));
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(whose_signature_was_made_for_something_else_is_refused) {
  // A feed head is signed by the same key over another array.
  const Digest leaf = batch_leaf(pieces.header.encode(), pieces.body.encode());
  const Buffer head =
      Writer().array(4).str("feed head").str("DEMO.TEST").time(noon).bin(leaf).take();
  pieces.proof->signature = sign(realm.signer, head);
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(with_another_batch_time_is_refused) {
  pieces.proof->batch_time += 1s;
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(with_a_longer_path_is_refused) {
  pieces.proof->path.emplace_back();
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
  pieces.proof->index = 1;
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
}

// Rules: R4.1
BOOST_AUTO_TEST_CASE(sealed_again_to_another_queue_is_refused) {
  // Whoever opened it can seal the same body and proof to anybody's public key.
  const auto to_bob = [&](bool body_too) {
    Pieces moved = proven("queue-alice");
    moved.header.audience = "queue-bob";
    if (body_too) moved.body.audience = realm.principal("queue-bob");
    return outcome(bob.accept(realm.seal(moved), noon));
  };
  BOOST_TEST(to_bob(false) == Errc::wrong_audience);
  BOOST_TEST(to_bob(true) == Errc::bad_proof);
}

// Rules: R4.10
BOOST_AUTO_TEST_CASE(that_is_a_tgt_with_the_proof_or_booklet_of_another_is_refused) {
  Pieces tgt = realm.pieces(realm.tgt_body("carol"));
  const auto open = [&] {
    return outcome(SealedTicket::parse(realm.seal(tgt))->open(realm.tgt_key));
  };
  BOOST_TEST(open() == accepted);
  tgt.booklet.push_back({Buffer(10), SessionKey::random()});
  BOOST_TEST(open() == Errc::malformed);
  tgt.booklet.clear();
  tgt.proof = pieces.proof;
  BOOST_TEST(open() == Errc::malformed);
}

BOOST_AUTO_TEST_CASE(sealed_again_under_another_rolling_key_is_refused) {
  realm.rolling = RollingKey::random();
  pieces.header.rolling = realm.rolling.public_key();
  BOOST_TEST(accept(pieces) == Errc::bad_proof);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_proof_of_a_ticket, Fixture)

BOOST_AUTO_TEST_CASE(holds_in_a_batch_of_any_size_and_at_its_own_place_alone) {
  for (const std::size_t size : {1U, 2U, 3U, 8U, 9U, 33U}) {
    std::vector<Pieces> batch;
    for (std::size_t i = 0; i < size; ++i) {
      batch.push_back(realm.pieces(realm.workflow_body("carol", "queue-alice", work)));
    }
    realm.prove(batch, noon);
    for (std::size_t i = 0; i < size; ++i) {
      BOOST_TEST(accept(batch[i]) == accepted, i << " of " << size);
      if (size == 1) continue;
      std::swap(batch[i].proof, batch[(i + 1) % size].proof);
      BOOST_TEST(accept(batch[i]) == Errc::bad_proof, i << " of " << size);
      std::swap(batch[i].proof, batch[(i + 1) % size].proof);
    }
  }
}

// Rules: R4.4
BOOST_AUTO_TEST_CASE(holds_while_its_signing_key_could_sign) {
  // The signer may sign from noon to an hour later; the ticket is looked at right after its issue.
  realm.document.signers.front().from = noon;
  realm.document.signers.front().until = noon + 1h;
  Audience verifier(realm.keytab("queue-alice"), realm.document);
  const auto signed_at = [&](Time when) {
    Pieces made = realm.pieces(realm.workflow_body("carol", "queue-alice", work, when));
    realm.prove({&made, 1}, when);
    return outcome(verifier.accept(realm.seal(made), when));
  };
  BOOST_TEST(signed_at(noon - 1s) == Errc::unknown_signer);
  BOOST_TEST(signed_at(noon) == accepted);
  BOOST_TEST(signed_at(noon + 1h - 1s) == accepted);
  BOOST_TEST(signed_at(noon + 1h) == Errc::unknown_signer);
}

namespace {

struct Dates {
  const char* name;
  Seconds signed_after_issue;
  Seconds life;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Dates& row) { return out << row.name; }
};

const Dates dates[] = {
    {"signed at once, for an hour", 0s, 1h, accepted},
    {"signed 17 minutes later", 17min, 1h, accepted},
    {"signed 17 minutes before", -17min, 1h, accepted},
    {"signed a second later than that", 17min + 1s, 1h, Errc::bad_proof},
    {"signed a second earlier than that", -17min - 1s, 1h, Errc::bad_proof},
    {"signed a day later", 24h, 1h, Errc::bad_proof},
    {"for 31 days", 0s, 31 * 24h, accepted},
    {"for a second longer", 0s, 31 * 24h + 1s, Errc::bad_proof},
};

}  // namespace

// Rules: R4.6, R4.7
BOOST_DATA_TEST_CASE_F(Fixture, holds_for_a_body_of_its_time_and_of_a_bounded_life,
                       bdata::make(dates), row) {
  // Otherwise a key that has retired could mint for ever: the batch time is the signer's own word.
  Body body = realm.workflow_body("carol", "queue-alice", work);
  body.run_until = noon + row.life;
  Pieces made = realm.pieces(std::move(body));
  realm.prove({&made, 1}, noon + row.signed_after_issue);
  BOOST_TEST(accept(made) == row.expect);
  const auto evidence = Evidence::decode(realm.issued(made).evidence);
  BOOST_REQUIRE(bool(evidence));
  BOOST_TEST(outcome(evidence->verify_proof(realm.document)) == row.expect);
}

BOOST_AUTO_TEST_CASE(made_in_time_holds_after_the_key_has_retired) {
  realm.document.signers.front().until = noon + 1s;
  Audience verifier(realm.keytab("queue-alice"), realm.document);
  BOOST_TEST(outcome(verifier.accept(realm.seal(pieces), noon + 30min)) == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::ticket_forgery_test
