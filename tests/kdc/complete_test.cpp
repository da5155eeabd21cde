#include <boost/test/unit_test.hpp>

#include "kdc/revoke.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::complete_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  IssuedTicket carols = workflow_ticket();

  Outcome complete(std::string_view who, const IssuedTicket& ticket) {
    return ask(who, "complete", EvidenceRequest{ticket.evidence}.encode()).outcome;
  }
  bool dead(const IssuedTicket& ticket) const { return store.view().revoked(body_of(ticket)); }
  std::optional<Revocation> entry() const {
    return store.view().revocation(RevokedBy::completed, value_of(body_of(carols).id));
  }
  std::uint64_t entries() const { return store.view().feed_position().sequence; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_completion, Fixture)

BOOST_AUTO_TEST_CASE(ends_the_ticket_and_says_why) {
  BOOST_TEST(complete("queue-alice", carols) == accepted);
  BOOST_TEST(dead(carols));
  BOOST_REQUIRE(entry().has_value());
  BOOST_TEST(entry()->reason.empty());
  BOOST_TEST((entry()->matters_until == carols.times.renew_until + limits::clock_skew));
  BOOST_TEST(last_record().event == "complete");
  BOOST_TEST(last_record().fields.get("workflow") == "invoice-report-1");
}

// Rules: R6.36
BOOST_AUTO_TEST_CASE(is_for_the_audience_and_the_actors) {
  for (const char* who : {"carol", "alice", "operator", "queue-bob", "trigger/rogue"}) {
    BOOST_TEST(complete(who, carols) == Errc::evidence_not_yours);
  }
  BOOST_TEST(!dead(carols));
  BOOST_TEST(complete("trigger/orders", carols) == accepted);
  BOOST_TEST(dead(carols));
}

BOOST_AUTO_TEST_CASE(said_again_adds_nothing_to_the_feed) {
  BOOST_TEST(complete("queue-alice", carols) == accepted);
  const std::uint64_t before = entries();
  BOOST_TEST(complete("trigger/orders", carols) == accepted);
  BOOST_TEST(last_record().fields.get("already") == "yes");
  BOOST_TEST(entries() == before);
}

BOOST_AUTO_TEST_CASE(of_a_ticket_that_was_revoked_adds_nothing_to_the_feed) {
  const Fields wish{{"kind", "ticket"}, {"value", to_hex(body_of(carols).id)}};
  BOOST_TEST(ask("carol", "revoke", wish).outcome == accepted);
  BOOST_TEST(complete("queue-alice", carols) == accepted);
  BOOST_TEST(last_record().fields.get("already") == "yes");
  BOOST_TEST(entries() == 1U);
}

// So that an entry by it may be forgotten then.
BOOST_AUTO_TEST_CASE(of_a_renewed_ticket_matters_no_longer_than_of_the_first_form) {
  clock.advance(30min);
  const Told told = ask("trigger/orders", "renew", EvidenceRequest{carols.evidence}.encode());
  BOOST_REQUIRE(told.outcome == accepted);
  const IssuedTicket renewed = told.ticket();
  BOOST_TEST((renewed.times.run_until > carols.times.run_until));
  BOOST_TEST(complete("queue-alice", renewed) == accepted);
  BOOST_TEST((entry().value().matters_until == carols.times.renew_until + limits::clock_skew));
}

BOOST_AUTO_TEST_CASE(of_a_ticket_that_ended_adds_nothing_to_the_feed) {
  clock.set(carols.times.renew_until);
  forget("queue-alice");
  BOOST_TEST(complete("queue-alice", carols) == accepted);
  BOOST_TEST(entries() == 0U);
}

BOOST_AUTO_TEST_CASE(takes_no_evidence_that_the_kdc_did_not_sign) {
  Evidence forged = *Evidence::decode(carols.evidence);
  Body body = forged.body;
  body.id = random_bytes<16>();
  forged.body_bytes = body.encode();
  BOOST_TEST(ask("queue-alice", "complete", EvidenceRequest{forged.encode()}.encode()).outcome ==
             Errc::bad_proof);
  BOOST_TEST(ask("queue-alice", "complete", EvidenceRequest{}.encode()).outcome == Errc::malformed);
  BOOST_TEST(entries() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::complete_test
