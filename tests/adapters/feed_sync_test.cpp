#include "ticket/adapters/feed_sync.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/file_server.h"
#include "tests/adapters/scratch.h"
#include "tests/support/outcome.h"

namespace waybill::test::feed_sync_test {
namespace {

using Pulled = FeedSync::Pulled;

/// Two copies of a feed, each behind a source that a test can spoil, and a mirror that follows.
struct Fixture {
  Fixture() {
    kdc.revoke_many(3, noon);
    publish();
    first = kdc.files();
    sync = with({});
  }
  void publish() {
    kdc.publish(clock.now());
    second = kdc.files();
  }
  std::unique_ptr<FeedSync> with(const FeedSync::Options& options) {
    FeedSources sources;
    for (const auto* files : {&first, &second}) {
      auto source = std::make_unique<FilesSource>(*files);
      int& asked = files == &first ? asked_first : asked_second;
      source->asked = [&asked](const std::string&) { ++asked; };
      sources.push_back(std::move(source));
    }
    return std::make_unique<FeedSync>(mirror, std::move(sources), clock, options);
  }
  Pulled pull() { return sync->pull(realm.document); }
  std::uint64_t known() const { return mirror.head().sequence; }

  TestRealm realm;
  FeedFiles kdc{realm};
  ManualClock clock;
  Scratch scratch;
  FeedMirror mirror{scratch / "mirror", realm_file_of(realm), clock, quick_mirror()};
  FilesSource::Files first, second;
  int asked_first = 0, asked_second = 0;
  std::unique_ptr<FeedSync> sync;
};

template <class Condition>
bool comes(Condition condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
  return condition();
}

/// A process that follows a feed in a folder until it is killed.
class Follower {
 public:
  /// To be made before this process opens the mirror: an open LMDB does not survive a fork.
  Follower(const Scratch& scratch, const RealmFile& file, const RealmDocument& realm,
           const FeedMirror::Options& options)
      : child_(::fork()) {
    if (child_ != 0) return;
    try {
      const ManualClock clock;
      FeedMirror mirror(scratch / "mirror", file, clock, options);
      FeedSources sources;
      sources.push_back(open_feed((scratch / "feed").string()));
      FeedSync sync(mirror, std::move(sources), clock);
      for (;;) {
        sync.tend(realm);
        ::usleep(2000);
      }
    } catch (...) {
      ::_exit(1);
    }
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() { kill(); }
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    int status = 0;
    ::waitpid(child_, &status, 0);
    BOOST_TEST(WIFSIGNALED(status));
    child_ = 0;
  }

 private:
  pid_t child_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_mirror_with_several_sources, Fixture)

BOOST_AUTO_TEST_CASE(follows_the_first_one_that_serves) {
  BOOST_TEST((pull() == Pulled::fresh));
  BOOST_TEST(known() == 3U);
  BOOST_TEST(asked_second == 0);
}

BOOST_AUTO_TEST_CASE(goes_on_to_the_next_one_when_one_is_away_and_comes_back_to_it) {
  sync = with({.rest = 50ms});
  first.clear();
  BOOST_TEST((pull() == Pulled::fresh));
  BOOST_TEST(known() == 3U);
  BOOST_TEST(asked_first == 1);
  BOOST_TEST((pull() == Pulled::fresh));
  BOOST_TEST(asked_first == 1);  // it rests
  first = second;
  BOOST_TEST(comes([&] { return pull() == Pulled::fresh && asked_first > 1; }));
}

BOOST_AUTO_TEST_CASE(loses_nothing_to_one_that_lies) {
  kdc.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon);
  publish();
  FeedSegment segment = *FeedSegment::decode(second.at("0/0.4"));
  segment.entries.back() = segment.entries.front();
  first = second;
  first["0/0.4"] = segment.encode();
  BOOST_TEST((pull() == Pulled::fresh));
  BOOST_TEST(known() == 4U);
  BOOST_TEST(mirror.concerns(realm.service_body("carol", "queue-alice")));
}

BOOST_AUTO_TEST_CASE(leaves_one_that_went_back_or_stands_still) {
  BOOST_TEST((pull() == Pulled::fresh));
  clock.advance(20s);
  kdc.revoke_many(1, clock.now());
  publish();
  BOOST_TEST((pull() == Pulled::fresh));  // the first one's head is overdue
  BOOST_TEST(known() == 4U);
  BOOST_TEST((mirror.head().time == noon + 20s));
  sync = with({});
  BOOST_TEST((pull() == Pulled::fresh));  // the first one went back
  BOOST_TEST(asked_first > 0);
  BOOST_TEST((mirror.head().time == noon + 20s));
}

BOOST_AUTO_TEST_CASE(says_what_came_of_it_when_none_serves) {
  BOOST_TEST((pull() == Pulled::fresh));
  second = first;
  first["head"].back() ^= 1;
  second.clear();
  BOOST_TEST((with({})->pull(realm.document) == Pulled::refused));
  first.clear();
  BOOST_TEST((with({})->pull(realm.document) == Pulled::no_answer));
  BOOST_TEST(known() == 3U);
}

BOOST_AUTO_TEST_CASE(goes_on_with_a_head_that_is_overdue_everywhere) {
  clock.advance(1h);
  BOOST_TEST((pull() == Pulled::fresh));
  BOOST_TEST((mirror.head().time == noon));  // and tickets are refused by their max_staleness
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(processes_that_share_a_mirror)

namespace {

/// A feed as files in a folder, and a mirror that nobody has opened yet.
struct Shared {
  Shared() { publish(3); }
  void publish(std::uint64_t more) {
    kdc.revoke_many(more, noon);
    kdc.publish(noon);
    kdc.write_to((scratch / "feed").string());
  }
  std::unique_ptr<FeedSync> sync_of(FeedMirror& mirror, const FeedSync::Options& options) const {
    FeedSources sources;
    sources.push_back(open_feed((scratch / "feed").string()));
    return std::make_unique<FeedSync>(mirror, std::move(sources), clock, options);
  }
  std::unique_ptr<Follower> start(const FeedMirror::Options& options = quick_mirror()) {
    return std::make_unique<Follower>(scratch, file, realm.document, options);
  }
  bool somebody_leads() const {
    return std::filesystem::exists(scratch / "mirror") &&
           !try_lock_folder(scratch / "mirror").has_value();
  }

  TestRealm realm;
  RealmFile file = realm_file_of(realm);
  FeedFiles kdc{realm};
  ManualClock clock;
  Scratch scratch;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(have_one_that_follows_and_another_one_when_it_is_killed, Shared) {
  const auto leader = start();
  BOOST_TEST_REQUIRE(comes([&] { return somebody_leads(); }));
  FeedMirror mirror(scratch / "mirror", file, clock, quick_mirror());
  const auto sync = sync_of(mirror, {.patience = 1h});
  BOOST_TEST((sync->tend(realm.document) == Pulled::by_others));
  BOOST_TEST(comes([&] { return mirror.head().sequence == 3U; }));
  publish(2);
  BOOST_TEST(comes([&] { return mirror.head().sequence == 5U; }));
  BOOST_TEST(!mirror.lead());
  leader->kill();
  publish(2);
  BOOST_TEST((sync->tend(realm.document) == Pulled::fresh));
  BOOST_TEST(mirror.head().sequence == 7U);
  BOOST_TEST(mirror.lead());
}

BOOST_FIXTURE_TEST_CASE(may_each_follow_at_once_for_a_ticket_that_cannot_wait, Shared) {
  std::filesystem::remove_all(scratch / "feed");
  const auto leader = start();
  BOOST_TEST_REQUIRE(comes([&] { return somebody_leads(); }));
  FeedMirror mirror(scratch / "mirror", file, clock, quick_mirror());
  const auto sync = sync_of(mirror, {.patience = 1h});
  for (int i = 0; i < 50; ++i) {
    publish(7);
    BOOST_TEST((sync->pull(realm.document) == Pulled::fresh));
    BOOST_TEST(mirror.head().sequence == kdc.size());
    BOOST_TEST(mirror.count() == kdc.size());
  }
}

BOOST_FIXTURE_TEST_CASE(do_not_wait_for_ever_for_one_that_hangs, Shared) {
  make_private_folder(scratch / "mirror");
  const auto hanging = try_lock_folder(scratch / "mirror");
  BOOST_TEST_REQUIRE(hanging.has_value());
  FeedMirror mirror(scratch / "mirror", file, clock, quick_mirror());
  const auto sync = sync_of(mirror, {.patience = 50ms});
  BOOST_TEST((sync->tend(realm.document) == Pulled::by_others));
  BOOST_TEST(comes([&] {
    sync->tend(realm.document);
    return mirror.head().sequence == 3U;
  }));
}

// Killed at any moment of a catch-up: what the place says is there, and the next one goes on.
BOOST_FIXTURE_TEST_CASE(leave_a_mirror_that_is_whole_wherever_they_are_killed, Shared) {
  publish(20'000);
  FeedMirror::Options options = quick_mirror();
  options.batch = 700;
  options.slice = 50;
  for (int round = 0; round < 12; ++round) {
    {
      const auto follower = start(options);
      BOOST_TEST_REQUIRE(comes([&] { return somebody_leads(); }));
      std::this_thread::sleep_for(std::chrono::milliseconds(3 * round));
    }
    const FeedMirror mirror(scratch / "mirror", file, clock, options);
    BOOST_TEST(mirror.count() >= mirror.head().sequence);
  }
  FeedMirror mirror(scratch / "mirror", file, clock, options);
  BOOST_TEST((sync_of(mirror, {})->tend(realm.document) == Pulled::fresh));
  BOOST_TEST(mirror.head().sequence == 20'003U);
  BOOST_TEST(mirror.count() == 20'003U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_sync_test
