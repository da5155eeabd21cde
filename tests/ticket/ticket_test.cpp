// Tickets as they are meant to be: what opens, for whom, and when.

#include "ticket/ticket.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/exchange/audience.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::ticket_test {
namespace {

const Work work = work_of("invoice-report", "the input");

/// One realm and one ticket for queue-alice, issued at noon.
struct Fixture {
  TestRealm realm;
  IssuedTicket ticket = realm.issue(realm.workflow_body("carol", "queue-alice", work));
  Audience alice{realm.keytab("queue-alice"), realm.document};

  Outcome accept(Bytes wire, Time now = noon) { return outcome(alice.accept(wire, now)); }
  Outcome accept_at(Body body, Time now) {
    return accept(realm.issue(std::move(body)).ticket, now);
  }
  Body body() { return realm.workflow_body("carol", "queue-alice", work); }

  Outcome open_tgt(Body body, Time now) {
    const auto sealed = SealedTicket::parse(realm.tgt(std::move(body)).ticket);
    auto opened = sealed->open(realm.tgt_key);
    if (!opened) return outcome(opened);
    return outcome((*std::move(opened)).verify_tgt(now));
  }
};

struct Moment {
  const char* name;
  Seconds from_issue;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Moment& row) { return out << row.name; }
};

// The tickets of these tests run for one hour.
const Moment moments[] = {
    {"at its issue", 0s, accepted},
    {"one skew before its issue", -120s, accepted},
    {"a second earlier", -121s, Errc::not_yet_valid},
    {"a day earlier", -24h, Errc::not_yet_valid},
    {"after its start-by time, which is the worker's to check", 16min, accepted},
    {"in the second before it ends", 1h - 1s, accepted},
    {"in the second it ends", 1h, Errc::ticket_expired},
    {"a second later", 1h + 1s, Errc::ticket_expired},
    {"a skew later, which ends get none of", 1h + 120s, Errc::ticket_expired},
    {"while it could still be renewed", 24h, Errc::ticket_expired},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_ticket, Fixture)

BOOST_AUTO_TEST_CASE(tells_its_audience_what_the_kdc_said) {
  Body body = this->body();
  body.feed_floor = 42;
  const TicketId id = body.id;
  const IssuedTicket issued = realm.issue(std::move(body));
  const auto verified = alice.accept(issued.ticket, noon);
  BOOST_REQUIRE(bool(verified));
  BOOST_TEST((verified->body().id == id));
  BOOST_TEST(verified->body().subject.text() == "carol@DEMO.TEST");
  BOOST_TEST(verified->body().actors.front().text() == "trigger/orders@DEMO.TEST");
  BOOST_TEST(verified->body().audience.text() == "queue-alice@DEMO.TEST");
  BOOST_TEST((verified->body().work == work));
  BOOST_TEST(verified->body().actions.size() == 2U);
  BOOST_TEST(verified->body().feed_floor == 42U);
  BOOST_TEST((verified->body().run_until == noon + 1h));
  BOOST_TEST((verified->session() == issued.session));
  BOOST_TEST((verified->evidence().encode() == issued.evidence));
}

BOOST_AUTO_TEST_CASE(shows_its_header_to_anybody) {
  const auto sealed = SealedTicket::parse(ticket.ticket);
  BOOST_REQUIRE(bool(sealed));
  BOOST_TEST((sealed->header().kind == Kind::service));
  BOOST_TEST(sealed->header().audience == "queue-alice");
  BOOST_TEST(sealed->header().realm.text() == "DEMO.TEST");
  BOOST_TEST(number(sealed->header().kvno) == 1U);
}

BOOST_AUTO_TEST_CASE(made_by_the_library_is_the_one_written_out_by_hand) {
  Pieces pieces = realm.pieces(body());
  realm.prove({&pieces, 1}, noon);
  const auto key =
      pairwise_key(realm.rolling, realm.key("queue-alice").public_key(), pieces.header);
  const Buffer wire = seal_service_ticket({pieces.header, pieces.body}, pieces.session,
                                          *pieces.proof, pieces.booklet, *key);
  const auto opened = waybill::open(*key, pieces.header.encode(),
                                    Bytes(wire).last(pieces.plaintext().size() + seal_overhead));
  BOOST_REQUIRE(bool(opened));
  BOOST_TEST((*opened == pieces.plaintext()));
  BOOST_TEST(accept(wire) == accepted);
}

BOOST_AUTO_TEST_CASE(has_the_same_pairwise_key_on_both_sides) {
  const TicketHeader header = realm.pieces(body()).header;
  const PrincipalKey& key = realm.key("queue-alice");
  const auto kdc = pairwise_key(realm.rolling, key.public_key(), header);
  const auto queue = pairwise_key(key, header);
  BOOST_REQUIRE((kdc && queue));
  BOOST_TEST((*kdc == *queue));

  const auto other = [&](auto change) {
    TicketHeader changed = header;
    change(changed);
    return *pairwise_key(key, changed) == *queue;
  };
  BOOST_TEST(!other([](TicketHeader& h) { h.kvno = Kvno{2}; }));
  BOOST_TEST(!other([](TicketHeader& h) { h.audience = "queue-bob"; }));
  BOOST_TEST(!other([](TicketHeader& h) { h.realm = realm_of("DEMO.TESU"); }));
  BOOST_TEST(!other([](TicketHeader& h) { h.rolling = RollingKey::random().public_key(); }));
}

BOOST_AUTO_TEST_CASE(carries_a_booklet_for_those_downstream) {
  Pieces pieces = realm.pieces(body());
  for (const char* name : {"ledger", "mailer"}) {
    IssuedTicket inner = realm.issue(realm.service_body("carol", name));
    pieces.booklet.push_back({std::move(inner.ticket), std::move(inner.session)});
  }
  realm.prove({&pieces, 1}, noon);
  auto verified = alice.accept(realm.seal(pieces), noon);
  BOOST_REQUIRE(bool(verified));
  BOOST_REQUIRE(verified->booklet().size() == 2U);
  BOOST_TEST((verified->booklet()[1].session == pieces.booklet[1].session));
  Audience mailer(realm.keytab("mailer"), realm.document);
  BOOST_TEST(outcome(mailer.accept(verified->booklet()[1].ticket, noon)) == accepted);
}

// Rules: R4.14, R4.16
BOOST_DATA_TEST_CASE_F(Fixture, is_accepted_in_its_time_alone, bdata::make(moments), row) {
  BOOST_TEST(accept(ticket.ticket, noon + row.from_issue) == row.expect);
}

BOOST_AUTO_TEST_CASE(made_by_the_library_carries_a_booklet_too) {
  Pieces pieces = realm.pieces(body());
  realm.prove({&pieces, 1}, noon);
  std::vector<BookletEntry> booklet;
  booklet.push_back({Buffer(60, 7), SessionKey(Secret<32>::copy(FixedBytes<32>{8}))});
  const auto key =
      pairwise_key(realm.rolling, realm.key("queue-alice").public_key(), pieces.header);
  const Buffer wire = seal_service_ticket({pieces.header, pieces.body}, pieces.session,
                                          *pieces.proof, booklet, *key);
  auto accepted_ticket = alice.accept(wire, noon);
  BOOST_TEST_REQUIRE(bool(accepted_ticket));
  BOOST_TEST_REQUIRE(accepted_ticket->booklet().size() == 1U);
  BOOST_TEST((accepted_ticket->booklet()[0].ticket == booklet[0].ticket));
  BOOST_TEST((accepted_ticket->booklet()[0].session == booklet[0].session));
}

BOOST_AUTO_TEST_CASE(is_sealed_to_no_key_of_small_order) {
  const Pieces pieces = realm.pieces(body());
  BOOST_TEST(!pairwise_key(realm.rolling, PrincipalPublic{}, pieces.header).has_value());
}

// Rules: R4.8
BOOST_AUTO_TEST_CASE(that_nobody_signed_is_refused_when_it_is_verified) {
  auto opened = alice.open(realm.seal(realm.pieces(body())));
  BOOST_TEST_REQUIRE(bool(opened));
  BOOST_TEST(outcome((*std::move(opened)).verify(realm.document, noon, true)) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(is_refused_in_the_second_it_ends) {
  ManualClock clock(noon + 1h - 1s);
  BOOST_TEST(accept(ticket.ticket, clock.now()) == accepted);
  clock.advance(1s);
  BOOST_TEST(accept(ticket.ticket, clock.now()) == Errc::ticket_expired);
}

BOOST_AUTO_TEST_CASE(that_ends_before_it_begins_is_never_accepted) {
  for (const auto now : {noon - 1h, noon - 60s, noon, noon + 60s, noon + 1h}) {
    Body backwards = body();
    backwards.run_until = noon - 121s;
    BOOST_TEST(accept_at(std::move(backwards), now) != accepted);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_tgt, Fixture)

BOOST_AUTO_TEST_CASE(opens_with_the_tgt_key_and_says_who_logged_in) {
  const IssuedTicket issued = realm.tgt(realm.tgt_body("carol"));
  const auto sealed = SealedTicket::parse(issued.ticket);
  BOOST_REQUIRE(bool(sealed));
  BOOST_TEST((sealed->header().kind == Kind::tgt));
  auto opened = sealed->open(realm.tgt_key);
  BOOST_REQUIRE(bool(opened));
  const auto verified = (*std::move(opened)).verify_tgt(noon);
  BOOST_REQUIRE(bool(verified));
  BOOST_TEST(verified->body().subject.text() == "carol@DEMO.TEST");
  BOOST_TEST(verified->body().flags == flags::initial);
  BOOST_TEST((verified->session() == issued.session));
  BOOST_TEST(issued.evidence.empty());
}

BOOST_AUTO_TEST_CASE(made_by_the_library_opens_as_well) {
  const Pieces pieces = realm.pieces(realm.tgt_body("carol"));
  const Buffer wire = seal_tgt({pieces.header, pieces.body}, pieces.session, realm.tgt_key);
  BOOST_TEST(outcome(SealedTicket::parse(wire)->open(realm.tgt_key)) == accepted);
}

// Rules: R4.14, R4.16
BOOST_AUTO_TEST_CASE(is_accepted_in_its_time_alone) {
  const auto at = [&](Seconds from_issue) {
    return open_tgt(realm.tgt_body("carol"), noon + from_issue);
  };
  BOOST_TEST(at(-121s) == Errc::not_yet_valid);
  BOOST_TEST(at(-120s) == accepted);
  BOOST_TEST(at(8h - 1s) == accepted);
  BOOST_TEST(at(8h) == Errc::ticket_expired);
}

// Rules: R4.17
BOOST_AUTO_TEST_CASE(is_no_service_ticket_and_a_service_ticket_is_no_tgt) {
  const IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  BOOST_TEST(accept(tgt.ticket) == Errc::wrong_kind);
  const auto sealed_tgt = SealedTicket::parse(tgt.ticket);
  const auto sealed = SealedTicket::parse(ticket.ticket);
  BOOST_TEST(outcome(sealed->open(realm.tgt_key)) == Errc::wrong_kind);
  BOOST_TEST(outcome(sealed_tgt->open(PairwiseKey::random())) == Errc::wrong_kind);
  BOOST_TEST(outcome((*sealed_tgt->open(realm.tgt_key)).proven_root()) == Errc::bad_proof);
  BOOST_TEST(outcome((*sealed_tgt->open(realm.tgt_key)).verify(realm.document, noon, false)) ==
             Errc::wrong_kind);
  BOOST_TEST(outcome((*alice.open(ticket.ticket)).verify_tgt(noon)) == Errc::wrong_kind);
}

BOOST_AUTO_TEST_CASE(does_not_open_under_the_key_of_another_epoch) {
  const IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  BOOST_TEST(outcome(SealedTicket::parse(tgt.ticket)->open(TgtKey::random())) ==
             Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::ticket_test
