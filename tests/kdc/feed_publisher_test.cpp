#include "kdc/feed_publisher.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/feed_files.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/adapters/files.h"

namespace waybill::test::feed_publisher_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

namespace {

struct Fixture : WholeKdc {
  const fs::path folder = scratch / "feed";

  void revoke(int entries) {
    const auto done = change([&](StoreChange& c, Fields&) {
      for (int i = 0; i < entries; ++i) {
        c.revoke({RevokedBy::workflow, "w-" + std::to_string(++revoked), clock.now(),
                  Revocation::for_ever, noon + 24h, "a test"});
      }
      return ok();
    });
    BOOST_TEST(done == accepted);
  }
  FeedHead head() { return *FeedHead::parse(feed.head(), epochs.document()); }
  FeedHead file_head() { return published_head(folder, epochs.document()); }
  Buffer file(const std::string& name) { return read_file(folder / name, limits::max_segment); }
  FeedSegment segment(const std::string& name) { return *FeedSegment::decode(file(name)); }
  FeedHead head_in(const std::string& name) {
    return *FeedHead::parse(segment(name).head, epochs.document());
  }
  bool is_there(const std::string& name) { return fs::exists(folder / name); }
  /// As a daemon that starts again.
  void start_again() {
    const FeedPublisher again(folder, store, epochs, clock, config.feed_interval);
  }
  std::uint64_t followed_from_nothing() {
    FileFollower one;
    BOOST_TEST(one.catch_up(folder, epochs.document(), clock.now()));
    return one.follower.place().known.sequence;
  }

  int revoked = 0;
};

mode_t mode_of(const fs::path& path) { return static_cast<mode_t>(fs::status(path).permissions()); }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_feed, Fixture)

BOOST_AUTO_TEST_CASE(of_a_new_realm_is_empty_and_signed) {
  const FeedHead first = head();
  BOOST_TEST(first.last.sequence == 0U);
  BOOST_TEST((first.time == noon));
  BOOST_TEST((first.next_time == noon + config.feed_interval));
  BOOST_TEST(followed_from_nothing() == 0U);
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
  BOOST_TEST(head().last.sequence == 1U);
  FileFollower follower;
  BOOST_TEST(follower.catch_up(folder, epochs.document(), clock.now()));
  BOOST_REQUIRE(follower.revoked.size() == 1U);
  BOOST_TEST(follower.revoked.begin()->second.value == "carol@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(brings_a_follower_segment_by_segment_to_its_end) {
  revoke(600);
  const Buffer shown = feed.head();
  BOOST_TEST(file("head") == shown);
  FileFollower follower;
  const auto step = [&] { return follower.catch_up(folder, epochs.document(), clock.now(), 1); };
  BOOST_TEST(!step());
  BOOST_TEST(follower.follower.place().at.sequence == 256U);
  BOOST_TEST(!step());
  BOOST_TEST(step());
  BOOST_TEST(follower.revoked.size() == 600U);
}

BOOST_AUTO_TEST_CASE(never_goes_back_in_time_when_the_clock_does) {
  clock.advance(1h);
  FileFollower follower;
  feed.head();
  BOOST_TEST(follower.catch_up(folder, epochs.document(), clock.now()));
  clock.advance(-30min);
  revoke(1);
  feed.head();
  BOOST_TEST(follower.catch_up(folder, epochs.document(), noon + 1h));
  BOOST_TEST((follower.follower.place().known == FeedFollower::Known{1, noon + 1h}));
}

BOOST_AUTO_TEST_CASE(keeps_a_segment_for_whoever_has_the_head_before) {
  revoke(5);
  feed.head();
  const Buffer fifth = file("0/0.5");
  FeedFollower follower;
  const auto wanted = follower.take_head(file("head"), epochs.document(), noon);
  revoke(400);
  clock.advance(config.feed_interval);
  feed.head();
  BOOST_TEST(is_there("0/1.149"));
  const auto bytes = feed.segment(**wanted);
  BOOST_REQUIRE(bytes.has_value());
  BOOST_TEST(*bytes == fifth);
  BOOST_TEST(outcome(follower.take_segment(*FeedSegment::decode(*bytes), epochs.document(),
                                           clock.now())) == accepted);
  revoke(107);
  feed.head();
  BOOST_TEST(!is_there("0/0.5"));  // two small segments later
  BOOST_TEST(is_there("0/0"));
  BOOST_TEST(is_there("0/1.149"));
  BOOST_TEST(!feed.segment(**wanted).has_value());
}

BOOST_AUTO_TEST_CASE(does_not_write_a_segment_again_that_is_there) {
  revoke(5);
  feed.head();
  const Buffer before = file("0/0.5");
  clock.advance(config.feed_interval);
  feed.head();
  BOOST_TEST((file_head().time == clock.now()));
  BOOST_TEST(file("0/0.5") == before);
}

BOOST_AUTO_TEST_CASE(signs_a_full_segment_for_the_second_of_its_last_entry) {
  revoke(200);
  clock.advance(7s);
  revoke(56);
  clock.advance(1h);
  revoke(1);
  feed.head();
  BOOST_TEST((head_in("0/0").time == noon + 7s));
  BOOST_TEST(head_in("0/0").last.sequence == 256U);
  BOOST_TEST((head_in("0/1.1").time == clock.now()));
}

BOOST_AUTO_TEST_CASE(shows_nothing_new_when_a_segment_cannot_be_written) {
  const Buffer before = feed.head();
  fs::rename(folder / "0", folder / "elsewhere");
  revoke(1);
  BOOST_CHECK_THROW(feed.head(), FileError);
  BOOST_TEST(file("head") == before);
  fs::rename(folder / "elsewhere", folder / "0");
  BOOST_TEST(head().last.sequence == 1U);
  BOOST_TEST(followed_from_nothing() == 1U);
}

BOOST_AUTO_TEST_CASE(can_be_read_by_everybody) {
  revoke(1);
  feed.head();
  for (const char* name : {"", "0", "1"}) BOOST_TEST(mode_of(folder / name) == 0755U);
  for (const char* name : {"head", "0/0.1"}) BOOST_TEST(mode_of(folder / name) == 0644U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_publisher_that_starts_again, Fixture)

BOOST_AUTO_TEST_CASE(keeps_every_good_file_as_it_is) {
  revoke(300);
  feed.head();
  const auto written = fs::last_write_time(folder / "0/0");
  const Buffer full = file("0/0");
  const Buffer partial = file("0/1.44");
  clock.advance(1h);
  start_again();
  BOOST_TEST(file("0/0") == full);
  BOOST_TEST(file("0/1.44") == partial);
  BOOST_TEST((fs::last_write_time(folder / "0/0") == written));
  BOOST_TEST((file_head().time == clock.now()));
}

BOOST_AUTO_TEST_CASE(makes_all_of_it_again_from_the_store) {
  revoke(300);
  feed.head();
  const Buffer full = file("0/0");
  fs::remove_all(folder);
  clock.advance(1h);
  start_again();
  BOOST_TEST(file("0/0") == full);
  BOOST_TEST(followed_from_nothing() == 300U);
}

BOOST_AUTO_TEST_CASE(replaces_every_file_that_does_not_fit_the_store) {
  revoke(300);
  feed.head();
  const Buffer full = file("0/0");
  FeedSegment altered = segment("0/0");
  altered.entries[7] = altered.entries[8];
  FeedSegment unsigned_one = segment("0/0");
  unsigned_one.head.back() ^= 1U;
  FeedSegment later = segment("0/0");
  later.head = epochs.sign_feed_head({realm(), {}, head_in("0/0").last, noon + 1h, noon + 1h});
  FeedSegment shorter = segment("0/0");
  shorter.entries.pop_back();
  const std::vector<Buffer> bad{
      {},
      Buffer(full.begin(), full.end() - 1),
      Buffer(full.size(), 0),
      file("0/1.44"),
      altered.encode(),
      unsigned_one.encode(),
      later.encode(),
      shorter.encode(),
  };
  for (const Buffer& content : bad) {
    replace_file(folder / "0/0", content, 0644);
    start_again();
    BOOST_TEST(file("0/0") == full);
    replace_file(folder / "0/1.44", content, 0644);
    start_again();
    BOOST_TEST(followed_from_nothing() == 300U);
  }
}

BOOST_AUTO_TEST_CASE(removes_what_belongs_to_no_head_and_what_was_half_written) {
  revoke(300);
  feed.head();
  for (const char* name : {".head.a8Vd1e", "0/.1.44.k2", "1/.0.Zd81kq", "0/2", "0/1.45", "1/0"}) {
    replace_file(folder / name, bytes_of("x"), 0644);
    start_again();
    BOOST_TEST(!is_there(name), name);
  }
  replace_file(folder / "README", bytes_of("x"), 0644);
  start_again();
  BOOST_TEST(is_there("README"));  // not ours
}

BOOST_AUTO_TEST_CASE(goes_on_after_the_time_that_the_last_one_published) {
  clock.advance(1h);
  feed.head();
  clock.advance(-90s);
  revoke(1);
  start_again();
  BOOST_TEST((file_head().time == noon + 1h));
  BOOST_TEST(file_head().last.sequence == 1U);
}

// Killed between the two: the segment's head bears a second that no head was published for.
BOOST_AUTO_TEST_CASE(goes_on_after_a_segment_whose_head_never_came) {
  feed.head();
  const Buffer before = file("head");
  FileFollower follower;
  BOOST_TEST(follower.catch_up(folder, epochs.document(), noon));
  clock.advance(1h);
  revoke(3);
  clock.advance(60s);
  feed.head();
  replace_file(folder / "head", before, 0644);
  clock.advance(-100s);
  start_again();
  BOOST_TEST((file_head().time == noon + 1h + 60s));
  BOOST_TEST(follower.catch_up(folder, epochs.document(), clock.now()));
  BOOST_TEST(follower.revoked.size() == 3U);
}

BOOST_AUTO_TEST_CASE(takes_a_head_of_somebody_else_for_none) {
  const FeedHead later{realm(), {}, {}, noon + 10h, noon + 10h};
  const Buffer forged = later.sign(epochs.signer(noon), KdcSigningKey::random());
  for (const Buffer& wrong : {Buffer{}, Buffer(100, 0xff), forged}) {
    replace_file(folder / "head", wrong, 0644);
    start_again();
    BOOST_TEST((file_head().time == noon));
  }
}

BOOST_AUTO_TEST_SUITE_END()

// --- What is kept -------------------------------------------------------------------------------

BOOST_AUTO_TEST_SUITE(the_window_of_a_publisher)

namespace {

constexpr std::uint64_t ends[] = {0,      1,      255,    256,    300,    16'383,  16'384, 16'700,
                                  32'768, 49'151, 49'152, 49'153, 70'000, 163'840, 170'000};
constexpr std::uint64_t bases[] = {0, 256, 16'384, 16'640, 49'152, 163'840};

}  // namespace

// The one before: behind by no more than a small segment of entries.
BOOST_AUTO_TEST_CASE(keeps_whatever_a_follower_of_this_head_or_the_one_before_may_ask_for) {
  for (const std::uint64_t last : ends) {
    for (const std::uint64_t base : bases) {
      if (base > last) continue;
      const FeedWindow window(base, last);
      for (const std::uint64_t behind : {0U, 1U, 100U, 256U}) {
        const std::uint64_t seen = last - std::min<std::uint64_t>(behind, last);
        for (std::uint64_t s = base; s < seen; s += 1 + s % 61) {
          const SegmentName name = next_segment(s, {seen, {}});
          if (window.keeps(name)) continue;
          BOOST_ERROR(name.path() << " of " << seen << ", now " << last << " from " << base);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(names_all_full_segments_that_it_keeps_and_no_others) {
  for (const std::uint64_t last : ends) {
    for (const std::uint64_t base : bases) {
      if (base > last) continue;
      const FeedWindow window(base, last);
      const auto full = window.full_after(0);
      for (const SegmentName& name : full) BOOST_TEST(window.keeps(name));
      std::size_t kept = 0;
      for (std::uint64_t i = 0; i <= last / limits::small_segment; ++i) {
        kept += window.keeps({0, i, 0}) ? 1U : 0U;
        kept += window.keeps({1, i, 0}) ? 1U : 0U;
      }
      BOOST_TEST(full.size() == kept);
      for (const SegmentName& name : window.full_after(last / 2)) {
        BOOST_TEST(name.end() > last / 2);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(keeps_nothing_beyond_the_end_or_before_the_base) {
  const FeedWindow window(512, 1'000);
  BOOST_TEST(!window.keeps({0, 1, 0}));
  BOOST_TEST(window.keeps({0, 2, 0}));
  BOOST_TEST(!window.keeps({0, 3, 0}));
  BOOST_TEST(window.keeps({0, 3, 232}));
  BOOST_TEST(!window.keeps({0, 3, 233}));
  BOOST_TEST(window.keeps({0, 2, 17}));
  BOOST_TEST(!window.keeps({0, 1, 17}));
  BOOST_TEST(!window.keeps({1, 0, 0}));
  BOOST_TEST(!window.keeps({1, limits::max_segment_index, 0}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_publisher_test
