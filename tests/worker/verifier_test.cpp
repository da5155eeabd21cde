#include "worker/verifier.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"
#include "ticket/wire/hex.h"

namespace waybill::test::verifier_test {
namespace {

using worker::Job;
using worker::Step;

struct Row {
  const char* name;
  Errc expected;
  Step step;
  void (*body)(Desk&, Body&) = nullptr;  // before it is issued
  void (*job)(Desk&, Job&) = nullptr;    // what the scheduler hands over
  std::vector<std::string> needed{};
};

// One byte of the header array is the kind; both rows below change nothing else.
constexpr std::size_t version_at = 1;
constexpr std::size_t kind_at = 2;

void replace_text(Buffer& where, std::string_view from, std::string_view to) {
  const Bytes wanted = bytes_of(from);
  const auto found = std::search(where.begin(), where.end(), wanted.begin(), wanted.end());
  std::ranges::copy(bytes_of(to), found);
}

Work other_work() {
  Work work = work_of("invoice-report", usual_input);
  work.id = "invoice-report-2";
  return work;
}

const Row forgeries[] = {
    {"an empty ticket", Errc::malformed, Step::shape, nullptr,
     [](Desk&, Job& job) { job.ticket.clear(); }},
    {"a truncated ticket", Errc::malformed, Step::shape, nullptr,
     [](Desk&, Job& job) { job.ticket.pop_back(); }},
    {"a ticket with a byte too many", Errc::malformed, Step::shape, nullptr,
     [](Desk&, Job& job) { job.ticket.push_back(0); }},
    {"a ticket larger than any may be", Errc::limit_exceeded, Step::shape, nullptr,
     [](Desk&, Job& job) { job.ticket.resize(20'000); }},
    {"another version", Errc::bad_version, Step::kind, nullptr,
     [](Desk&, Job& job) { job.ticket.at(version_at) = 2; }},
    {"a kind that does not exist", Errc::wrong_kind, Step::kind, nullptr,
     [](Desk&, Job& job) { job.ticket.at(kind_at) = 3; }},
    {"a TGT", Errc::wrong_kind, Step::kind, nullptr,
     [](Desk& desk, Job& job) {
       job.ticket = desk.realm.tgt(desk.realm.tgt_body("carol")).ticket;
     }},
    {"a ticket of another realm", Errc::wrong_realm, Step::kind, nullptr,
     [](Desk&, Job& job) { replace_text(job.ticket, "DEMO.TEST", "TEST.DEMO"); }},
    {"another queue's ticket", Errc::wrong_audience, Step::audience, nullptr,
     [](Desk& desk, Job& job) {
       Body body = desk.realm.workflow_body("carol", "queue-bob", *desk.body().work);
       job.ticket = desk.realm.issue(std::move(body)).ticket;
     }},
    {"another queue's ticket under this queue's name", Errc::bad_integrity, Step::seal, nullptr,
     [](Desk& desk, Job& job) {
       Body body = desk.realm.workflow_body("carol", "queue-malle", *desk.body().work);
       job.ticket = desk.realm.issue(std::move(body)).ticket;
       replace_text(job.ticket, "queue-malle", "queue-alice");
     }},
    {"a key version that the keytab does not have", Errc::unknown_kvno, Step::kvno, nullptr,
     [](Desk& desk, Job& job) {
       Pieces pieces = desk.realm.pieces(desk.body());
       pieces.header.kvno = Kvno{2};
       desk.realm.prove({&pieces, 1}, noon);
       job.ticket = desk.realm.seal(pieces);
     }},
    {"the last byte of the seal flipped", Errc::bad_integrity, Step::seal, nullptr,
     [](Desk&, Job& job) { job.ticket.back() ^= 1; }},
    {"a rolling key of small order", Errc::bad_integrity, Step::seal, nullptr,
     [](Desk& desk, Job& job) {
       const Bytes rolling = desk.realm.rolling.public_key().bytes;
       const auto at =
           std::search(job.ticket.begin(), job.ticket.end(), rolling.begin(), rolling.end());
       std::fill_n(at, rolling.size(), std::uint8_t{0});
     }},
    {"a plaintext that is none", Errc::malformed, Step::decoding, nullptr,
     [](Desk& desk, Job& job) {
       const Pieces pieces = desk.realm.pieces(desk.body());
       job.ticket = desk.realm.seal_plaintext(pieces.header, bytes_of("nothing"));
     }},
    {"a body for another queue in an envelope for this one", Errc::wrong_audience, Step::decoding,
     nullptr,
     [](Desk& desk, Job& job) {
       Pieces pieces = desk.realm.pieces(desk.body());
       pieces.body.audience = desk.realm.principal("queue-bob");
       desk.realm.prove({&pieces, 1}, noon);
       job.ticket = desk.realm.seal(pieces);
     }},
    {"another session key than the body commits to", Errc::session_mismatch, Step::session, nullptr,
     [](Desk& desk, Job& job) {
       Pieces pieces = desk.realm.pieces(desk.body());
       desk.realm.prove({&pieces, 1}, noon);
       pieces.session = desk.realm.fresh_session();
       job.ticket = desk.realm.seal(pieces);
     }},
    {"a silver ticket without a proof", Errc::bad_proof, Step::proof, nullptr,
     [](Desk& desk, Job& job) { job.ticket = desk.realm.seal(desk.realm.pieces(desk.body())); }},
    {"a silver ticket with another ticket's proof", Errc::bad_proof, Step::proof, nullptr,
     [](Desk& desk, Job& job) {
       Pieces real = desk.realm.pieces(desk.body());
       desk.realm.prove({&real, 1}, noon);
       Pieces minted = desk.realm.pieces(desk.body());
       minted.proof = real.proof;
       job.ticket = desk.realm.seal(minted);
     }},
    {"a silver ticket signed by its maker", Errc::bad_proof, Step::proof, nullptr,
     [](Desk& desk, Job& job) {
       Pieces minted = desk.realm.pieces(desk.body());
       const Digest leaf = batch_leaf(minted.header.encode(), minted.body.encode());
       minted.proof = Proof{noon, 0, {}, {}};
       minted.proof->signature =
           sign(KdcSigningKey::random(), batch_statement(desk.realm.realm(), noon, leaf));
       job.ticket = desk.realm.seal(minted);
     }},
    {"a signing key that is not in the realm document", Errc::unknown_signer, Step::proof, nullptr,
     [](Desk& desk, Job& job) {
       Pieces pieces = desk.realm.pieces(desk.body());
       pieces.header.key = KeyId{9};
       desk.realm.prove({&pieces, 1}, noon);
       job.ticket = desk.realm.seal(pieces);
     }},
    {"a ticket from the future", Errc::not_yet_valid, Step::times,
     [](Desk&, Body& body) { body.issued_at = noon + 123s; }},
    {"a ticket in the second in which it ends", Errc::ticket_expired, Step::times,
     [](Desk&, Body& body) { body.run_until = noon + 2s; }},
    {"a ticket for no work", Errc::wrong_workflow, Step::binding, nullptr,
     [](Desk& desk, Job& job) {
       job.ticket = desk.realm.issue(desk.realm.service_body("carol", "queue-alice")).ticket;
     }},
    {"another namespace", Errc::wrong_namespace, Step::binding, nullptr,
     [](Desk&, Job& job) { job.space = "other"; }},
    {"another workflow", Errc::wrong_workflow, Step::binding, nullptr,
     [](Desk&, Job& job) { job.workflow_id += "0"; }},
    {"another type", Errc::wrong_workflow_type, Step::binding, nullptr,
     [](Desk&, Job& job) { job.workflow_type = "invoice-other"; }},
    {"no input", Errc::bad_integrity, Step::binding, nullptr,
     [](Desk&, Job& job) { job.sealed_input.clear(); }},
    {"an input with a flipped byte", Errc::bad_integrity, Step::binding, nullptr,
     [](Desk&, Job& job) { job.sealed_input.back() ^= 1; }},
    {"the sealed input of another ticket", Errc::bad_integrity, Step::binding, nullptr,
     [](Desk& desk, Job& job) { job.sealed_input = desk.job().sealed_input; }},
    {"this ticket's input, sealed for another workflow", Errc::bad_integrity, Step::binding,
     nullptr,
     [](Desk& desk, Job& job) {
       const IssuedTicket issued = desk.realm.issue(desk.body());
       job = desk.job(issued, *desk.body().work);
       job.sealed_input = desk.job(issued, other_work()).sealed_input;
     }},
    {"an input that whoever holds the session key swapped", Errc::wrong_input, Step::binding,
     nullptr,
     [](Desk& desk, Job& job) {
       job = desk.job(desk.realm.issue(desk.body()), *desk.body().work, "number,amount\n1,999\n");
     }},
    {"work started in the second in which it was too late", Errc::start_too_late, Step::start,
     nullptr, [](Desk&, Job& job) { job.started_at = noon + 15min; }},
    {"a ticket that knows a newer feed", Errc::feed_stale, Step::feed,
     [](Desk&, Body& body) { body.feed_floor = 1; }},
    {"a ticket that wants a fresher feed", Errc::feed_stale, Step::feed,
     [](Desk&, Body& body) { body.max_staleness = 1s; }},
    {"a ticket that was revoked", Errc::revoked, Step::revocation,
     [](Desk& desk, Body& body) {
       desk.feed.revoke(RevokedBy::ticket, value_of(body.id));
       desk.hear(noon + 1s);
     }},
    {"a ticket that another run has used", Errc::ticket_reused, Step::first_use, nullptr,
     [](Desk& desk, Job& job) {
       BOOST_TEST(desk.judge(job) == accepted);
       job.run_chain = "run-2";
       desk.counted_uses.pins = 0;
       desk.counted_revocations.lookups = 0;
     }},
    {"an action that is not in the ticket",
     Errc::action_denied,
     Step::actions,
     nullptr,
     nullptr,
     {"invoice:read", "invoice:pay"}},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_job)

BOOST_AUTO_TEST_CASE(is_accepted_with_all_that_the_kdc_signed) {
  Desk desk;
  const Body body = desk.body();
  const IssuedTicket issued = desk.realm.issue(body);
  const auto verdict =
      desk.verify(desk.job(issued, *body.work), noon + 2s, {"report:write", "invoice:read"});
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  const worker::VerifiedJob& job = *verdict.result;
  BOOST_TEST((verdict.step == Step::actions));
  BOOST_TEST((verdict.ticket == body.id));
  BOOST_TEST(verdict.subject->text() == "carol@DEMO.TEST");
  BOOST_TEST(job.claims().subject.text() == "carol@DEMO.TEST");
  BOOST_TEST(job.claims().actors.at(0).text() == "trigger/orders@DEMO.TEST");
  BOOST_TEST(job.claims().actions == body.actions, boost::test_tools::per_element());
  BOOST_TEST((job.claims().run_until == body.run_until));
  BOOST_TEST((job.work() == *body.work));
  BOOST_TEST(text_of(job.input()) == usual_input);
  BOOST_TEST(job.run_chain() == "run-1");
  BOOST_TEST(!job.feed_was_stale());
  BOOST_TEST(desk.uses.count() == 1U);
}

BOOST_AUTO_TEST_CASE(gives_a_result_that_opens_for_its_trigger_and_this_run_alone) {
  Desk desk;
  const IssuedTicket issued = desk.realm.issue(desk.body());
  const auto verdict = desk.verify(desk.job(issued, *desk.body().work));
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  const Buffer sealed = verdict.result->seal_result(bytes_of("the report"));
  const TicketId id = *verdict.ticket;
  const auto open = [&](const SessionKey& session, const ResultBinding& binding) {
    return outcome(open_result(session, binding, sealed));
  };
  const SessionKey other = desk.realm.fresh_session();
  BOOST_TEST(open(issued.session, {id, "invoice-report-1", "run-1"}) == accepted);
  BOOST_TEST(open(other, {id, "invoice-report-1", "run-1"}) == Errc::bad_result);
  BOOST_TEST(open(issued.session, {id, "invoice-report-2", "run-1"}) == Errc::bad_result);
  BOOST_TEST(open(issued.session, {id, "invoice-report-1", "run-2"}) == Errc::bad_result);
  BOOST_TEST(open(issued.session, {{}, "invoice-report-1", "run-1"}) == Errc::bad_result);
}

// The nearest forgery for each step: the code, the step, and that nothing later ran.
// Rules: R4.17, R4.18, R4.19, R4.20, R4.21, R4.22, R4.23, R4.24, R4.25, R4.26, R4.27, R4.29, R4.30,
// R4.31, R4.33
BOOST_AUTO_TEST_CASE(is_refused_at_the_first_step_that_fails_and_no_later_one_runs) {
  for (const Row& row : forgeries) {
    BOOST_TEST_CONTEXT(row.name) {
      Desk desk;
      Body body = desk.body();
      if (row.body != nullptr) row.body(desk, body);
      Job job = desk.job(std::move(body));
      if (row.job != nullptr) row.job(desk, job);
      const auto verdict = desk.verify(job, noon + 2s, row.needed);
      BOOST_TEST(outcome(verdict.result) == row.expected);
      BOOST_TEST(static_cast<int>(verdict.step) == static_cast<int>(row.step));
      BOOST_TEST(desk.counted_revocations.lookups == (row.step >= Step::revocation ? 1 : 0));
      BOOST_TEST(desk.counted_uses.pins == (row.step >= Step::first_use ? 1 : 0));
      BOOST_TEST(verdict.subject.has_value() == (row.step >= Step::times));
      BOOST_TEST(verdict.ticket.has_value() == (row.step >= Step::times));
    }
  }
}

BOOST_AUTO_TEST_CASE(has_a_forgery_for_each_step) {
  for (const worker::StepText& text : worker::all_steps()) {
    const bool covered =
        std::ranges::any_of(forgeries, [&](const Row& row) { return row.step == text.step; });
    BOOST_TEST(covered, text.name);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_with_any_byte_of_its_ticket_flipped) {
  Desk desk;
  const Job good = desk.job();
  for (std::size_t i = 0; i < good.ticket.size(); ++i) {
    Job job = good;
    job.ticket[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    BOOST_TEST(!(desk.judge(job) == accepted), "byte " << i);
  }
  BOOST_TEST(desk.counted_uses.pins == 0);
  BOOST_TEST(desk.judge(good) == accepted);
}

BOOST_AUTO_TEST_CASE(may_be_tried_again_under_its_run_and_under_no_other) {
  Desk desk;
  Job job = desk.job();
  BOOST_TEST(desk.judge(job) == accepted);
  job.attempt = 2;
  BOOST_TEST(desk.judge(job) == accepted);
  job.run_chain = "run-2";
  BOOST_TEST(desk.judge(job) == Errc::ticket_reused);
  job.run_chain = "run-1";
  BOOST_TEST(desk.judge(job) == accepted);
}

BOOST_AUTO_TEST_CASE(is_refused_from_the_second_on_in_which_its_time_ends) {
  Desk desk;
  Body body = desk.body();
  body.run_until = noon + 60s;
  body.max_staleness = 3600s;
  const Job job = desk.job(std::move(body));
  BOOST_TEST(desk.judge(job, noon + 59s) == accepted);
  BOOST_TEST(desk.judge(job, noon + 60s) == Errc::ticket_expired);
  BOOST_TEST(desk.judge(job, noon + 61s) == Errc::ticket_expired);
}

BOOST_AUTO_TEST_CASE(may_be_early_by_the_skew_of_two_clocks) {
  Desk desk;
  Body body = desk.body();
  body.issued_at = noon + 130s;
  const Job job = desk.job(std::move(body));
  BOOST_TEST(desk.judge(job, noon + 9s) == Errc::not_yet_valid);
  BOOST_TEST(desk.judge(job, noon + 10s) == accepted);
}

// Rules: R4.15
BOOST_AUTO_TEST_CASE(may_be_started_until_the_second_before_it_is_too_late) {
  Desk desk;
  Body body = desk.body();
  body.start_by = noon + 30s;
  Job job = desk.job(std::move(body));
  job.started_at = noon + 29s;
  BOOST_TEST(desk.judge(job, noon + 50s) == accepted);  // how late it runs is another question
  job.started_at = noon + 30s;
  BOOST_TEST(desk.judge(job, noon + 50s) == Errc::start_too_late);
}

BOOST_AUTO_TEST_CASE(names_what_was_refused_before_the_signature_by_nothing_of_its_own) {
  Desk desk;
  Pieces minted = desk.realm.pieces(desk.body());
  Job job = desk.job();
  job.ticket = desk.realm.seal(minted);
  const auto verdict = desk.verify(job);
  BOOST_TEST(outcome(verdict.result) == Errc::bad_proof);
  BOOST_TEST(!verdict.ticket.has_value());
  BOOST_TEST(!verdict.subject.has_value());
}

BOOST_AUTO_TEST_CASE(is_verified_alike_with_a_key_and_a_batch_that_are_remembered) {
  Desk desk;
  const Body bodies[] = {desk.body(), desk.body(), desk.body()};
  const auto batch = desk.realm.issue_batch({bodies[0], bodies[1], bodies[2]});
  for (const IssuedTicket& issued : batch) {
    BOOST_TEST(desk.judge(desk.job(issued, *desk.body().work)) == accepted);
  }
  Job stolen = desk.job(batch[0], *desk.body().work);
  stolen.ticket.back() ^= 1;
  BOOST_TEST(desk.judge(stolen) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::verifier_test
