#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/stage.h"

namespace waybill::test::offline_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(a_worker_without_a_kdc)

BOOST_AUTO_TEST_CASE(goes_on_with_a_feed_that_is_fresh_enough) {
  Stage stage;
  const auto job = stage.good_job();
  stage.realm.kdc().kill();
  std::this_thread::sleep_for(1s);
  BOOST_TEST(stage.verdict(job.job) == "completed");
}

BOOST_AUTO_TEST_CASE(refuses_work_when_its_feed_is_stale_and_takes_it_later) {
  Stage stage(LiveRealm::Settings{{"feed_interval", "1"}, {"max_staleness", "5"}});
  const auto job = stage.good_job();
  const auto later = stage.good_job();
  BOOST_TEST(stage.verdict(job.job) == "completed");
  stage.realm.kdc().kill();
  std::this_thread::sleep_for(7s);
  const auto report = stage.engine.report(stage.engine.hand_out(later.job));
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(!stage.has_run(later.job.run_id));
  // Not the job's fault: it is given back, to be tried again.
  BOOST_TEST((report->kind == JobReport::Kind::failed));
  BOOST_TEST(report->retry);
  BOOST_TEST(report->message.find("WB-FEED-STALE") != std::string::npos, report->message);
  stage.realm.start_kdc();
  std::this_thread::sleep_for(3s);
  BOOST_TEST(stage.verdict(later.job) == "completed");
}

// The same with a real trigger: nobody has to do anything.
BOOST_AUTO_TEST_CASE(leaves_a_job_in_the_queue_until_the_feed_is_fresh_again) {
  LiveRealm realm({{"feed_interval", "1"}, {"max_staleness", "5"}});
  LiveTrigger trigger(realm);
  Person carol(realm, "carol");
  FrontDoor door(trigger.url());
  LiveWorker worker(realm, trigger.url(),
                    {.handlers = {{"invoice-report", "echo ran >>$HOME/ran; cat"}}});
  const auto first = door.submit(carol, {});
  BOOST_TEST_REQUIRE(first.status == 202, first.body.dump());
  BOOST_TEST(door.wait(carol, first.body.at("workflow_id")).value("status", "") == "completed");
  worker.daemon().pause();
  const auto second = door.submit(carol, {});
  BOOST_TEST_REQUIRE(second.status == 202, second.body.dump());
  realm.kdc().kill();
  std::this_thread::sleep_for(7s);
  worker.daemon().resume();
  std::this_thread::sleep_for(2s);
  BOOST_TEST(lines_of(realm.folder() / "ran").size() == 1U);
  realm.start_kdc();
  const auto state = door.wait(carol, second.body.at("workflow_id"), 30s);
  BOOST_TEST(state.value("status", "") == "completed", state.dump());
  BOOST_TEST(state.value("attempt", 0) == 1, state.dump());  // what was not begun does not count
  BOOST_TEST(worker.daemon().says("job_handed_back"));
  BOOST_TEST(lines_of(realm.folder() / "ran").size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::offline_test
