#include "worker/ticket_watch.h"

#include <future>

#include <boost/test/unit_test.hpp>

#include "tests/worker/workplace.h"
#include "ticket/wire/hex.h"

namespace waybill::test::ticket_watch_test {
namespace {

using namespace waybill::worker;
using nlohmann::json;
using End = Worker::End;

/// A worker whose handler runs until the test lets it end, with a ticket of an hour.
struct Fixture : Workplace {
  Fixture() {
    BOOST_TEST(outcome(patient.add("invoice-report=" + waits_for("go"))) == accepted);
    BOOST_TEST(outcome(patient.require("invoice-report=report:write")) == accepted);
  }
  ~Fixture() {
    touch("go");
    if (end.valid()) end.wait();
  }
  Handlers patient;
  Body first = desk.body();
  IssuedTicket issued = desk.realm.issue(first);
  OnRevoked on_revoked = OnRevoked::stop;
  std::future<End> end;

  std::string path(const char* name) const { return (desk.scratch / name).string(); }
  void touch(const char* name) const { std::ofstream(desk.scratch / name) << "x"; }
  // Says that it began, waits, and gives the claims of that moment as its result. A second handler
  // in its process group shows that the whole of it ends.
  std::string waits_for(const char* name) const {
    return "sleep 100 & echo ran >>" + ran() + "; while [ ! -e " + path(name) +
           " ]; do sleep 0.02; done; cat $WAYBILL_CLAIMS_FILE";
  }
  void begin() {
    end = std::async(std::launch::async, [this] {
      Worker one({desk.verifier, desk.revocations, upkeep, patient, runner, verdicts, source,
                  leases, renewer, clock},
                 {.on_revoked = on_revoked, .look_every = 20ms});
      return one.work_on(leased(desk.job(issued, *first.work)));
    });
    BOOST_TEST_REQUIRE(comes([this] { return has_run(); }));
  }
  template <class Condition>
  static bool comes(Condition condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
  }
  bool goes_on() const { return end.wait_for(0s) != std::future_status::ready; }
  End ended() { return end.get(); }
  /// Time passes, and the feed is heard.
  void pass(Seconds time) {
    clock.advance(time);
    desk.hear(clock.now());
  }
  /// Until that many renewals have been asked for.
  bool renewals(int times) {
    return comes([&] { return kdc.count("renew") >= times; });
  }
  std::vector<std::string> events() const {
    std::ifstream file(desk.scratch / "verdicts.jsonl");
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) {
      const json row = json::parse(line);
      out.push_back(row.at("event").get<std::string>() + " " +
                    row.at("verdict").get<std::string>());
    }
    return out;
  }
  json result(const ScriptedSource::Report& report) const {
    const auto opened =
        open_result(issued.session, {first.id, first.work->id, "run-1"}, report.result);
    BOOST_TEST_REQUIRE(bool(opened));
    return json::parse(text_of(*opened));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_time_of_a_renewal)

BOOST_AUTO_TEST_CASE(is_after_two_thirds_of_what_is_left_and_not_in_the_last_half_minute) {
  struct Row {
    Seconds left, due;
  };
  for (const Row& row : {Row{3600s, 2400s},
                         {90s, 60s},
                         {89s, 59s},
                         {61s, 31s},
                         {60s, 30s},
                         {40s, 20s},
                         {10s, 5s},
                         {3s, 2s},
                         {2s, 1s},
                         {1s, 1s},
                         {0s, 0s}}) {
    BOOST_TEST((renewal_due(noon, noon + row.left) == noon + row.due), row.left.count());
  }
  BOOST_TEST((renewal_due(noon, noon - 5s) == noon - 5s));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_handler_that_outlives_its_ticket, Fixture)

BOOST_AUTO_TEST_CASE(goes_on_under_one_renewal_after_the_other) {
  begin();
  BOOST_TEST(kdc.count("renew") == 0);
  for (int i = 1; i <= 4; ++i) {
    pass(41min);
    BOOST_TEST_REQUIRE(renewals(i));
    BOOST_TEST_REQUIRE(source.told(static_cast<std::size_t>(i)).size() == std::size_t(i));
  }
  BOOST_TEST((clock.now() > noon + 2h));
  touch("go");
  BOOST_TEST((ended() == End::completed));
  const auto report = source.report();
  BOOST_TEST(report->verb == "complete");
  BOOST_TEST(result(*report).at("run_until") == "2026-09-21T17:57:22Z");  // it can read how long
  const std::vector<std::string> expected{"verdict accepted", "renewal renewed", "renewal renewed",
                                          "renewal renewed", "renewal renewed"};
  BOOST_TEST(events() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(learns_what_a_renewal_took_from_it) {
  kdc.on_renew = [](Body renewed) -> Result<Body> {
    renewed.actions = {"report:write"};
    return renewed;
  };
  begin();
  pass(41min);
  BOOST_TEST_REQUIRE(source.told(1).size() == 1U);
  touch("go");
  BOOST_TEST((ended() == End::completed));
  BOOST_TEST(result(*source.report()).at("actions") == json::array({"report:write"}));
}

BOOST_AUTO_TEST_CASE(is_ended_when_a_renewal_lacks_what_it_needs) {
  kdc.on_renew = [](Body renewed) -> Result<Body> {
    renewed.actions = {"invoice:read"};
    return renewed;
  };
  begin();
  pass(41min);
  BOOST_TEST((ended() == End::refused));
  const auto report = source.report();
  BOOST_TEST(report->verb == "refuse");
  BOOST_TEST((report->code == Errc::action_denied));
}

BOOST_AUTO_TEST_CASE(is_ended_when_the_kdc_will_not_renew_it) {
  kdc.on_renew = [](Body) -> Result<Body> { return Error{Errc::grant_missing, "policy"}; };
  begin();
  pass(41min);
  BOOST_TEST((ended() == End::refused));
  const auto report = source.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->verb == "refuse");  // and so is not tried again
  BOOST_TEST((report->code == Errc::grant_missing));
  const std::vector<std::string> expected{"verdict accepted", "renewal WB-GRANT-MISSING",
                                          "stopped WB-GRANT-MISSING"};
  BOOST_TEST(events() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_ended_when_what_comes_is_no_renewal) {
  kdc.on_renew = [](Body renewed) -> Result<Body> {
    renewed.actions.emplace_back("invoice:pay");
    return renewed;
  };
  begin();
  pass(41min);
  BOOST_TEST((ended() == End::refused));
  BOOST_TEST((source.report()->code == Errc::bad_renewal));
}

BOOST_AUTO_TEST_CASE(may_run_to_the_end_of_its_time_while_the_kdc_is_away) {
  kdc.is_away = true;
  begin();
  clock.advance(59min);
  std::this_thread::sleep_for(200ms);
  BOOST_TEST(goes_on());
  touch("go");
  BOOST_TEST((ended() == End::completed));
  BOOST_TEST(events().size() == 1U);  // nobody has ruled on anything
}

BOOST_AUTO_TEST_CASE(is_tried_again_when_its_time_was_over_while_the_kdc_was_away) {
  kdc.is_away = true;
  begin();
  clock.advance(1h);
  BOOST_TEST((ended() == End::failed));
  const auto report = source.report();
  BOOST_TEST(report->verb == "fail");
  BOOST_TEST(report->retry);
  BOOST_TEST(report->message == "the ticket's time ended while the handler ran");
}

BOOST_AUTO_TEST_CASE(is_renewed_when_the_kdc_comes_back) {
  kdc.is_away = true;
  begin();
  clock.advance(45min);
  std::this_thread::sleep_for(100ms);
  kdc.is_away = false;
  pass(5min);
  BOOST_TEST(source.told(1).size() == 1U);
  touch("go");
  BOOST_TEST((ended() == End::completed));
}

BOOST_AUTO_TEST_CASE(is_ended_for_good_with_the_last_time) {
  first.renew_until = first.run_until;
  issued = desk.realm.issue(first);
  begin();
  clock.advance(59min);
  std::this_thread::sleep_for(100ms);
  BOOST_TEST(kdc.count("renew") == 0);
  clock.advance(1min);
  BOOST_TEST((ended() == End::failed));
  BOOST_TEST(!source.report()->retry);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_handler_whose_ticket_is_revoked, Fixture)

// Rules: R4.36
BOOST_AUTO_TEST_CASE(is_ended_by_whatever_its_ticket_stands_on) {
  struct Row {
    RevokedBy kind;
    std::string value;
  };
  const Row rows[] = {{RevokedBy::ticket, value_of(first.id)},
                      {RevokedBy::ticket, value_of(first.lineage.at(0))},
                      {RevokedBy::subject, "carol@DEMO.TEST"},
                      {RevokedBy::actor, "trigger/orders@DEMO.TEST"},
                      {RevokedBy::queue, "queue-alice@DEMO.TEST"},
                      {RevokedBy::workflow, first.work->id}};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.value) {
      Fixture one;
      const bool is_ticket = row.kind == RevokedBy::ticket;
      const bool is_own = row.value == value_of(first.id);
      const std::string id = value_of(is_own ? one.first.id : one.first.lineage.at(0));
      one.begin();
      one.desk.feed.revoke(row.kind, is_ticket ? id : row.value, noon + 1s);
      one.desk.hear(noon + 3s);
      BOOST_TEST((one.ended() == End::refused));
      const auto report = one.source.report();
      BOOST_TEST_REQUIRE(report.has_value());
      BOOST_TEST(report->verb == "refuse");
      BOOST_TEST((report->code == Errc::revoked));
      const std::vector<std::string> expected{"verdict accepted", "stopped WB-TICKET-REVOKED"};
      BOOST_TEST(one.events() == expected, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(is_left_alone_by_what_concerns_others) {
  begin();
  desk.feed.revoke(RevokedBy::subject, "mallory@DEMO.TEST", noon + 1s);
  desk.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon - 1s);  // an older login of hers
  desk.hear(noon + 3s);
  std::this_thread::sleep_for(200ms);
  BOOST_TEST(goes_on());
  touch("go");
  BOOST_TEST((ended() == End::completed));
}

BOOST_AUTO_TEST_CASE(is_killed_when_it_does_not_heed_the_signal) {
  Handlers deaf;
  BOOST_TEST(outcome(deaf.add("invoice-report=trap '' TERM; " + waits_for("go"))) == accepted);
  patient = std::move(deaf);
  begin();
  desk.feed.revoke(RevokedBy::ticket, value_of(first.id));
  desk.hear(noon + 3s);
  BOOST_TEST((ended() == End::refused));
  BOOST_TEST((source.report()->code == Errc::revoked));
}

BOOST_AUTO_TEST_CASE(may_finish_where_the_operator_says_so) {
  on_revoked = OnRevoked::finish;
  begin();
  desk.feed.revoke(RevokedBy::ticket, value_of(first.id));
  desk.hear(noon + 3s);
  BOOST_TEST(comes([this] { return events().size() == 2U; }));
  BOOST_TEST(events().back() == "let_finish WB-TICKET-REVOKED");
  BOOST_TEST(goes_on());
  touch("go");
  BOOST_TEST((ended() == End::completed));
  BOOST_TEST(source.report()->verb == "complete");
}

BOOST_AUTO_TEST_CASE(may_finish_within_the_ticket_s_time_and_is_not_tried_again_after_it) {
  on_revoked = OnRevoked::finish;
  kdc.on_renew = [](Body) -> Result<Body> { return Error{Errc::revoked, "meanwhile"}; };
  begin();
  pass(41min);
  BOOST_TEST(comes([this] { return events().size() == 3U; }));
  clock.advance(19min);
  BOOST_TEST((ended() == End::refused));
  const auto report = source.report();
  BOOST_TEST(report->verb == "refuse");
  BOOST_TEST((report->code == Errc::revoked));
  BOOST_TEST(kdc.count("renew") == 1);
}

BOOST_AUTO_TEST_CASE(is_ended_when_a_renewal_cannot_be_kept_on_record) {
  Verdicts full("/dev/full");
  const LeasedJob one = leased(desk.job(issued, *first.work));
  auto verdict = desk.verify(*one.job);
  BOOST_TEST_REQUIRE(bool(verdict.result));
  Stop stop;
  LeaseKeeper::Held held(leases, one.lease, stop);
  Briefing briefing(*verdict.result, 1);
  const std::vector<std::string> nothing;
  TicketWatch watch({desk.verifier, upkeep, renewer, full, clock}, {.look_every = 10ms},
                    {one, *verdict.result, nothing, briefing, held, stop});
  pass(41min);
  BOOST_TEST(comes([&] { return stop.is_requested(); }));
  BOOST_CHECK_THROW(watch.end(), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::ticket_watch_test
