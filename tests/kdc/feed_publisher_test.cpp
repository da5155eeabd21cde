#include "kdc/feed_publisher.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"

using namespace waybill;
using namespace waybill::kdc;
using namespace waybill::test;

namespace {

struct Fixture : WholeKdc {
  void revoke(int entries) {
    const auto done = change([&](StoreChange& c, Fields&) {
      for (int i = 0; i < entries; ++i) {
        c.revoke({0, RevokedBy::workflow, "w-" + std::to_string(i), clock.now(), noon + 24h,
                  noon + 24h, "a test"});
      }
      return ok();
    });
    BOOST_TEST(done == accepted);
  }
  FeedHead head(std::uint64_t after = 0) {
    return *FeedHead::parse(feed.page(after).head, epochs.document());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_feed, Fixture)

BOOST_AUTO_TEST_CASE(of_a_new_realm_is_empty_and_signed) {
  const FeedHead first = head();
  BOOST_TEST(first.sequence == 0U);
  BOOST_TEST((first.time == noon));
  BOOST_TEST((first.next_time == noon + config.feed_interval));
  FeedFollower follower;
  BOOST_TEST(outcome(follower.apply(feed.page(0), epochs.document())) == accepted);
}

BOOST_AUTO_TEST_CASE(is_signed_again_when_the_interval_is_over_and_not_before) {
  head();
  head();
  BOOST_TEST(feed.signatures() == 1U);
  clock.advance(config.feed_interval - 1s);
  head();
  BOOST_TEST(feed.signatures() == 1U);
  clock.advance(1s);
  BOOST_TEST((head().time == clock.now()));
  BOOST_TEST(feed.signatures() == 2U);
}

BOOST_AUTO_TEST_CASE(is_signed_again_at_once_after_a_revocation) {
  head();
  BOOST_TEST(ask("operator", "revoke", Fields{{"kind", "subject"}, {"value", "carol"}}).outcome ==
             accepted);
  const FeedPage page = feed.page(0);
  FeedFollower follower;
  const auto believed = follower.apply(page, epochs.document());
  BOOST_REQUIRE(outcome(believed) == accepted);
  BOOST_REQUIRE(believed->size() == 1U);
  BOOST_TEST(believed->front().value == "carol@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(brings_a_follower_page_by_page_to_its_end) {
  revoke(600);
  FeedFollower follower;
  std::size_t believed = 0;
  for (int pages = 0; pages < 3; ++pages) {
    const FeedPage page = feed.page(follower.next());
    BOOST_TEST(page.entries.size() <= limits::max_page);
    const auto step = follower.apply(page, epochs.document());
    BOOST_REQUIRE(outcome(step) == accepted);
    believed += step->size();
  }
  BOOST_TEST(believed == 600U);
  BOOST_TEST(follower.sequence == 600U);
  BOOST_TEST(feed.page(600).entries.empty());
}

BOOST_AUTO_TEST_CASE(never_goes_back_in_time_when_the_clock_does) {
  clock.advance(1h);
  FeedFollower follower;
  BOOST_TEST(outcome(follower.apply(feed.page(0), epochs.document())) == accepted);
  clock.advance(-30min);
  revoke(1);
  BOOST_TEST(outcome(follower.apply(feed.page(0), epochs.document())) == accepted);
  BOOST_TEST(follower.sequence == 1U);
}

BOOST_AUTO_TEST_CASE(has_nothing_after_its_end) {
  revoke(1);
  BOOST_TEST(feed.page(2).entries.empty());
  BOOST_TEST(feed.page(UINT64_MAX).entries.empty());
}

BOOST_AUTO_TEST_SUITE_END()
