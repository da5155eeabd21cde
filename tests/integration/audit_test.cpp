#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"
#include "ticket/adapters/files.h"

namespace waybill::test::audit_test {
namespace {

using namespace std::chrono_literals;

/// A trigger, a worker of queue-alice, and carol, who may have invoice-report done there.
struct Fixture {
  LiveRealm realm;
  LiveTrigger trigger{realm};
  LiveWorker worker{realm, trigger.url(), {.handlers = {{"invoice-report", "cat"}}}};
  Person carol{realm, "carol"};
  FrontDoor door{trigger.url()};

  std::string finished_work() {
    const auto reply = door.submit(carol, {});
    BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
    const std::string id = reply.body.at("workflow_id");
    const auto state = door.wait(carol, id, 30s);
    BOOST_TEST_REQUIRE(state.value("status", "") == "completed", state.dump());
    return id;
  }
  std::string trace(const std::string& id, const std::string& who) {
    return realm.waybill({"audit", "trace", id, "--json"}, who).out;
  }
  bool has_verdict(const std::string& id) {
    return trace(id, "carol").find("\"event\": \"verdict\"") != std::string::npos;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_audit_trail_of_real_processes, Fixture)

BOOST_AUTO_TEST_CASE(has_the_worker_s_verdict_also_when_the_kdc_was_away_meanwhile) {
  realm.init("carol");
  const std::string first = finished_work();
  BOOST_TEST(eventually([&] { return has_verdict(first); }), trace(first, "carol"));
  realm.kdc().kill();
  realm.start_kdc();
  const std::string second = finished_work();
  BOOST_TEST(eventually([&] { return has_verdict(second); }), trace(second, "carol"));
  realm.init("operator");
  const auto records = nlohmann::json::parse(trace(first, "operator"))["records"];
  std::vector<std::string> events;
  for (const auto& record : records) events.push_back(record["event"]);
  BOOST_TEST(std::ranges::count(events, "verdict") == 1);
  for (const char* event : {"login", "tgs.delegate", "complete"}) {
    BOOST_TEST(std::ranges::count(events, event) == 1, event);
  }
  BOOST_TEST(realm.waybill({"audit", "verify"}, "operator").status == 0);
  BOOST_TEST(realm.waybill({"why", first}, "carol").status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

/// A realm whose operator archives what is old while the KDC serves.
struct Archiving {
  LiveRealm realm;
  std::vector<std::string> archives;

  Archiving() { realm.init("operator"); }
  /// All that was until now, as far as the high-water mark lets it, which the KDC raises once a
  /// second; until the chain begins after this record.
  void prune_beyond(std::uint64_t record) {
    BOOST_TEST_REQUIRE(eventually([&] { return prune() > record; }));
  }
  Ended verify(std::vector<std::string> more, const std::string& who = "operator") const {
    std::vector<std::string> words{"audit", "verify", "--json"};
    for (const std::string& file : archives) more.insert(more.end(), {"--archive", file});
    words.insert(words.end(), more.begin(), more.end());
    return realm.waybill(words, who);
  }
  std::uint64_t signed_until() const {
    const Ended verified = realm.waybill({"audit", "verify", "--json"}, "operator");
    BOOST_TEST_REQUIRE(verified.status == 0, verified.err);
    return nlohmann::json::parse(verified.out)["signed_until"];
  }

 private:
  std::uint64_t prune() {
    const std::string file = "audit-" + std::to_string(archives.size()) + ".jsonl";
    const Ended ended =
        run(realm.program(WAYBILL_KDC_PROGRAM, {"audit", "prune", "--dir", "kdc", "--keep", "0s",
                                                "--archive", file, "--json"}));
    BOOST_TEST_REQUIRE(ended.status == 0, ended.err);
    const auto report = nlohmann::json::parse(ended.out);
    if (report.at("records") == 0) return 0;
    BOOST_TEST(report.at("records") ==
               report.at("last").get<int>() - report.at("first").get<int>() + 1);
    BOOST_TEST(report.at("archive") == file);
    archives.push_back(file);
    return report.at("last");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_audit_trail_that_is_pruned_while_the_kdc_serves, Archiving)

BOOST_AUTO_TEST_CASE(verifies_from_where_it_begins_and_whole_with_its_archives) {
  prune_beyond(1);
  const Ended alone = realm.waybill({"audit", "verify", "--json"}, "operator");
  BOOST_TEST(alone.status == 0, alone.err);
  BOOST_TEST(nlohmann::json::parse(alone.out)["first"] > 1);
  const Ended whole = verify({});
  BOOST_TEST(whole.status == 0, whole.err);
  const auto report = nlohmann::json::parse(whole.out);
  BOOST_TEST(report["first"] == 1);
  BOOST_TEST(report["records"] == report["signed_until"]);
  const Ended offline = verify({"--offline"}, "nobody");
  BOOST_TEST(offline.status == 0, offline.err);
  BOOST_TEST(realm.rows("admin.queue.list").size() == 2U);  // it serves on
  const Ended check = run(realm.program(WAYBILL_KDC_PROGRAM, {"store", "check", "--dir", "kdc"}));
  BOOST_TEST(check.status == 0, check.err);
}

BOOST_AUTO_TEST_CASE(is_not_believed_by_who_verified_more_of_it_until_he_has_the_archives) {
  const std::uint64_t verified = signed_until();
  prune_beyond(verified);
  const Ended refused = realm.waybill({"audit", "verify"}, "operator");
  BOOST_TEST(refused.status == 1, refused.out);
  BOOST_TEST(refused.err.find("in none of the archives") != std::string::npos, refused.err);
  BOOST_TEST(verify({}).status == 0);
  BOOST_TEST(realm.waybill({"audit", "verify"}, "operator").status == 0);
}

BOOST_AUTO_TEST_CASE(is_refused_with_an_archive_that_was_written_into) {
  prune_beyond(1);
  std::string text(text_of(read_file(realm.folder() / archives.front(), 1 << 24)));
  text.replace(text.find("carol"), 5, "mallo");
  realm.write(archives.front(), text);
  for (const Ended& ended : {verify({}), verify({"--offline"}, "nobody")}) {
    BOOST_TEST(ended.status == 1, ended.out);
    BOOST_TEST(ended.err.find("is unsound") != std::string::npos, ended.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_test
