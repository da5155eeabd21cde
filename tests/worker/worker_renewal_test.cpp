#include <boost/test/unit_test.hpp>

#include "tests/worker/workplace.h"
#include "ticket/wire/hex.h"

namespace waybill::test::worker_renewal_test {
namespace {

using namespace waybill::worker;
using nlohmann::json;
using End = Worker::End;

/// A worker that is handed work two days after its ticket ended.
struct Fixture : Workplace {
  Body first = desk.body();
  IssuedTicket issued = desk.realm.issue(first);
  Time later = noon + 48h;
  Fixture() {
    clock.set(later);
    BOOST_TEST(outcome(handlers.add("invoice-env=echo $WAYBILL_ACTIONS")) == accepted);
  }

  LeasedJob waited() { return leased(desk.job(issued, *first.work)); }
  std::vector<json> lines() const {
    std::ifstream file(desk.scratch / "verdicts.jsonl");
    std::vector<json> out;
    for (std::string line; std::getline(file, line);) out.push_back(json::parse(line));
    return out;
  }
  /// Each line as "event verdict".
  std::vector<std::string> events() const {
    std::vector<std::string> out;
    for (const json& line : lines()) {
      out.push_back(line.at("event").get<std::string>() + " " +
                    line.at("verdict").get<std::string>());
    }
    return out;
  }
  std::string result_in(const ScriptedSource::Report& report) const {
    const auto opened =
        open_result(issued.session, {first.id, first.work->id, "run-1"}, report.result);
    return opened ? std::string(text_of(*opened)) : "does not open";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(work_that_waited_past_its_ticket, Fixture)

BOOST_AUTO_TEST_CASE(is_renewed_run_and_told_to_the_scheduler) {
  BOOST_TEST((worker.work_on(waited()) == End::completed));
  BOOST_TEST(kdc.count("renew") == 1);
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->verb == "complete");
  BOOST_TEST(result_in(*report) == "NUMBER,AMOUNT\n1,100\n");
  const std::vector<std::string> expected{"renewal renewed", "verdict accepted"};
  BOOST_TEST(events() == expected, boost::test_tools::per_element());
  const json renewal = lines().front();
  BOOST_TEST(renewal.at("ticket") == to_hex(first.id));
  BOOST_TEST(renewal.at("subject") == "carol@DEMO.TEST");
  BOOST_TEST(renewal.at("run_until") == "2026-09-23T15:13:20Z");
}

BOOST_AUTO_TEST_CASE(tells_the_scheduler_before_it_runs_for_long) {
  Handlers slow;
  BOOST_TEST(outcome(slow.add("invoice-report=sleep 0.5")) == accepted);
  Worker other({desk.verifier, desk.revocations, upkeep, slow, runner, verdicts, source, leases,
                renewer, clock});
  BOOST_TEST((other.work_on(waited()) == End::completed));
  const auto told = source.told(1);
  BOOST_TEST_REQUIRE(told.size() == 1U);
  const auto evidence = Evidence::decode(told.front());
  BOOST_TEST_REQUIRE(bool(evidence));
  BOOST_TEST(outcome(evidence->verify_proof(desk.realm.document)) == accepted);
  BOOST_TEST((evidence->body.id == first.id));
  BOOST_TEST((evidence->body.run_until == later + 1h));
}

BOOST_AUTO_TEST_CASE(has_the_actions_that_are_left) {
  Body body = desk.realm.workflow_body("carol", "queue-alice", work_of("invoice-env", usual_input));
  first = body;
  issued = desk.realm.issue(std::move(body));
  kdc.on_renew = [](Body renewed) -> Result<Body> {
    renewed.actions = {"report:write"};
    return renewed;
  };
  BOOST_TEST((worker.work_on(waited()) == End::completed));
  BOOST_TEST(result_in(*source.report()) == "report:write\n");
  BOOST_TEST(lines().front().at("actions") == json::array({"report:write"}));
}

BOOST_AUTO_TEST_CASE(is_refused_when_an_action_that_its_handler_needs_is_gone) {
  BOOST_TEST(outcome(handlers.require("invoice-report=invoice:read")) == accepted);
  kdc.on_renew = [](Body renewed) -> Result<Body> {
    renewed.actions = {"report:write"};
    return renewed;
  };
  BOOST_TEST((worker.work_on(waited()) == End::refused));
  BOOST_TEST((source.report()->code == Errc::action_denied));
  BOOST_TEST(!has_run());
}

BOOST_AUTO_TEST_CASE(ends_with_the_reason_for_which_the_kdc_refuses) {
  for (const Errc code : {Errc::revoked, Errc::grant_missing, Errc::grant_action,
                          Errc::ceiling_missing, Errc::queue_unknown, Errc::not_renewable}) {
    BOOST_TEST_CONTEXT(describe(code).name) {
      kdc.on_renew = [code](Body) -> Result<Body> { return Error{code, "policy"}; };
      BOOST_TEST((worker.work_on(waited()) == End::refused));
      const auto report = source.report();
      BOOST_TEST_REQUIRE(report.has_value());
      BOOST_TEST(report->verb == "refuse");
      BOOST_TEST((report->code == code));
      const std::string name(describe(code).name);
      BOOST_TEST(events().at(events().size() - 2) == "renewal " + name);
      BOOST_TEST(events().back() == "verdict " + name);
    }
  }
  BOOST_TEST(!has_run());
  BOOST_TEST(desk.uses.count() == 0U);
}

BOOST_AUTO_TEST_CASE(is_handed_back_while_no_kdc_rules_on_it) {
  kdc.is_away = true;
  BOOST_TEST((worker.work_on(waited()) == End::handed_back));
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->verb == "hand-back");
  BOOST_TEST(!has_run());
  BOOST_TEST(desk.uses.count() == 0U);
  kdc.is_away = false;
  for (const Errc code : {Errc::busy, Errc::internal, Errc::clock_skew, Errc::unknown_operation}) {
    kdc.on_renew = [code](Body) -> Result<Body> { return Error{code, "not now"}; };
    BOOST_TEST((worker.work_on(waited()) == End::handed_back));
    BOOST_TEST(source.report()->message.starts_with(describe(code).name));
  }
  kdc.on_renew = {};
  BOOST_TEST((worker.work_on(waited()) == End::completed));
}

BOOST_AUTO_TEST_CASE(is_fetched_no_more_until_the_kdc_is_heard_again) {
  Scratch scratch;
  KdcClient nobody({desk.realm.realm(), {"http://127.0.0.1:1"}, desk.realm.root.public_key()},
                   clock);
  ServicePrincipal alone(nobody, desk.realm.keytab("queue-alice"), clock);
  Renewer unheard(alone);
  Worker other({desk.verifier, desk.revocations, upkeep, handlers, runner, verdicts, source, leases,
                unheard, clock});
  BOOST_TEST(other.should_poll());
  BOOST_TEST((other.work_on(waited()) == End::handed_back));
  BOOST_TEST(source.report()->message.starts_with("WB-KDC-UNREACHABLE"));
  BOOST_TEST(!other.should_poll());
  BOOST_TEST(upkeep.sync_feed());
  BOOST_TEST(other.should_poll());
}

BOOST_AUTO_TEST_CASE(is_refused_with_a_renewal_of_something_else) {
  kdc.on_renew = [](Body renewed) -> Result<Body> {
    renewed.actions.emplace_back("invoice:pay");
    return renewed;
  };
  BOOST_TEST((worker.work_on(waited()) == End::refused));
  BOOST_TEST((source.report()->code == Errc::bad_renewal));
  BOOST_TEST(!has_run());
}

BOOST_AUTO_TEST_CASE(troubles_the_kdc_for_nothing_that_is_refused_all_the_same) {
  const auto refused_as = [&](const LeasedJob& job) {
    BOOST_TEST((worker.work_on(job) == End::refused));
    return Outcome(*source.report()->code);
  };
  LeasedJob moved = waited();
  moved.job->workflow_id += "-2";
  BOOST_TEST(refused_as(moved) == Errc::wrong_workflow);
  LeasedJob late = waited();
  late.job->started_at = first.start_by;
  BOOST_TEST(refused_as(late) == Errc::start_too_late);
  LeasedJob minted = waited();
  minted.job->ticket = desk.realm.seal(desk.realm.pieces(first));
  BOOST_TEST(refused_as(minted) == Errc::bad_proof);
  LeasedJob unknown = waited();
  unknown.job->workflow_type = "invoice-unknown";
  BOOST_TEST(refused_as(unknown) == Errc::no_handler);
  desk.feed.revoke(RevokedBy::ticket, value_of(first.id));
  desk.hear(later);
  BOOST_TEST(refused_as(waited()) == Errc::revoked);
  clock.set(first.renew_until);
  first.id[0] ^= 1U;
  issued = desk.realm.issue(first);
  BOOST_TEST(refused_as(waited()) == Errc::ticket_expired);
  BOOST_TEST(kdc.count("renew") == 0);
}

BOOST_AUTO_TEST_CASE(is_judged_by_a_feed_that_is_fetched_for_it) {
  kdc.change([&] { desk.feed.revoke(RevokedBy::workflow, "another"); });
  kdc.on_renew = [](Body renewed) -> Result<Body> {
    renewed.feed_floor = 1;
    return renewed;
  };
  BOOST_TEST((worker.work_on(waited()) == End::completed));
  BOOST_TEST(kdc.count("/v1/feed/head") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::worker_renewal_test
