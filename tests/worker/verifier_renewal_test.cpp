#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"
#include "ticket/wire/hex.h"

namespace waybill::test::verifier_renewal_test {
namespace {

using worker::Job;
using worker::Step;
using worker::VerifiedJob;

/// A job whose ticket ended at noon + 1 h, two hours later; the feed is fresh.
struct Fixture : Desk {
  Body first = body();
  IssuedTicket issued = realm.issue(first);
  Job waited = job(issued, *first.work);
  Time now = noon + 2h;
  Fixture() { hear(now); }

  /// The same authority with an hour from now on, changed by whoever wants it wrong.
  Body new_times(const std::function<void(Body&)>& change = {}) {
    Body renewed = first;
    renewed.issued_at = now;
    renewed.run_until = now + 1h;
    if (change) change(renewed);
    return renewed;
  }
  Buffer renewed(const std::function<void(Body&)>& change = {}) {
    return realm.issue(new_times(change)).ticket;
  }
  worker::Verdict<VerifiedJob> check(Bytes ticket, const std::vector<std::string>& needed = {}) {
    return verifier.verify_renewed(waited, ticket, needed, now);
  }
  Outcome judged(Bytes ticket, const std::vector<std::string>& needed = {}) {
    return outcome(check(ticket, needed).result);
  }
  Outcome renewable(const Job& asked) { return outcome(verifier.renewable(asked, now)); }
};

// What differs between the two in one field each.
struct Row {
  const char* name;
  void (*change)(Fixture&, Body&);
};
const Row swaps[] = {
    {"another id", [](Fixture&, Body& b) { b.id[0] ^= 1U; }},
    {"another lineage", [](Fixture&, Body& b) { b.lineage.at(0)[0] ^= 1U; }},
    {"another subject", [](Fixture& f, Body& b) { b.subject = f.realm.principal("mallory"); }},
    {"another actor", [](Fixture& f, Body& b) { b.actors = {f.realm.principal("trigger/other")}; }},
    {"another workflow", [](Fixture&, Body& b) { b.work->id = "invoice-report-2"; }},
    {"another type", [](Fixture&, Body& b) { b.work->type = "invoice-other"; }},
    {"another namespace", [](Fixture&, Body& b) { b.work->space = "other"; }},
    {"another input", [](Fixture&, Body& b) { b.work->input[0] ^= 1U; }},
    {"no work", [](Fixture&, Body& b) { b.work.reset(); }},
    {"a later start", [](Fixture&, Body& b) { b.start_by += 1h; }},
    {"one action more", [](Fixture&, Body& b) { b.actions.emplace_back("invoice:pay"); }},
    {"renewable for longer", [](Fixture&, Body& b) { b.renew_until += 1s; }},
    {"a feed that may be stale", [](Fixture&, Body& b) { b.flags |= flags::soft_feed; }},
    {"a form from before the first", [](Fixture&, Body& b) { b.issued_at = noon - 1s; }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_job_whose_ticket_has_ended, Fixture)

BOOST_AUTO_TEST_CASE(is_refused_without_a_renewal_and_says_how_to_get_one) {
  BOOST_TEST(judge(waited, now) == Errc::ticket_expired);
  const auto evidence = verifier.renewable(waited, now);
  BOOST_TEST_REQUIRE(bool(evidence));
  BOOST_TEST(evidence->encode() == issued.evidence, boost::test_tools::per_element());
  BOOST_TEST(counted_uses.pins == 0);
}

BOOST_AUTO_TEST_CASE(is_run_under_the_new_times_with_the_first_session_key) {
  const auto verdict = check(renewed(), {"invoice:read"});
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  const VerifiedJob& job = *verdict.result;
  BOOST_TEST((verdict.step == Step::actions));
  BOOST_TEST((verdict.ticket == first.id));
  BOOST_TEST((job.claims().run_until == now + 1h));
  BOOST_TEST((job.claims().issued_at == now));
  BOOST_TEST(text_of(job.input()) == usual_input);
  const Buffer sealed = job.seal_result(bytes_of("the report"));
  const ResultBinding binding{first.id, "invoice-report-1", "run-1"};
  BOOST_TEST(outcome(open_result(issued.session, binding, sealed)) == accepted);
  const auto in_force = Evidence::decode(job.evidence().encode());
  BOOST_TEST((in_force->body.run_until == now + 1h));
}

BOOST_AUTO_TEST_CASE(has_what_is_left_after_a_narrower_renewal) {
  const Buffer narrow = renewed([](Body& b) { b.actions = {"report:write"}; });
  BOOST_TEST(judged(narrow, {"invoice:read"}) == Errc::action_denied);
  const auto verdict = check(narrow, {"report:write"});
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  BOOST_TEST(verdict.result->claims().actions == std::vector<std::string>{"report:write"},
             boost::test_tools::per_element());
}

// Rules: R4.34
BOOST_AUTO_TEST_CASE(takes_no_renewal_that_differs_in_anything_but_its_times) {
  for (const Row& row : swaps) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto verdict = check(renewed([&](Body& body) { row.change(*this, body); }));
      BOOST_TEST(outcome(verdict.result) == Errc::bad_renewal);
      BOOST_TEST((verdict.step == Step::times));
      BOOST_TEST((verdict.ticket == first.id));
    }
  }
  BOOST_TEST(counted_uses.pins == 0);
  BOOST_TEST(counted_revocations.lookups == 0);
}

BOOST_AUTO_TEST_CASE(takes_no_renewal_of_other_work) {
  Body other = body();  // another id and lineage
  other.issued_at = now;
  other.run_until = now + 1h;
  BOOST_TEST(judged(realm.issue(other).ticket) == Errc::bad_renewal);
  other.work = work_of("invoice-other", usual_input);
  BOOST_TEST(judged(realm.issue(other).ticket) == Errc::bad_renewal);
}

BOOST_AUTO_TEST_CASE(takes_no_renewal_that_would_not_be_a_ticket_by_itself) {
  Pieces unsigned_one = realm.pieces(new_times());
  BOOST_TEST(judged(realm.seal(unsigned_one)) == Errc::bad_proof);

  Pieces minted = realm.pieces(new_times());
  const Digest leaf = batch_leaf(minted.header.encode(), minted.body.encode());
  minted.proof = Proof{now, 0, {}, {}};
  minted.proof->signature =
      sign(KdcSigningKey::random(), batch_statement(realm.realm(), now, leaf));
  BOOST_TEST(judged(realm.seal(minted)) == Errc::bad_proof);

  Pieces first_proof = realm.pieces(new_times());
  first_proof.proof = Evidence::decode(issued.evidence)->proof;
  BOOST_TEST(judged(realm.seal(first_proof)) == Errc::bad_proof);

  Pieces other_session = realm.pieces(new_times());
  realm.prove({&other_session, 1}, now);
  other_session.session = issued.session.duplicate();
  BOOST_TEST(judged(realm.seal(other_session)) == Errc::session_mismatch);

  Pieces unknown = realm.pieces(new_times());
  unknown.header.key = KeyId{9};
  realm.prove({&unknown, 1}, now);
  BOOST_TEST(judged(realm.seal(unknown)) == Errc::unknown_signer);

  const auto at_bob = [&](Body& b) { b.audience = realm.principal("queue-bob"); };
  BOOST_TEST(judged(renewed(at_bob)) == Errc::wrong_audience);
  BOOST_TEST(judged(renewed([&](Body& b) { b.run_until = now; })) == Errc::ticket_expired);
  BOOST_TEST(judged(renewed([&](Body& b) { b.issued_at = now + 121s; })) == Errc::not_yet_valid);
  BOOST_TEST(judged(issued.ticket) == Errc::ticket_expired);  // the very same, sent as its renewal
  BOOST_TEST(judged({}) == Errc::malformed);
  Buffer flipped = renewed();
  flipped.back() ^= 1U;
  BOOST_TEST(judged(flipped) == Errc::bad_integrity);
  BOOST_TEST(counted_uses.pins == 0);
}

// A renewal mends the end of a ticket and nothing else that is wrong with it.
BOOST_AUTO_TEST_CASE(is_refused_for_everything_else_as_ever) {
  const Buffer good = renewed();
  const auto with = [&](auto change) {
    Job changed = waited;
    change(changed);
    const auto verdict = verifier.verify_renewed(changed, good, {}, now);
    const auto asked = renewable(changed);
    BOOST_TEST(outcome(verdict.result) == asked);  // the KDC is not troubled with it either
    return outcome(verdict.result);
  };
  BOOST_TEST(with([](Job& j) { j.ticket.back() ^= 1U; }) == Errc::bad_integrity);
  BOOST_TEST(with([](Job& j) { j.ticket.clear(); }) == Errc::malformed);
  BOOST_TEST(with([](Job& j) { j.space = "other"; }) == Errc::wrong_namespace);
  BOOST_TEST(with([](Job& j) { j.workflow_id += "0"; }) == Errc::wrong_workflow);
  BOOST_TEST(with([](Job& j) { j.workflow_type = "other"; }) == Errc::wrong_workflow_type);
  BOOST_TEST(with([](Job& j) { j.sealed_input.back() ^= 1U; }) == Errc::bad_integrity);
  BOOST_TEST(with([](Job& j) { j.started_at = noon + 15min; }) == Errc::start_too_late);
  BOOST_TEST(with([&](Job& j) { j.ticket = realm.seal(realm.pieces(first)); }) == Errc::bad_proof);
  // Of an input that was sealed under the new session key the trigger knows nothing.
  BOOST_TEST(with([&](Job& j) {
               const IssuedTicket other = realm.issue(new_times());
               j.sealed_input = job(other, *first.work).sealed_input;
             }) == Errc::bad_integrity);
  BOOST_TEST(judged(good) == accepted);
}

BOOST_AUTO_TEST_CASE(keeps_its_pin_and_its_run) {
  BOOST_TEST(judged(renewed()) == accepted);
  waited.run_chain = "run-2";
  BOOST_TEST(judged(renewed()) == Errc::ticket_reused);
  waited.run_chain = "run-1";
  now += 30min;
  hear(now);
  BOOST_TEST(judged(renewed()) == accepted);
}

BOOST_AUTO_TEST_CASE(may_be_renewed_until_the_second_before_its_last) {
  now = noon + 7 * 24h - 1s;
  hear(now);
  BOOST_TEST(renewable(waited) == accepted);
  now += 1s;
  BOOST_TEST(renewable(waited) == Errc::ticket_expired);
}

BOOST_AUTO_TEST_CASE(is_judged_by_the_feed_that_the_renewal_knows) {
  BOOST_TEST(judged(renewed([](Body& b) { b.feed_floor = 1; })) == Errc::feed_stale);
  now += 61s;
  BOOST_TEST(judged(renewed()) == Errc::feed_stale);
}

// A revocation ends what was issued until it was made. A renewal, whose issue is later, does not
// take a ticket out of its reach.
// Rules: R4.35
BOOST_AUTO_TEST_CASE(is_revoked_with_its_first_form) {
  feed.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon + 30min);
  hear(now);
  BOOST_TEST(renewable(waited) == Errc::revoked);
  BOOST_TEST(judged(renewed()) == Errc::revoked);
  BOOST_TEST(counted_uses.pins == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_job_that_runs, Fixture)

BOOST_AUTO_TEST_CASE(goes_on_under_each_next_form_of_its_ticket) {
  auto verdict = check(renewed());
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  VerifiedJob& job = *verdict.result;
  for (int i = 0; i < 3; ++i) {
    now += 40min;
    hear(now);
    BOOST_TEST(outcome(verifier.extend(job, renewed(), {}, now)) == accepted);
    BOOST_TEST((job.claims().run_until == now + 1h));
  }
  const Buffer sealed = job.seal_result(bytes_of("r"));
  const ResultBinding binding{first.id, "invoice-report-1", "run-1"};
  BOOST_TEST(outcome(open_result(issued.session, binding, sealed)) == accepted);
}

BOOST_AUTO_TEST_CASE(is_never_given_back_what_a_renewal_took) {
  auto verdict = check(renewed([](Body& b) { b.actions = {"report:write"}; }));
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  VerifiedJob& job = *verdict.result;
  BOOST_TEST(outcome(verifier.extend(job, renewed(), {}, now)) == Errc::bad_renewal);
  BOOST_TEST(job.claims().actions.size() == 1U);
}

BOOST_AUTO_TEST_CASE(keeps_what_it_has_when_a_renewal_is_refused) {
  auto verdict = check(renewed());
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  VerifiedJob& job = *verdict.result;
  const Time until = job.claims().run_until;
  now += 1min;
  const auto extend = [&](Bytes ticket, const std::vector<std::string>& needed = {}) {
    const Outcome refused = outcome(verifier.extend(job, ticket, needed, now));
    BOOST_TEST((job.claims().run_until == until));
    return refused;
  };
  for (const Row& row : swaps) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(extend(renewed([&](Body& body) { row.change(*this, body); })) ==
                 Errc::bad_renewal);
    }
  }
  BOOST_TEST(extend(realm.seal(realm.pieces(new_times()))) == Errc::bad_proof);
  BOOST_TEST(extend(renewed([&](Body& b) { b.run_until = now; })) == Errc::ticket_expired);
  const Buffer narrow = renewed([](Body& b) { b.actions = {"report:write"}; });
  BOOST_TEST(extend(narrow, {"invoice:read"}) == Errc::action_denied);
}

BOOST_AUTO_TEST_CASE(is_known_as_revoked_by_whatever_it_stands_on) {
  auto verdict = check(renewed());
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  const VerifiedJob& job = *verdict.result;
  BOOST_TEST(!verifier.is_revoked(job));
  feed.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST", noon - 1s);
  hear(now);
  BOOST_TEST(!verifier.is_revoked(job));  // of before it was issued
  feed.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST", noon + 1s);
  hear(now);
  BOOST_TEST(verifier.is_revoked(job));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::verifier_renewal_test
