#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/exchange/audience.h"
#include "ticket/wire/limits.h"

namespace waybill::test::evidence_test {
namespace {

const Work work = work_of("invoice-report", "the input");

struct Fixture {
  TestRealm realm;
  IssuedTicket ticket = realm.issue(realm.workflow_body("carol", "queue-alice", work));

  Outcome verify(Bytes wire) {
    const auto evidence = Evidence::decode(wire);
    return evidence ? outcome(evidence->verify_proof(realm.document)) : outcome(evidence);
  }
  // Evidence of the same outer shape with other parts.
  Buffer assemble(Bytes header, Bytes body, const Proof& proof) {
    Writer out;
    out.array(3).bin(header).bin(body);
    proof.write(out);
    return out.take();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(evidence, Fixture)

BOOST_AUTO_TEST_CASE(shows_anybody_what_the_kdc_signed) {
  const auto read = Evidence::decode(ticket.evidence);
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(outcome(read->verify_proof(realm.document)) == accepted);
  BOOST_TEST(read->body.subject.text() == "carol@DEMO.TEST");
  BOOST_TEST(read->header.audience == "queue-alice");
  BOOST_TEST((read->encode() == ticket.evidence));
}

BOOST_AUTO_TEST_CASE(holds_no_secret) {
  const auto find = [&](Bytes secret) {
    const Buffer& evidence = ticket.evidence;
    return std::search(evidence.begin(), evidence.end(), secret.begin(), secret.end()) !=
           evidence.end();
  };
  BOOST_TEST(!find(ticket.session.secret().expose()));
  BOOST_TEST(find(session_commitment(ticket.session)));
  BOOST_TEST((session_commitment(ticket.session) != fixed<32>(ticket.session.secret().expose())));
}

BOOST_AUTO_TEST_CASE(is_refused_with_any_bit_of_it_flipped) {
  for (std::size_t bit = 0; bit < ticket.evidence.size() * 8; ++bit) {
    Buffer wrong = ticket.evidence;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const Outcome what = verify(wrong);
    const bool refused =
        what == Errc::malformed || what == Errc::not_canonical || what == Errc::limit_exceeded ||
        what == Errc::bad_name || what == Errc::bad_version || what == Errc::wrong_kind ||
        what == Errc::wrong_realm || what == Errc::unknown_signer || what == Errc::bad_proof;
    BOOST_TEST(refused, "byte " << bit / 8 << ", bit " << bit % 8 << ": " << what);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_with_parts_of_another_ticket) {
  const auto mine = Evidence::decode(ticket.evidence);
  const IssuedTicket second = realm.issue(realm.workflow_body("dave", "queue-alice", work));
  const auto other = Evidence::decode(second.evidence);
  BOOST_REQUIRE((mine && other));
  const auto mixed = [&](const Evidence& h, const Evidence& b, const Evidence& p) {
    return verify(assemble(h.header_bytes, b.body_bytes, p.proof));
  };
  BOOST_TEST(mixed(*mine, *mine, *mine) == accepted);
  BOOST_TEST(mixed(*other, *mine, *mine) == accepted);  // the headers are the same bytes
  BOOST_TEST(mixed(*mine, *other, *mine) == Errc::bad_proof);
  BOOST_TEST(mixed(*mine, *mine, *other) == Errc::bad_proof);

  TicketHeader to_bob = mine->header;
  to_bob.audience = "queue-bob";
  BOOST_TEST(verify(assemble(to_bob.encode(), mine->body_bytes, mine->proof)) == Errc::bad_proof);
  Body for_bob = mine->body;
  for_bob.audience = realm.principal("queue-bob");
  BOOST_TEST(verify(assemble(to_bob.encode(), for_bob.encode(), mine->proof)) == Errc::bad_proof);
}

// Rules: R4.11, R4.12
BOOST_AUTO_TEST_CASE(is_refused_without_a_proof_or_of_a_tgt) {
  const auto mine = Evidence::decode(ticket.evidence);
  const Buffer bare =
      Writer().array(3).bin(mine->header_bytes).bin(mine->body_bytes).array(0).take();
  BOOST_TEST(verify(bare) == Errc::bad_proof);
  const Pieces tgt = realm.pieces(realm.tgt_body("carol"));
  BOOST_TEST(verify(assemble(tgt.header.encode(), tgt.body.encode(), mine->proof)) ==
             Errc::wrong_kind);
  BOOST_TEST(verify({}) == Errc::malformed);
  BOOST_TEST(verify(Buffer(limits::max_evidence + 1)) == Errc::limit_exceeded);
}

// Rules: R4.13
BOOST_AUTO_TEST_CASE(is_refused_in_another_realm_or_by_another_signer) {
  const auto mine = Evidence::decode(ticket.evidence);
  TestRealm other("OTHER");
  BOOST_TEST(outcome(mine->verify_proof(other.document)) == Errc::wrong_realm);
  TestRealm same_name;
  BOOST_TEST(outcome(mine->verify_proof(same_name.document)) == Errc::bad_proof);
  realm.document.signers.front().id = KeyId{2};
  BOOST_TEST(outcome(mine->verify_proof(realm.document)) == Errc::unknown_signer);
}

// Rules: R4.1
BOOST_AUTO_TEST_CASE(that_names_two_audiences_is_refused_though_it_is_signed) {
  Pieces pieces = realm.pieces(realm.workflow_body("carol", "queue-alice", work));
  pieces.body.audience = realm.principal("queue-bob");
  realm.prove({&pieces, 1}, noon);
  BOOST_TEST(verify(realm.issued(pieces).evidence) == Errc::wrong_audience);
}

BOOST_AUTO_TEST_CASE(says_nothing_of_time) {
  const IssuedTicket old =
      realm.issue(realm.workflow_body("carol", "queue-alice", work, noon - 12h));
  BOOST_TEST(verify(old.evidence) == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::evidence_test
