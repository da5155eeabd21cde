#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_feed.h"
#include "ticket/exchange/feed_follower.h"

namespace waybill::test::feed_test {
namespace {

/// A feed of five entries and a follower that has seen nothing.
struct Fixture {
  TestRealm realm;
  TestFeed feed{realm};
  FeedFollower follower;

  Fixture() { feed.revoke_many(5); }

  Outcome head(Bytes wire, Time now = noon) {
    return outcome(follower.take_head(wire, realm.document, now));
  }
  Outcome take(const FeedSegment& segment, Time now = noon) {
    return outcome(follower.take_segment(segment, realm.document, now));
  }
  std::string wanted(Bytes wire, Time now = noon) {
    const auto next = follower.take_head(wire, realm.document, now);
    BOOST_TEST(outcome(next) == accepted);
    return next && *next ? (*next)->path() : "";
  }
  std::size_t believed(const FeedSegment& segment, Time now = noon) {
    const auto entries = follower.take_segment(segment, realm.document, now);
    BOOST_TEST(outcome(entries) == accepted);
    return entries ? entries->size() : 0;
  }
  std::uint64_t at() const { return follower.place().at.sequence; }
  FeedFollower::Known known() const { return follower.place().known; }
};

std::vector<std::string> names_of(const std::vector<Revocation>& entries) {
  std::vector<std::string> out;
  for (const Revocation& entry : entries) out.push_back(entry.value);
  return out;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_follower, Fixture)

BOOST_AUTO_TEST_CASE(believes_entries_that_lead_to_a_signed_head) {
  BOOST_TEST(wanted(feed.head(noon)) == "0/0.5");
  BOOST_TEST(at() == 0U);
  const auto entries = follower.take_segment(feed.segment({0, 0, 5}), realm.document, noon);
  BOOST_REQUIRE(bool(entries));
  BOOST_REQUIRE(entries->size() == 5U);
  BOOST_TEST((*entries)[4].value == "u4@DEMO.TEST");
  BOOST_TEST((follower.place().at == feed.end()));
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
  BOOST_TEST(wanted(feed.head(noon)).empty());
}

BOOST_AUTO_TEST_CASE(knows_nothing_newer_by_a_head_whose_entries_have_not_come) {
  catch_up(follower, feed, realm, noon);
  feed.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST", noon + 1s);
  BOOST_TEST(wanted(feed.head(noon + 2s), noon + 2s) == "0/0.6");
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
}

BOOST_AUTO_TEST_CASE(takes_a_newer_head_without_new_entries) {
  BOOST_TEST(catch_up(follower, feed, realm, noon).size() == 5U);
  BOOST_TEST(wanted(feed.head(noon + 5s), noon + 5s).empty());
  BOOST_TEST((known() == FeedFollower::Known{5, noon + 5s}));
  feed.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST");
  BOOST_TEST(catch_up(follower, feed, realm, noon + 10s).size() == 1U);
  BOOST_TEST((known() == FeedFollower::Known{6, noon + 10s}));
}

BOOST_AUTO_TEST_CASE(starts_with_an_empty_feed) {
  TestFeed empty(realm);
  BOOST_TEST(wanted(empty.head(noon)).empty());
  BOOST_TEST((known() == FeedFollower::Known{0, noon}));
}

BOOST_AUTO_TEST_CASE(passes_over_what_it_knows) {
  BOOST_TEST(believed(feed.segment({0, 0, 3})) == 3U);
  BOOST_TEST((known() == FeedFollower::Known{3, noon}));
  BOOST_TEST(believed(feed.segment({0, 0, 5})) == 2U);
  BOOST_TEST((follower.place().at == feed.end()));
}

BOOST_AUTO_TEST_CASE(keeps_the_later_second_when_a_segment_was_signed_before_it) {
  catch_up(follower, feed, realm, noon + 60s);
  feed.revoke_many(251, noon + 30s);  // the full segment's head bears the time of its last entry
  BOOST_TEST(believed(feed.segment({0, 0, 0}), noon + 60s) == 251U);
  BOOST_TEST((known() == FeedFollower::Known{256, noon + 60s}));
}

BOOST_AUTO_TEST_CASE(reads_a_long_feed_segment_by_segment) {
  feed.revoke_many(700);
  const auto entries = catch_up(follower, feed, realm, noon + 5s);
  BOOST_TEST((names_of(entries) == names_of(feed.entries)));
  BOOST_TEST((follower.place().at == feed.end()));
  BOOST_TEST((known() == FeedFollower::Known{705, noon + 5s}));
}

// Rules: R7.14
BOOST_AUTO_TEST_CASE(refuses_a_missing_entry) {
  for (std::size_t gone = 0; gone < 5; ++gone) {
    FeedSegment wrong = feed.segment({0, 0, 5});
    wrong.entries.erase(wrong.entries.begin() + static_cast<std::ptrdiff_t>(gone));
    BOOST_TEST(take(wrong) == Errc::feed_invalid, gone);
  }
  BOOST_TEST((follower.place() == FeedFollower::Place{}));
}

BOOST_AUTO_TEST_CASE(refuses_entries_in_another_order_or_twice) {
  FeedSegment wrong = feed.segment({0, 0, 5});
  std::swap(wrong.entries[1], wrong.entries[2]);
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong = feed.segment({0, 0, 5});
  wrong.entries[3] = wrong.entries[2];
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong = feed.segment({0, 0, 5});
  wrong.entries.push_back(wrong.entries.back());
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  BOOST_TEST((follower.place() == FeedFollower::Place{}));
}

// Rules: R7.14
BOOST_AUTO_TEST_CASE(refuses_an_altered_entry) {
  for (std::size_t i = 0; i < 5; ++i) {
    const auto changed = [&](auto change) {
      FeedSegment wrong = feed.segment({0, 0, 5});
      Revocation entry = feed.entries[i];
      change(entry);
      wrong.entries[i] = entry.encode();
      return wrong;
    };
    BOOST_TEST(take(changed([](Revocation& e) { e.value = "x@DEMO.TEST"; })) == Errc::feed_invalid);
    BOOST_TEST(take(changed([](Revocation& e) { e.time += 1s; })) == Errc::feed_invalid);
    BOOST_TEST(take(changed([](Revocation& e) { e.issued_until -= 1s; })) == Errc::feed_invalid);
    BOOST_TEST(take(changed([](Revocation& e) { e.matters_until -= 1s; })) == Errc::feed_invalid);
    BOOST_TEST(take(changed([](Revocation& e) { e.reason += "!"; })) == Errc::feed_invalid);
  }
  BOOST_TEST(believed(feed.segment({0, 0, 5})) == 5U);
}

// Rules: R7.12
BOOST_AUTO_TEST_CASE(refuses_a_segment_that_is_not_the_next) {
  BOOST_TEST(take(feed.cut(1, 5)) == Errc::feed_invalid);
  BOOST_TEST(believed(feed.cut(0, 2)) == 2U);
  BOOST_TEST(take(feed.cut(0, 2)) == Errc::feed_invalid);
  BOOST_TEST(take(feed.cut(3, 5)) == Errc::feed_invalid);
  FeedSegment wrong = feed.cut(2, 5);
  wrong.before = 1;
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong.before = 3;
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong.before = ~std::uint64_t{0};
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  BOOST_TEST(believed(feed.cut(2, 5)) == 3U);
}

// Rules: R7.13
BOOST_AUTO_TEST_CASE(refuses_entries_beyond_the_head_or_short_of_it) {
  FeedSegment wrong = feed.segment({0, 0, 5});
  wrong.head = feed.head(4, noon);
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong = feed.segment({0, 0, 4});
  wrong.head = feed.head(5, noon);
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
}

// Rules: R7.5, R7.6, R7.7
BOOST_AUTO_TEST_CASE(refuses_a_head_that_is_not_signed_by_the_realm) {
  const auto both = [&](const FeedHead& wrong, KeyId id, const KdcSigningKey& key, Errc expect) {
    FeedSegment segment = feed.segment({0, 0, 5});
    segment.head = wrong.sign(id, key);
    BOOST_TEST(head(segment.head) == expect);
    BOOST_TEST(take(segment) == expect);
  };
  const FeedHead good{realm.realm(), {}, feed.end(), noon, noon + 5s};
  both(good, KeyId{1}, KdcSigningKey::random(), Errc::feed_invalid);
  both(good, KeyId{2}, realm.signer, Errc::feed_invalid);
  FeedHead wrong = good;
  wrong.realm = realm_of("OTHER");
  both(wrong, KeyId{1}, realm.signer, Errc::wrong_realm);
  wrong = good;
  wrong.time = noon - 48h;
  both(wrong, KeyId{1}, realm.signer, Errc::feed_invalid);
  wrong = good;
  wrong.base = {6, feed.end().link};
  both(wrong, KeyId{1}, realm.signer, Errc::feed_invalid);
  BOOST_TEST((follower.place() == FeedFollower::Place{}));
}

BOOST_AUTO_TEST_CASE(refuses_a_head_with_any_bit_flipped) {
  const Buffer good = feed.head(noon);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Buffer wrong = good;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const Outcome what = head(wrong);
    const bool refused = what == Errc::feed_invalid || what == Errc::malformed ||
                         what == Errc::not_canonical || what == Errc::limit_exceeded ||
                         what == Errc::bad_name || what == Errc::wrong_realm;
    BOOST_TEST(refused, "byte " << bit / 8 << ", bit " << bit % 8 << ": " << what);
  }
}

// Rules: R7.8
BOOST_AUTO_TEST_CASE(refuses_a_head_from_the_future) {
  BOOST_TEST(head(feed.head(noon + 121s)) == Errc::feed_invalid);
  BOOST_TEST(take(feed.cut(0, 5, noon + 121s)) == Errc::feed_invalid);
  BOOST_TEST(believed(feed.segment({0, 0, 5})) == 5U);
  BOOST_TEST(head(feed.head(noon + 120s)) == accepted);
}

// Rules: R7.9, R7.10
BOOST_AUTO_TEST_CASE(refuses_a_feed_that_goes_back) {
  catch_up(follower, feed, realm, noon + 60s);
  BOOST_TEST(head(feed.head(noon + 59s), noon + 60s) == Errc::feed_invalid);
  BOOST_TEST(head(feed.head(4, noon + 90s), noon + 90s) == Errc::feed_invalid);
  BOOST_TEST(take(feed.cut(0, 4), noon + 60s) == Errc::feed_invalid);
  BOOST_TEST(wanted(feed.head(noon + 60s), noon + 60s).empty());  // the same head again
  BOOST_TEST((known() == FeedFollower::Known{5, noon + 60s}));
}

// Rules: R7.11, R7.14
BOOST_AUTO_TEST_CASE(refuses_another_history) {
  catch_up(follower, feed, realm, noon);
  feed.entries[2].value = "rewritten@DEMO.TEST";
  BOOST_TEST(head(feed.head(noon + 5s), noon + 5s) == Errc::feed_invalid);
  feed.revoke(RevokedBy::queue, "queue-alice@DEMO.TEST");
  BOOST_TEST(wanted(feed.head(noon + 5s), noon + 5s) == "0/0.6");  // not seen to be another yet
  BOOST_TEST(take(feed.segment({0, 0, 6}), noon + 5s) == Errc::feed_invalid);
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_follower_behind_the_base, Fixture)

BOOST_AUTO_TEST_CASE(jumps_and_knows_no_more_until_it_has_reached_that_head) {
  catch_up(follower, feed, realm, noon);
  feed.revoke_many(600, noon + 5s);
  feed.base = 512;
  BOOST_TEST(wanted(feed.head(noon + 10s), noon + 10s) == "0/2.93");
  BOOST_TEST((follower.place().at == feed.position(512)));
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
  BOOST_TEST(believed(feed.cut(512, 600, noon + 10s), noon + 10s) == 88U);
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
  BOOST_TEST(believed(feed.cut(512, 605, noon + 10s), noon + 10s) == 5U);
  BOOST_TEST((known() == FeedFollower::Known{605, noon + 10s}));
}

BOOST_AUTO_TEST_CASE(jumps_again_when_the_base_has_moved_on_meanwhile) {
  feed.revoke_many(600);
  feed.base = 256;
  BOOST_TEST(wanted(feed.head(noon)) == "0/1");
  feed.revoke_many(300);
  feed.base = 768;
  BOOST_TEST(wanted(feed.head(noon)) == "0/3.137");
  BOOST_TEST(follower.place().goal == 905U);
  BOOST_TEST((known() == FeedFollower::Known{}));
  catch_up(follower, feed, realm, noon);
  BOOST_TEST((known() == FeedFollower::Known{905, noon}));
}

BOOST_AUTO_TEST_CASE(that_is_the_end_of_the_feed_knows_at_once) {
  feed.revoke_many(251);
  feed.base = 256;
  BOOST_TEST(wanted(feed.head(noon)).empty());
  BOOST_TEST((known() == FeedFollower::Known{256, noon}));
}

BOOST_AUTO_TEST_CASE(refuses_a_base_with_a_link_that_the_entries_do_not_continue) {
  feed.revoke_many(600);
  const FeedHead wrong{realm.realm(), {512, Digest{1}}, feed.end(), noon, noon + 5s};
  BOOST_TEST(wanted(wrong.sign(KeyId{1}, realm.signer)) == "0/2.93");
  BOOST_TEST(take(feed.cut(512, 605)) == Errc::feed_invalid);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_test
