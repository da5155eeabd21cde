#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"

namespace waybill::test::rekey_test {
namespace {

struct Fixture {
  LiveRealm realm;
  LiveTrigger trigger{realm};
  Person carol{realm, "carol"};
  FrontDoor door{trigger.url()};
  const std::string path = realm.keytab_of("queue-alice").string();

  std::string submit() {
    const auto reply = door.submit(carol, Errand{});
    BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
    return reply.body.at("workflow_id");
  }
  void done(const std::vector<std::string>& words) {
    const Ended ended = realm.waybill(words, "alice");
    BOOST_TEST_REQUIRE(ended.status == 0, ended.err);
  }
  /// Work that lies there from before and from after the change.
  std::pair<std::string, std::string> across_a_change() {
    realm.init("alice");
    std::string before = submit();
    done({"keygen", "--principal", "queue-alice", "--out", path, "--add"});
    done({"admin", "queue", "rekey", "queue-alice", "--keytab", path});
    return {before, submit()};
  }
  std::unique_ptr<LiveWorker> worker() {
    return std::make_unique<LiveWorker>(
        realm, trigger.url(), LiveWorker::Options{.handlers = {{"invoice-report", "cat"}}});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_queue_that_got_its_next_key, Fixture)

BOOST_AUTO_TEST_CASE(has_work_from_before_and_after_done_by_a_worker_with_both) {
  const auto [before, after] = across_a_change();
  const auto alice = worker();
  BOOST_TEST(door.wait(carol, before).at("status") == "completed");
  BOOST_TEST(door.wait(carol, after).at("status") == "completed");
}

BOOST_AUTO_TEST_CASE(is_served_when_its_older_key_is_retired_too) {
  const auto [before, after] = across_a_change();
  const auto alice = worker();
  BOOST_TEST(door.wait(carol, after).at("status") == "completed");
  done({"admin", "queue", "rekey", "queue-alice", "--retire-old"});
  const std::string later = submit();
  BOOST_TEST(door.wait(carol, later).at("status") == "completed");
  BOOST_TEST(door.wait(carol, before).at("status") == "completed");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::rekey_test
