#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/stage.h"
#include "ticket/adapters/base64.h"

namespace waybill::test::renewal_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// A realm with a trigger and a worker of queue-alice, in which carol may start `slow-*`, each for
/// six seconds. The handler of slow-report says who it is, waits for the file `go` and gives the
/// actions that it has; that of slow-print gives them at once.
struct Fixture {
  static constexpr auto life = 6s;
  LiveRealm realm{LiveRealm::Settings{{"feed_interval", "1"}}};
  LiveTrigger trigger{realm};
  Person carol{realm, "carol"};
  FrontDoor door{trigger.url()};
  Errand errand{.type = "slow-report", .actions = {"invoice:read", "report:write"}};

  Fixture() { grant({"invoice:read", "report:write"}); }

  void grant(const std::vector<std::string>& actions) {
    Fields fields{{"subject", "carol"}, {"queue", "queue-alice"}, {"workflow", "slow-*"}};
    for (const std::string& action : actions) fields.add("action", action);
    realm.grant(fields.add("max_run", "6"));
  }
  std::unique_ptr<LiveWorker> worker(const std::vector<std::string>& more = {}) {
    const std::string slow =
        "echo $$ >$HOME/pid; while [ ! -e $HOME/go ]; do sleep 0.1; done; "
        "echo over >&2; echo $WAYBILL_ACTIONS";
    return std::make_unique<LiveWorker>(
        realm, trigger.url(),
        LiveWorker::Options{
            .handlers = {{"slow-report", slow}, {"slow-print", "echo $WAYBILL_ACTIONS"}},
            .more = more});
  }
  std::string submit() {
    const auto reply = door.submit(carol, errand);
    BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
    return reply.body.at("workflow_id");
  }
  json status(const std::string& id) { return door.ask(carol, "GET", "/v1/workflows/" + id).body; }
  std::string result(const std::string& id) {
    const auto reply = door.ask(carol, "GET", "/v1/workflows/" + id + "/result");
    const auto bytes = from_base64(reply.body.value("result", ""));
    return reply.status == 200 && bytes ? std::string(text_of(*bytes)) : reply.body.dump();
  }
  /// The process of the handler, once it runs.
  std::string handler() {
    BOOST_TEST_REQUIRE(eventually([&] { return !lines_of(realm.folder() / "pid").empty(); }));
    return lines_of(realm.folder() / "pid").back();
  }
  static bool lives(const std::string& process) {
    return std::filesystem::exists("/proc/" + process);
  }
  /// Lines of verdicts.jsonl as "event verdict".
  std::vector<std::string> verdicts() const {
    std::vector<std::string> out;
    for (const std::string& line : lines_of(realm.folder() / "worker-queue-alice/verdicts.jsonl")) {
      const json row = json::parse(line);
      out.push_back(row.value("event", "") + " " + row.value("verdict", ""));
    }
    return out;
  }
  std::size_t renewals() {
    std::size_t n = 0;
    for (const Fields& row : realm.rows("audit.tail")) {
      if (row.get("event") == "renew" && row.get("outcome") == "done") ++n;
    }
    return n;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_handler_that_outlives_its_grant, Fixture)

BOOST_AUTO_TEST_CASE(goes_on_under_renewed_tickets_and_its_result_is_taken) {
  const auto alice = worker();
  const std::string id = submit();
  const std::string first = status(id).at("run_until");
  const std::string process = handler();
  std::this_thread::sleep_for(2 * life + 2s);
  BOOST_TEST(lives(process));
  const json running = status(id);
  BOOST_TEST(running.at("status") == "running");
  BOOST_TEST(running.at("run_until").get<std::string>() > first);  // the trigger believes them
  BOOST_TEST(running.at("renew_until") > running.at("run_until"));
  realm.write("go", "");
  BOOST_TEST(door.wait(carol, id).at("status") == "completed");
  BOOST_TEST(result(id) == "invoice:read,report:write\n");
  // Whose line it is was part of the first ticket, which is long gone.
  BOOST_TEST(alice->daemon().log().find(R"("workflow":")" + id + R"(","line":"over")") !=
             std::string::npos);
  BOOST_TEST(renewals() >= 2U);
  const auto said = verdicts();
  BOOST_TEST_REQUIRE(said.size() >= 3U);
  BOOST_TEST(said[0] == "verdict accepted");
  BOOST_TEST(said[1] == "renewal renewed");
  BOOST_TEST(said[2] == "renewal renewed");
}

BOOST_AUTO_TEST_CASE(is_ended_when_its_grant_is_withdrawn) {
  const auto alice = worker();
  const std::string id = submit();
  const std::string process = handler();
  realm.withdraw_grants("carol");
  const json ended = door.wait(carol, id, 30s);
  BOOST_TEST(ended.at("status") == "refused", ended.dump());
  BOOST_TEST(ended.at("error").at("code") == "WB-GRANT-MISSING");
  BOOST_TEST(!lives(process));
  BOOST_TEST(verdicts().back() == "stopped WB-GRANT-MISSING");
}

BOOST_AUTO_TEST_CASE(is_killed_by_waybill_revoke) {
  const auto alice = worker();
  realm.init("carol");
  const std::string id = submit();
  const std::string process = handler();
  BOOST_TEST(lives(process));
  const Ended revoked =
      realm.waybill({"revoke", "--workflow", id, "--reason", "a mistake"}, "carol");
  BOOST_TEST_REQUIRE(revoked.status == 0, revoked.err);
  const json ended = door.wait(carol, id, 30s);
  BOOST_TEST(ended.at("status") == "refused", ended.dump());
  BOOST_TEST(ended.at("error").at("code") == "WB-TICKET-REVOKED");
  BOOST_TEST(ended.at("attempt") == 1);
  BOOST_TEST(!lives(process));
  BOOST_TEST(verdicts().back() == "stopped WB-TICKET-REVOKED");
  const Ended shown = realm.waybill({"status", id}, "carol");
  for (const char* words : {"WB-TICKET-REVOKED", "may run until", "renewable until"}) {
    BOOST_TEST(shown.out.find(words) != std::string::npos, shown.out + shown.err);
  }
}

BOOST_AUTO_TEST_CASE(may_finish_after_a_revocation_where_the_operator_says_so) {
  const auto alice = worker({"--on-revoked", "finish"});
  const std::string id = submit();
  const std::string process = handler();
  const auto ticket = realm.rows("tickets", {{"workflow", id}}).at(0);
  realm.must("revoke", {{"kind", "ticket"}, {"value", std::string(ticket.get("id"))}});
  BOOST_TEST(eventually([&] { return verdicts().back() == "let_finish WB-TICKET-REVOKED"; }));
  BOOST_TEST(lives(process));
  realm.write("go", "");
  BOOST_TEST(door.wait(carol, id).at("status") == "completed");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(work_that_nobody_took_in_its_time, Fixture)

BOOST_AUTO_TEST_CASE(is_renewed_as_narrow_as_it_is_granted_today) {
  errand.type = "slow-print";
  const std::string id = submit();
  std::this_thread::sleep_for(life + 2s);
  BOOST_TEST(status(id).at("status") == "queued");
  realm.withdraw_grants("carol");
  grant({"report:write"});
  const auto alice = worker();
  BOOST_TEST(door.wait(carol, id).at("status") == "completed");
  BOOST_TEST(result(id) == "report:write\n");
}

BOOST_AUTO_TEST_CASE(is_refused_when_its_handler_needs_what_is_granted_no_more) {
  errand.type = "slow-print";
  const std::string id = submit();
  std::this_thread::sleep_for(life + 2s);
  realm.withdraw_grants("carol");
  grant({"report:write"});
  const auto alice = worker({"--require-action", "slow-print=invoice:read"});
  const json ended = door.wait(carol, id);
  BOOST_TEST(ended.at("status") == "refused", ended.dump());
  BOOST_TEST(ended.at("error").at("code") == "WB-TICKET-ACTION");
}

BOOST_AUTO_TEST_CASE(waits_for_a_kdc_that_is_away) {
  const auto alice = worker();
  errand.type = "slow-print";
  const std::string warm = submit();  // so that everybody knows everybody
  BOOST_TEST(door.wait(carol, warm).at("status") == "completed");
  alice->daemon().pause();
  const std::string id = submit();
  std::this_thread::sleep_for(life + 2s);
  realm.kdc().kill();
  alice->daemon().resume();
  BOOST_TEST(alice->daemon().says("\"job_handed_back\""));
  BOOST_TEST(eventually([&] { return status(id).at("status") == "queued"; }));
  BOOST_TEST(status(id).at("attempt") == 0);
  realm.start_kdc();
  const json ended = door.wait(carol, id, 30s);
  BOOST_TEST(ended.at("status") == "completed", ended.dump());
  BOOST_TEST(ended.at("attempt") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::renewal_test
