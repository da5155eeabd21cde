#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/stage.h"
#include "ticket/adapters/base64.h"
#include "ticket/wire/hex.h"

namespace waybill::test::replay_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string verdict_of(RogueEngine& engine, const CraftedJob& job) {
  const auto report = engine.report(engine.hand_out(job));
  if (!report) return "no report";
  return report->kind == JobReport::Kind::completed ? "completed" : report->code;
}

/// What a queue's principal is handed, and gives back: the bytes that a thief of the queue has.
CraftedJob taken_from(FrontDoor& door, Person& queue) {
  const auto polled =
      door.ask(queue, "POST", "/v1/queues/queue-alice/poll", {{"wait_seconds", 5}, {"max", 1}});
  const json job = polled.body.at("jobs").at(0);
  const auto given_back =
      door.ask(queue, "POST", "/v1/jobs/" + job.at("run_id").get<std::string>() + "/hand-back",
               {{"lease", job.at("lease")}, {"message", "looked at"}});
  BOOST_TEST(given_back.status == 200);
  return {job.at("workflow_id"),
          job.at("workflow_type"),
          job.at("run_id"),
          Time{Seconds{job.at("started_at").get<std::int64_t>()}},
          *from_base64(job.at("ticket").get<std::string>()),
          *from_base64(job.at("input").get<std::string>())};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_finished_job)

// The worker that did it has a table, and needs nobody. Another folder knows nothing of it, so
// there it is the KDC's word that the work is completed; the trigger brings it there, whenever it
// can.
BOOST_AUTO_TEST_CASE(is_run_once_more_neither_offline_nor_by_another_worker) {
  LiveRealm realm(LiveRealm::Settings{{"feed_interval", "1"}});
  LiveTrigger trigger(realm);
  Person carol(realm, "carol");
  Person queue(realm, "queue-alice");
  FrontDoor door(trigger.url());
  const std::string name = realm.principal("trigger/orders").text();
  RogueEngine here(name);
  RogueEngine there(name);
  const std::map<std::string, std::string> replays{{"invoice-report", "echo ran >>$HOME/ran"}};
  const LiveWorker same(realm, here.url(), {.handlers = replays, .dir = "one", .name = "same"});
  const LiveWorker other(realm, there.url(), {.handlers = replays, .dir = "two", .name = "other"});
  BOOST_TEST_REQUIRE((here.is_polled() && there.is_polled()));

  const auto submitted = door.submit(carol, {});
  BOOST_TEST_REQUIRE(submitted.status == 202);
  const std::string id = submitted.body.at("workflow_id");
  const CraftedJob stolen = taken_from(door, queue);
  const LiveWorker honest(
      realm, trigger.url(),
      {.handlers = {{"invoice-report",
                     "echo ran >>$HOME/ran; while [ ! -e $HOME/go ]; do sleep 0.1; done; cat"}},
       .dir = "one",
       .name = "honest"});
  const auto runs = [&] { return lines_of(realm.folder() / "ran").size(); };
  BOOST_TEST_REQUIRE(eventually([&] { return runs() == 1U; }));
  BOOST_TEST(door.ask(carol, "GET", "/v1/workflows/" + id).body.at("status") == "running");
  realm.kdc().kill();
  realm.write("go", "");
  BOOST_TEST(door.wait(carol, id).at("status") == "completed");

  CraftedJob replay = stolen;
  replay.run_id = to_hex(random_bytes<16>());
  BOOST_TEST(verdict_of(here, replay) == "WB-TICKET-REPLAY");

  realm.start_kdc();
  const auto reason = [&] {
    const auto rows = realm.rows("tickets", {{"workflow", id}});
    return std::string(rows.at(0).get("state"));
  };
  BOOST_TEST(eventually([&] { return reason() == "ended"; }));
  std::this_thread::sleep_for(4s);  // until every mirror has it
  for (RogueEngine* engine : {&here, &there}) {
    BOOST_TEST(verdict_of(*engine, stolen) == "WB-TICKET-REVOKED");  // the very same run, even
    BOOST_TEST(verdict_of(*engine, replay) == "WB-TICKET-REVOKED");
  }
  BOOST_TEST(runs() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::replay_test
