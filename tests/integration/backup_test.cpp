#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/live_realm.h"

namespace waybill::test::backup_test {
namespace {

using namespace std::chrono_literals;

/// An operator who adds grants, one after the other, until told to stop. Nobody else may use the
/// realm's operator meanwhile.
class Load {
 public:
  explicit Load(LiveRealm& realm) : thread_([this, &realm] { work(realm); }) {}
  ~Load() { stop(); }
  void stop() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::set<std::string> acknowledged() const {
    const std::scoped_lock guard(lock_);
    return ids_;
  }
  bool goes_on_from(std::size_t count) const {
    return eventually([&] { return acknowledged().size() > count; });
  }

 private:
  void work(LiveRealm& realm) {
    int asked = 0;
    while (!ending_) {
      const std::string id = realm.grant({{"subject", "bob"},
                                          {"queue", "queue-bob"},
                                          {"workflow", "load-" + std::to_string(++asked) + "-*"},
                                          {"action", "invoice:read"},
                                          {"max_run", "3600"}});
      const std::scoped_lock guard(lock_);
      ids_.insert(id);
    }
  }
  std::atomic<bool> ending_ = false;
  mutable std::mutex lock_;
  std::set<std::string> ids_;
  std::thread thread_;
};

struct Fixture {
  LiveRealm realm;

  Ended kdc(std::vector<std::string> arguments) const {
    return run(realm.program(WAYBILL_KDC_PROGRAM, std::move(arguments)));
  }
  Ended backup() const { return kdc({"store", "backup", "--dir", "kdc", "--to", "backup"}); }
  Ended restore() const { return kdc({"store", "restore", "--from", "backup", "--dir", "kdc"}); }
  std::set<std::string> grants() {
    std::set<std::string> ids;
    for (const Fields& row : realm.rows("admin.grant.list")) ids.emplace(row.get("id"));
    return ids;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_backup_of_a_kdc_that_serves, Fixture)

BOOST_AUTO_TEST_CASE(has_all_that_was_acknowledged_before_it_and_starts_only_with_a_word) {
  Load load(realm);
  BOOST_TEST_REQUIRE(load.goes_on_from(20));
  const auto before = load.acknowledged();
  const Ended made = backup();
  BOOST_TEST_REQUIRE(made.status == 0, made.err);
  BOOST_TEST_REQUIRE(load.goes_on_from(load.acknowledged().size()));
  load.stop();
  std::this_thread::sleep_for(2s);  // the mark is raised once a second
  const auto after = load.acknowledged();
  BOOST_TEST(backup().status == 1);   // never over it
  BOOST_TEST(restore().status == 5);  // somebody serves the folder
  realm.kdc().kill();

  const Ended restored = restore();
  BOOST_TEST_REQUIRE(restored.status == 0, restored.err);
  BOOST_TEST(restored.out.find("--accept-older-store") != std::string::npos, restored.out);
  const Ended refused = kdc({"serve", "--dir", "kdc"});
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(refused.err.find("--accept-older-store") != std::string::npos, refused.err);
  Daemon with_the_word(
      realm.program(WAYBILL_KDC_PROGRAM, {"serve", "--dir", "kdc", "--accept-older-store"}),
      realm.folder() / "kdc-again.log");
  with_the_word.start();
  with_the_word.wait_until_listening(realm.kdc_port());
  const auto there = grants();
  BOOST_TEST(std::ranges::includes(there, before));
  BOOST_TEST(!std::ranges::includes(there, after));
  BOOST_TEST(with_the_word.terminate() == 0);
  realm.start_kdc();  // the word is needed once
  BOOST_TEST((grants() == there));
  const Ended checked = kdc({"store", "check", "--dir", "kdc"});
  BOOST_TEST(checked.status == 0, checked.err);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::backup_test
