#include <algorithm>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/stage.h"
#include "ticket/exchange/audience.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test::worker_attack_test {
namespace {

using namespace std::chrono_literals;

// The job is refused with that code, and its handler did not run.
void check_refused(Stage& stage, const CraftedJob& job, Errc expected) {
  const std::string verdict = stage.verdict(job);
  BOOST_TEST(verdict == describe(expected).name);
  BOOST_TEST(!stage.has_run(job.run_id));
}

// The worker is none the worse for what it was handed.
void check_goes_on(Stage& stage) {
  const auto good = stage.good_job();
  const auto report = stage.engine.report(stage.engine.hand_out(good.job));
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->code == "");
  const auto result =
      open_result(good.issued.session, {id_of(good.issued), good.job.workflow_id, good.job.run_id},
                  report->result);
  BOOST_TEST_REQUIRE(bool(result));
  BOOST_TEST(text_of(*result) == good.errand.input);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_real_worker)

BOOST_AUTO_TEST_CASE(refuses_what_an_engine_changed) {
  Stage stage;
  using Change = void (*)(Stage&, Stage::Job&);
  struct Row {
    const char* name;
    Errc expected;
    Change change;
  };
  const Row rows[] = {
      {"a ticket of another queue", Errc::wrong_audience,
       [](Stage& s, Stage::Job& j) {
         Person mallory(s.realm, "mallory");
         Errand errand = j.errand;
         errand.queue = "queue-bob";
         j.job.ticket = s.good_job(mallory, errand).job.ticket;
       }},
      {"a ticket of another realm", Errc::wrong_realm,
       [](Stage&, Stage::Job& j) {
         const Bytes realm = bytes_of("TEST.WAYBILL");
         Buffer& ticket = j.job.ticket;
         *std::search(ticket.begin(), ticket.end(), realm.begin(), realm.end()) = 'B';
       }},
      {"another workflow", Errc::wrong_workflow,
       [](Stage&, Stage::Job& j) { j.job.workflow_id += "-2"; }},
      {"another type", Errc::wrong_workflow_type,
       [](Stage&, Stage::Job& j) { j.job.workflow_type = "invoice-other"; }},
      {"another namespace", Errc::wrong_namespace,
       [](Stage&, Stage::Job& j) { j.job.space = "other"; }},
      {"the input of another job", Errc::bad_integrity,
       [](Stage& s, Stage::Job& j) { j.job.input = s.good_job().job.input; }},
      {"an input with a flipped byte", Errc::bad_integrity,
       [](Stage&, Stage::Job& j) { j.job.input.back() ^= 1; }},
      {"no input", Errc::bad_integrity, [](Stage&, Stage::Job& j) { j.job.input.clear(); }},
      {"an input that a compromised trigger sealed", Errc::wrong_input,
       [](Stage&, Stage::Job& j) {
         j.job.input = seal_input(
             j.issued.session, {"default", j.errand.queue, j.job.workflow_type, j.job.workflow_id},
             bytes_of("number,amount\n1,1000000\n"));
       }},
      {"work that was started too late", Errc::start_too_late,
       [](Stage&, Stage::Job& j) { j.job.started_at = j.issued.times.start_by; }},
      {"no ticket", Errc::malformed, [](Stage&, Stage::Job& j) { j.job.ticket.clear(); }},
      {"a TGT", Errc::wrong_kind,
       [](Stage& s, Stage::Job& j) { j.job.ticket = s.carol.tgt().ticket; }},
      {"a truncated ticket", Errc::malformed,
       [](Stage&, Stage::Job& j) { j.job.ticket.resize(j.job.ticket.size() / 2); }},
      {"a type without a handler", Errc::no_handler,
       [](Stage& s, Stage::Job& j) {
         j.errand.type = "invoice-unknown";
         j = s.good_job(s.carol, j.errand);
       }},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      auto attacked = stage.good_job();
      row.change(stage, attacked);
      check_refused(stage, attacked.job, row.expected);
    }
  }
  check_goes_on(stage);
}

BOOST_AUTO_TEST_CASE(refuses_a_ticket_with_any_byte_flipped) {
  Stage stage;
  const auto good = stage.good_job();
  const std::size_t size = good.job.ticket.size();
  for (std::size_t i = 0; i < 24; ++i) {
    auto attacked = good.job;
    attacked.run_id = to_hex(random_bytes<16>());
    const std::size_t at = i * (size - 1) / 23;
    attacked.ticket[at] ^= static_cast<std::uint8_t>(1U << (i % 8));
    const std::string verdict = stage.verdict(attacked);
    BOOST_TEST(verdict.starts_with("WB-"), "byte " << at << ": " << verdict);
    BOOST_TEST(!stage.has_run(attacked.run_id));
  }
  BOOST_TEST(stage.verdict(good.job) == "completed");
}

BOOST_AUTO_TEST_CASE(runs_a_ticket_under_one_run_only_whatever_happens_to_the_worker) {
  Stage stage;
  const auto good = stage.good_job();
  BOOST_TEST(stage.verdict(good.job) == "completed");
  BOOST_TEST(stage.verdict(good.job) == "completed");  // a retry of the same run
  auto replay = good.job;
  replay.run_id = to_hex(random_bytes<16>());
  check_refused(stage, replay, Errc::ticket_reused);
  stage.worker.daemon().kill();
  std::this_thread::sleep_for(700ms);  // its last poll is over then, and takes no job
  stage.worker.daemon().start();
  check_refused(stage, replay, Errc::ticket_reused);
  BOOST_TEST(stage.verdict(good.job) == "completed");
}

// Kerberos' silver ticket: whoever has the queue's key seals a ticket to it.
BOOST_AUTO_TEST_CASE(refuses_a_ticket_that_its_queues_own_key_holder_minted) {
  Stage stage;
  auto forged = stage.good_job();
  const Keytab keytab = stage.realm.keytab("queue-alice");
  Audience queue(keytab, *stage.realm.client().fetch_realm());
  const auto opened = queue.open(forged.job.ticket);
  BOOST_TEST_REQUIRE(bool(opened));
  NewTicket minted{opened->header(), opened->body()};
  minted.body.id = random_bytes<16>();
  minted.body.subject = stage.realm.principal("mallory");
  const SessionKey session = SessionKey::random();
  minted.body.session = session_commitment(session);
  const RollingKey rolling = RollingKey::random();
  minted.header.rolling = rolling.public_key();
  const auto key = pairwise_key(rolling, keytab.newest().key.public_key(), minted.header);
  Proof proof = opened->evidence()->proof;
  const auto mint = [&] {
    forged.job.ticket = seal_service_ticket(minted, session, proof, {}, *key);
    forged.job.input = seal_input(
        session, {"default", forged.errand.queue, forged.errand.type, forged.job.workflow_id},
        bytes_of(forged.errand.input));
  };
  mint();  // with the proof of a real ticket
  check_refused(stage, forged.job, Errc::bad_proof);
  proof = {.batch_time = proof.batch_time, .index = 0, .path = {}, .signature = {}};
  const Digest leaf = batch_leaf(minted.header.encode(), minted.body.encode());
  proof.signature =
      sign(KdcSigningKey::random(), batch_statement(minted.header.realm, proof.batch_time, leaf));
  mint();  // signed by somebody else
  check_refused(stage, forged.job, Errc::bad_proof);
  check_goes_on(stage);
}

// A delegation that a compromised trigger sells twice: the KDC gives one ticket for it.
BOOST_AUTO_TEST_CASE(sees_one_ticket_of_one_delegation) {
  Stage stage;
  const Errand errand;
  const Buffer delegation = stage.carol.delegation(errand);
  const auto first = stage.trigger.exchange(delegation, errand, "w-1");
  BOOST_TEST_REQUIRE(bool(first));
  const auto other = stage.trigger.exchange(delegation, errand, "w-2");
  BOOST_TEST_REQUIRE(!other);
  BOOST_TEST(describe(other.error().code).name == describe(Errc::request_replayed).name);
  const auto again = stage.trigger.exchange(delegation, errand, "w-1");
  BOOST_TEST_REQUIRE(bool(again));
  const auto job_of = [&](const IssuedTicket& issued) {
    const InputBinding binding{"default", errand.queue, errand.type, "w-1"};
    return CraftedJob{"w-1",
                      errand.type,
                      to_hex(random_bytes<16>()),
                      stage.realm.now(),
                      issued.ticket,
                      seal_input(issued.session, binding, bytes_of(errand.input))};
  };
  BOOST_TEST(stage.verdict(job_of(*first)) == "completed");
  check_refused(stage, job_of(*again), Errc::ticket_reused);
}

BOOST_AUTO_TEST_CASE(refuses_a_ticket_whose_time_is_over_when_the_kdc_will_not_renew_it) {
  Stage stage;
  const auto brief = stage.good_job(stage.carol, {}, 1s);
  std::this_thread::sleep_for(2100ms);
  check_goes_on(stage);
  stage.realm.withdraw_grants("carol");
  check_refused(stage, brief.job, Errc::grant_missing);
}

namespace {
// Asks for one more attempt of a run that was good, until the feed has come; for so long at most.
bool becomes_revoked(Stage& stage, const Stage::Job& job, std::chrono::seconds within) {
  return eventually([&] { return stage.verdict(job.job) == describe(Errc::revoked).name; }, within);
}
}  // namespace

// A worker asks for the feed every two seconds; the KDC signs a head every second here.
BOOST_AUTO_TEST_CASE(refuses_what_was_revoked_as_soon_as_the_feed_says_so) {
  Stage stage(LiveRealm::Settings{{"feed_interval", "1"}});
  stage.realm.add_principal("dave", "user");
  Fields grant{{"subject", "dave"}, {"queue", "queue-alice"}, {"workflow", "invoice-*"}};
  stage.realm.grant(grant.add("action", "invoice:read").add("max_run", "600"));
  Person dave(stage.realm, "dave");
  const auto by_ticket = stage.good_job();
  const auto by_workflow = stage.good_job();
  const auto by_subject = stage.good_job(dave, {});
  const auto untouched = stage.good_job();
  BOOST_TEST(stage.verdict(by_subject.job) == "completed");
  const auto revoke = [&](const char* kind, const std::string& value) {
    stage.realm.must("revoke", {{"kind", kind}, {"value", value}, {"reason", "a test"}});
  };
  revoke("ticket", to_hex(id_of(by_ticket.issued)));
  revoke("workflow", by_workflow.job.workflow_id);
  revoke("subject", dave.principal().text());
  BOOST_TEST(becomes_revoked(stage, by_subject, 4s));
  check_refused(stage, by_ticket.job, Errc::revoked);
  check_refused(stage, by_workflow.job, Errc::revoked);
  BOOST_TEST(stage.verdict(untouched.job) == "completed");
  const auto by_actor = stage.good_job();
  revoke("actor", stage.realm.principal("trigger/orders").text());
  BOOST_TEST(becomes_revoked(stage, untouched, 4s));
  check_refused(stage, by_actor.job, Errc::revoked);
  const auto at_the_queue = stage.good_job();
  BOOST_TEST(stage.verdict(at_the_queue.job) == "completed");
  revoke("queue", stage.realm.principal("queue-alice").text());
  BOOST_TEST(becomes_revoked(stage, at_the_queue, 4s));
  check_goes_on(stage);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::worker_attack_test
