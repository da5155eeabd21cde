#include "kdc/feed_beat.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/feed_files.h"
#include "tests/kdc/test_kdc.h"

namespace waybill::test::feed_beat_test {

using namespace waybill::kdc;

namespace {

struct Fixture : TestKdc {
  FeedPublisher feed{scratch / "feed", store, epochs, clock, 2s};

  FeedHead head() const { return published_head(scratch / "feed", epochs.document()); }
  // Fails the test by its time limit.
  void wait_for(const std::function<bool(const FeedHead&)>& wanted) const {
    while (!wanted(head())) std::this_thread::sleep_for(1ms);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_thread_that_publishes, Fixture)

BOOST_AUTO_TEST_CASE(publishes_at_once_when_an_issuer_moves_the_feed) {
  FeedBeat beat(feed);
  Issuer waking(store, epochs, clock, [&] { beat.wake(); });
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const auto done = waking.commit(
        {{"test", std::nullopt, {}},
         [&](StoreChange& change, Fields&) {
           change.revoke({RevokedBy::workflow, "w", noon, Revocation::for_ever, noon + 24h, ""});
           return ok();
         },
         std::nullopt});
    BOOST_TEST(outcome(done) == accepted);
    wait_for([&](const FeedHead& head) { return head.last.sequence == n; });
  }
}

BOOST_AUTO_TEST_CASE(publishes_when_the_interval_is_over) {
  const FeedBeat beat(feed);
  clock.advance(2s);
  wait_for([](const FeedHead& head) { return head.time == noon + 2s; });
}

BOOST_AUTO_TEST_CASE(outlives_a_folder_that_fails, *boost::unit_test::label("slow")) {
  const auto file = scratch / "feed" / "head";
  const FeedBeat beat(feed);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  clock.advance(2s);
  while (feed.signatures() < 2) std::this_thread::sleep_for(1ms);
  std::filesystem::remove(file);
  while (!std::filesystem::is_regular_file(file)) std::this_thread::sleep_for(1ms);
  BOOST_TEST((head().time == noon + 2s));
}

BOOST_AUTO_TEST_CASE(is_not_woken_by_a_commit_that_does_not_move_the_feed) {
  std::atomic<int> woken = 0;
  Issuer issuer_with_bell(store, epochs, clock, [&] { ++woken; });
  issuer_with_bell.record({"test", std::nullopt, {}});
  BOOST_TEST(woken == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_beat_test
