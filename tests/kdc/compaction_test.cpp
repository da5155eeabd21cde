// The old end of the feed is let go.
#include <boost/test/unit_test.hpp>

#include "kdc/housekeeping.h"
#include "tests/kdc/feed_files.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::compaction_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  /// Entries that matter for so long.
  void revoke(int entries, Seconds matter) {
    const auto done = change([&](StoreChange& c, Fields&) {
      for (int i = 0; i < entries; ++i) {
        c.revoke({RevokedBy::completed, value_of(random_bytes<16>()), clock.now(),
                  Revocation::for_ever, clock.now() + matter, ""});
      }
      return ok();
    });
    BOOST_TEST(done == accepted);
  }
  StoreChange::Compacted compact(std::size_t most = 100) {
    StoreChange::Compacted out;
    BOOST_TEST(change([&](StoreChange& c, Fields&) {
                 out = c.compact_feed(clock.now(), most);
                 return ok();
               }) == accepted);
    return out;
  }
  std::size_t sweep(std::size_t most) {
    std::size_t swept = 0;
    BOOST_TEST(change([&](StoreChange& c, Fields&) {
                 swept = c.sweep(clock.now() - 24h, most);
                 return ok();
               }) == accepted);
    return swept;
  }
  std::uint64_t base() const { return store.view().feed_base().position.sequence; }
  std::uint64_t last() const { return store.view().feed_position().sequence; }
  std::uint64_t rows() const { return store.view().txn().count(store.tables().feed.table); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(compaction, Fixture)

BOOST_AUTO_TEST_CASE(raises_the_base_over_segments_in_which_nothing_matters) {
  revoke(600, 1h);
  BOOST_TEST(compact().segments == 0U);
  clock.advance(1h - 1s);
  BOOST_TEST(!store.view().can_compact_feed(clock.now()));
  clock.advance(1s);
  BOOST_TEST(store.view().can_compact_feed(clock.now()));
  const auto done = compact();
  BOOST_TEST(done.segments == 2U);
  BOOST_TEST(done.carried == 0U);
  BOOST_TEST(base() == 512U);
  BOOST_TEST(last() == 600U);
  BOOST_TEST((store.view().feed_base().position == store.view().feed_position(512)));
  BOOST_TEST((store.view().feed_base().raised == clock.now()));
  BOOST_TEST(compact().segments == 0U);  // what is left is not full
}

BOOST_AUTO_TEST_CASE(appends_what_still_matters_before_it_lets_a_segment_go) {
  revoke(10, 48h);
  revoke(246, 1h);
  const auto carol = Revocation{RevokedBy::subject, "carol@DEMO.TEST",      noon, noon,
                                noon + 24h,         "her laptop was stolen"};
  BOOST_TEST(change([&](StoreChange& c, Fields&) {
               c.revoke(carol);
               return ok();
             }) == accepted);
  revoke(255, 1h);
  clock.advance(2h);
  const auto done = compact();
  BOOST_TEST(done.segments == 2U);
  BOOST_TEST(done.carried == 11U);
  BOOST_TEST(base() == 512U);
  BOOST_TEST(last() == 523U);
  const auto standing = store.view().standing(RevokedBy::subject, "carol@DEMO.TEST").value();
  BOOST_TEST(standing.sequence == 523U);
  Revocation again = carol;
  again.time = clock.now();
  BOOST_TEST(standing.entry.encode() == again.encode());
  BOOST_TEST(store.view().txn().count(store.tables().revocations.table) ==
             store.view().txn().count(store.tables().feed_ends.table));
}

BOOST_AUTO_TEST_CASE(waits_while_more_than_an_eighth_of_a_segment_matters) {
  revoke(33, 48h);
  revoke(223, 1h);
  revoke(256, 1h);
  clock.advance(2h);
  BOOST_TEST(!store.view().can_compact_feed(clock.now()));
  BOOST_TEST(compact().segments == 0U);
  BOOST_TEST(base() == 0U);
  BOOST_TEST(last() == 512U);
  clock.advance(46h);
  BOOST_TEST(compact().segments == 2U);
  BOOST_TEST(last() == 512U);
}

BOOST_AUTO_TEST_CASE(carries_an_eighth) {
  revoke(32, 48h);
  revoke(224, 1h);
  clock.advance(2h);
  BOOST_TEST(compact().carried == 32U);
}

// Of several entries for one value the newest reaches all that the others did.
BOOST_AUTO_TEST_CASE(does_not_carry_what_a_later_entry_says_as_well) {
  const auto again = [&] {
    BOOST_TEST(change([&](StoreChange& c, Fields&) {
                 c.revoke({RevokedBy::subject, "carol@DEMO.TEST", clock.now(), clock.now(),
                           clock.now() + 48h, ""});
                 return ok();
               }) == accepted);
  };
  again();
  revoke(255, 1h);
  clock.advance(2h);
  again();
  const auto done = compact();
  BOOST_TEST(done.segments == 1U);
  BOOST_TEST(done.carried == 0U);
}

BOOST_AUTO_TEST_CASE(goes_a_bounded_way_in_one_step) {
  revoke(2000, 1h);
  clock.advance(2h);
  BOOST_TEST(compact(3).segments == 3U);
  BOOST_TEST(base() == 768U);
}

BOOST_AUTO_TEST_CASE(erases_rows_step_by_step_and_keeps_those_that_a_large_segment_needs) {
  revoke(20'000, 1h);
  clock.advance(2h);
  compact(63);
  BOOST_TEST(!store.view().anything_over(clock.now() - 24h));
  compact();
  BOOST_TEST(base() == 19'968U);
  BOOST_TEST(store.view().anything_over(clock.now() - 24h));
  BOOST_TEST(sweep(10'000) == 10'000U);
  BOOST_TEST(sweep(10'000) == 6'383U);
  BOOST_TEST(sweep(10'000) == 0U);
  BOOST_TEST(rows() == 20'000U - 16'383U);
  BOOST_TEST(last() == 20'000U);
  revoke(1, 1h);
  BOOST_TEST(last() == 20'001U);
}

BOOST_AUTO_TEST_CASE(shows_followers_the_new_base_and_removes_what_ends_before_it) {
  revoke(16'700, 1h);
  feed.head();
  FileFollower early;
  BOOST_TEST(early.catch_up(scratch / "feed", epochs.document(), clock.now()));
  clock.advance(2h);
  revoke(1, 1h);
  compact(64);
  feed.head();
  const auto is_there = [&](const char* name) {
    return std::filesystem::exists(scratch / "feed" / name);
  };
  BOOST_TEST(base() == 16'384U);
  BOOST_TEST(!is_there("1/0"));
  BOOST_TEST(!is_there("0/63"));
  BOOST_TEST(is_there("0/64"));
  FileFollower late;
  BOOST_TEST(late.catch_up(scratch / "feed", epochs.document(), clock.now()));
  BOOST_TEST(late.revoked.size() == 317U);
  BOOST_TEST(early.catch_up(scratch / "feed", epochs.document(), clock.now()));
  BOOST_TEST((mattering(early.revoked, clock.now()) == mattering(late.revoked, clock.now())));
}

BOOST_AUTO_TEST_CASE(leaves_a_large_segment_whole_while_the_base_is_inside_of_it) {
  revoke(33'000, 1h);
  clock.advance(2h);
  compact(66);
  BOOST_TEST(sweep(100'000) == 16'383U);
  std::filesystem::remove_all(scratch / "feed");
  const FeedPublisher again(scratch / "feed", store, epochs, clock, 2s);
  BOOST_TEST(!std::filesystem::exists(scratch / "feed" / "1" / "0"));
  BOOST_TEST(std::filesystem::exists(scratch / "feed" / "1" / "1"));
  FileFollower late;
  BOOST_TEST(late.catch_up(scratch / "feed", epochs.document(), clock.now()));
  BOOST_TEST(late.revoked.size() == 33'000U - 66U * 256U);
}

BOOST_AUTO_TEST_CASE(never_lets_a_head_be_signed_for_a_second_before_it) {
  revoke(256, 1h);
  clock.advance(2h);
  compact();
  clock.advance(-90min);
  const FeedHead head = *FeedHead::parse(feed.head(), epochs.document());
  BOOST_TEST(head.base.sequence == 256U);
  BOOST_TEST((head.time == noon + 2h));
}

BOOST_AUTO_TEST_CASE(is_done_by_the_daemon_between_requests) {
  HighWater mark{scratch / "high-water", store};
  Housekeeping housekeeping{parts, mark};
  revoke(2000, 1h);
  const std::uint64_t before = records();
  housekeeping.tick();
  BOOST_TEST(records() == before);
  clock.advance(2h);
  housekeeping.tick();
  BOOST_TEST(base() == Housekeeping::compact_most * 256);
  BOOST_TEST(last_record().event == "feed.compacted");
  BOOST_TEST(last_record().fields.get("base") == std::to_string(base()));
  clock.advance(Housekeeping::interval);
  housekeeping.tick();
  BOOST_TEST(base() == 1'792U);
  BOOST_TEST(last_record().fields.get("segments") == "3");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::compaction_test
