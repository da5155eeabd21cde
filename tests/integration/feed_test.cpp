#include <atomic>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/stage.h"
#include "ticket/exchange/feed_follower.h"
#include "ticket/wire/hex.h"

namespace waybill::test::feed_test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const LiveRealm::Settings quick{{"feed_interval", "1"}, {"max_staleness", "10"}};

/// The feed's folder behind a web server that has never heard of Waybill.
class StaticServer {
 public:
  explicit StaticServer(const LiveRealm& realm, const fs::path& folder)
      : daemon_(
            {"/bin/busybox",
             {"httpd", "-f", "-p", "127.0.0.1:" + std::to_string(port_), "-h", folder.string()}},
            realm.folder() / "static.log") {
    start();
  }
  void start() {
    daemon_.start();
    daemon_.wait_until_listening(port_);
  }
  Daemon& daemon() { return daemon_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const std::uint16_t port_ = free_port();
  Daemon daemon_;
};

void revoke(Stage& stage, const IssuedTicket& issued) {
  stage.realm.must("revoke", {{"kind", "ticket"}, {"value", to_hex(id_of(issued))}});
}

// The head that lies in a folder, verified.
FeedHead head_in(LiveRealm& realm, const fs::path& folder) {
  std::ifstream file(folder / "head", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const auto document = realm.client().fetch_realm();
  const auto head = FeedHead::parse(bytes_of(bytes), *document);
  if (!head) throw std::runtime_error("no head in " + folder.string() + ": " + head.error().note);
  return *head;
}

fs::path feed_folder(const LiveRealm& realm) { return realm.folder() / "kdc" / "feed"; }

}  // namespace

BOOST_AUTO_TEST_SUITE(a_worker_of_a_static_server)

BOOST_AUTO_TEST_CASE(refuses_what_the_kdc_revoked) {
  std::optional<StaticServer> server;
  Stage stage(quick, [&](const LiveRealm& realm) {
    server.emplace(realm, feed_folder(realm));
    return std::vector<std::string>{"--feed", server->url(), "--feed-interval", "1"};
  });
  const auto good = stage.good_job();
  const auto doomed = stage.good_job();
  BOOST_TEST(stage.verdict(good.job) == "completed");
  revoke(stage, doomed.issued);
  std::this_thread::sleep_for(3s);
  BOOST_TEST(stage.verdict(doomed.job) == describe(Errc::revoked).name);
  BOOST_TEST(!stage.has_run(doomed.job.run_id));
}

BOOST_AUTO_TEST_CASE(refuses_everything_when_the_server_shows_an_old_head_for_too_long) {
  // A copy that nobody refreshes: each file in it is genuine.
  std::optional<StaticServer> server;
  fs::path copy;
  Stage stage(quick, [&](const LiveRealm& realm) {
    copy = realm.folder() / "copy";
    std::this_thread::sleep_for(2s);
    fs::copy(feed_folder(realm), copy, fs::copy_options::recursive);
    server.emplace(realm, copy);
    return std::vector<std::string>{"--feed", server->url(), "--feed-interval", "1"};
  });
  const auto job = stage.good_job();
  std::this_thread::sleep_for(11s);
  const auto report = stage.engine.report(stage.engine.hand_out(job.job));
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(!stage.has_run(job.job.run_id));
  BOOST_TEST(report->message.find("WB-FEED-STALE") != std::string::npos, report->message);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_kdc_that_is_killed)

BOOST_AUTO_TEST_CASE(while_it_publishes_comes_back_to_a_feed_that_followers_believe) {
  LiveRealm realm(quick);
  FeedFollower follower;
  std::set<std::string> seen;
  const auto follow = [&] {
    HttpClient http("http://127.0.0.1:" + std::to_string(realm.kdc_port()));
    const auto document = realm.client().fetch_realm();
    for (;;) {
      const HttpReply head = http.get("/v1/feed/head");
      const auto wanted = follower.take_head(bytes_of(head.body), *document, realm.now());
      BOOST_TEST_REQUIRE(bool(wanted), (wanted ? "" : wanted.error().note));
      if (!*wanted) return;
      const HttpReply wire = http.get("/v1/feed/segments/" + (*wanted)->path());
      BOOST_TEST_REQUIRE(wire.status == 200, (*wanted)->path());
      const auto segment = FeedSegment::decode(bytes_of(wire.body));
      BOOST_TEST_REQUIRE(bool(segment));
      const auto fresh = follower.take_segment(*segment, *document, realm.now());
      BOOST_TEST_REQUIRE(bool(fresh), (fresh ? "" : fresh.error().note));
      for (const Revocation& entry : *fresh) seen.insert(entry.value);
    }
  };
  std::vector<std::string> answered;
  for (int round = 0; round < 6; ++round) {
    std::atomic<bool> ending{false};
    std::mutex lock;
    std::thread busy([&] {
      for (int i = 0; !ending; ++i) {
        const std::string id = "w-" + std::to_string(round) + "-" + std::to_string(i);
        try {
          realm.must("revoke", {{"kind", "workflow"}, {"value", id}});
        } catch (const std::exception&) {
          return;  // it was killed under us
        }
        const std::scoped_lock guard(lock);
        answered.push_back(id);
      }
    });
    std::this_thread::sleep_for(300ms + 70ms * round);
    realm.kdc().kill();
    ending = true;
    busy.join();
    realm.start_kdc();
    follow();
    // Whatever was answered is in, and the files say the same as the server.
    for (const std::string& id : answered) BOOST_TEST(seen.contains(id), id);
    const FeedHead head = head_in(realm, feed_folder(realm));
    BOOST_TEST(head.last.sequence >= follower.place().known.sequence);
  }
  BOOST_TEST(answered.size() > 6U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_feed_on_a_stick)

BOOST_AUTO_TEST_CASE(is_exported_verified_and_imported_where_no_network_is) {
  LiveRealm realm(quick);
  realm.must("revoke", {{"kind", "workflow"}, {"value", "w-1"}});
  realm.must("revoke", {{"kind", "subject"}, {"value", "mallory"}});
  const std::string stick = (realm.folder() / "stick").string();
  const std::string mirror = (realm.folder() / "mirror").string();
  const auto exported = realm.waybill({"feed", "export", stick});
  BOOST_TEST_REQUIRE(exported.status == 0, exported.err);
  realm.kdc().kill();
  const auto verified = realm.waybill({"feed", "verify", stick});
  BOOST_TEST(verified.status == 0, verified.err);
  const auto shown = realm.waybill({"feed", "show", stick, "--entries", "--json"});
  BOOST_TEST(shown.status == 0, shown.err);
  BOOST_TEST(shown.out.find("w-1") != std::string::npos, shown.out);
  BOOST_TEST(shown.out.find("mallory@") != std::string::npos, shown.out);
  const auto imported = realm.waybill({"feed", "import", stick, "--mirror", mirror});
  BOOST_TEST(imported.status == 0, imported.err);

  // One flipped bit anywhere in a segment, and nothing of it is believed.
  const fs::path segment = fs::path(stick) / "0" / "0.2";
  BOOST_TEST_REQUIRE(fs::exists(segment));
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(20);
  file.put('\x5a');
  file.close();
  BOOST_TEST(realm.waybill({"feed", "verify", stick}).status == 1);
  BOOST_TEST(realm.waybill({"feed", "import", stick, "--mirror", mirror + "-2"}).status == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(workers_that_share_a_mirror)

BOOST_AUTO_TEST_CASE(go_on_when_the_one_that_follows_is_killed) {
  std::string mirror;
  Stage stage(quick, [&](const LiveRealm& realm) {
    mirror = (realm.folder() / "mirror").string();
    return std::vector<std::string>{"--mirror", mirror, "--feed-interval", "1"};
  });
  // Another tenant's worker on the same host, which was there second: it only reads.
  RogueEngine other_engine(stage.realm.principal("trigger/orders").text());
  LiveWorker other(stage.realm, other_engine.url(),
                   {.queue = "queue-bob",
                    .handlers = {{"invoice-report", "cat"}},
                    .more = {"--mirror", mirror, "--feed-interval", "1"}});
  BOOST_TEST_REQUIRE(other_engine.is_polled());
  Person mallory(stage.realm, "mallory");
  Errand errand;
  errand.queue = "queue-bob";
  const auto doomed = stage.good_job(mallory, errand);
  stage.worker.daemon().kill();
  std::this_thread::sleep_for(3s);
  revoke(stage, doomed.issued);
  std::this_thread::sleep_for(3s);
  const auto report = other_engine.report(other_engine.hand_out(doomed.job));
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->code == describe(Errc::revoked).name);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_test
