#include "ticket/adapters/feed_source.h"

#include <filesystem>
#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/file_server.h"
#include "tests/adapters/scratch.h"
#include "tests/support/outcome.h"
#include "ticket/adapters/feed_walk.h"
#include "ticket/wire/limits.h"

namespace waybill::test::feed_source_test {
namespace {

/// A feed of seven hundred entries, its files in a folder, and a web server that knows nothing of
/// feeds.
struct Fixture {
  Fixture() {
    feed.revoke_many(700, noon);
    feed.publish(noon);
    feed.write_to(folder());
  }
  std::string folder() const { return (scratch / "www/feed").string(); }

  TestRealm realm;
  FeedFiles feed{realm};
  Scratch scratch;
  FileServer server{scratch / "www"};
};

std::uint64_t followed(FeedSource& source, TestRealm& realm) {
  FeedFollower follower;
  const auto head = walk(source, follower, realm.document, noon, [](auto&&) { return true; });
  BOOST_TEST(outcome(head) == accepted);
  return follower.place().known.sequence;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_source_of_the_feed, Fixture)

BOOST_AUTO_TEST_CASE(is_any_web_server_that_has_the_files) {
  for (const char* path : {"/feed", "/feed/"}) {
    const auto source = open_feed(server.url() + path);
    BOOST_TEST(followed(*source, realm) == 700U);
    BOOST_TEST(equal(source->realm(), realm.signed_document()));
  }
  BOOST_TEST(server.count("/feed/head") == 2);
  BOOST_TEST(server.count("/feed/0/2.188") == 2);
}

BOOST_AUTO_TEST_CASE(is_a_folder) {
  for (const std::string& place : {folder(), "file://" + folder()}) {
    const auto source = open_feed(place);
    BOOST_TEST(source->name() == place);
    BOOST_TEST(followed(*source, realm) == 700U);
    BOOST_TEST(equal(source->realm(), realm.signed_document()));
  }
}

BOOST_AUTO_TEST_CASE(is_a_kdc_with_its_paths) {
  std::filesystem::create_directories(scratch / "www/v1/feed");
  feed.write_to((scratch / "www/v1/feed/segments").string());
  std::filesystem::rename(scratch / "www/v1/feed/segments/head", scratch / "www/v1/feed/head");
  std::filesystem::rename(scratch / "www/v1/feed/segments/realm", scratch / "www/v1/realm");
  const auto source = open_kdc_feed(server.url());
  BOOST_TEST(followed(*source, realm) == 700U);
  BOOST_TEST(equal(source->realm(), realm.signed_document()));
}

BOOST_AUTO_TEST_CASE(says_which_file_it_does_not_have) {
  const auto is_about = [](const char* file, bool is_local) {
    return [=](const FeedAway& away) {
      return std::string(away.what()).find(file) != std::string::npos &&
             away.is_local() == is_local;
    };
  };
  const auto web = open_feed(server.url() + "/feed");
  BOOST_CHECK_EXCEPTION(web->segment({1, 3, 0}), FeedAway, is_about("/feed/1/3", false));
  const auto local = open_feed(folder());
  BOOST_CHECK_EXCEPTION(local->segment({1, 3, 0}), FeedAway, is_about("/1/3", true));
  BOOST_CHECK_THROW(open_feed("http://127.0.0.1:1/feed")->head(), FeedAway);
  BOOST_CHECK_THROW(open_feed("/does/not/exist")->head(), FeedAway);
}

BOOST_AUTO_TEST_CASE(is_not_read_beyond_the_longest_segment) {
  const std::string longest(limits::max_segment, 'x');
  server.answer_with(longest);
  BOOST_TEST(open_feed(server.url())->segment({1, 0, 0}).size() == limits::max_segment);
  server.answer_with(longest + "x");
  BOOST_CHECK_THROW(open_feed(server.url())->segment({1, 0, 0}), FeedAway);
  BOOST_CHECK_THROW(open_kdc_feed(server.url())->segment({1, 0, 0}), FeedAway);
}

BOOST_AUTO_TEST_CASE(is_no_address_with_a_query_or_a_name_in_it) {
  for (const char* bad :
       {"http://", "http://h:1/feed?x=1", "http://h:1/#f", "http://u@h:1/feed", "https://h/a b"}) {
    BOOST_CHECK_THROW(open_feed(bad), HttpError);
  }
}

BOOST_AUTO_TEST_CASE(is_chosen_by_hand_else_by_the_realm_file_and_last_come_the_kdcs) {
  RealmFile file = realm_file_of(realm);
  const auto names = [&](const std::vector<std::string>& named) {
    std::vector<std::string> out;
    for (const auto& source : open_feeds(file, named)) out.push_back(source->name());
    return out;
  };
  using Names = std::vector<std::string>;
  BOOST_TEST((names({}) == file.kdcs));
  file.feed = {"https://cdn.example/feed"};
  BOOST_TEST((names({}) == Names{"https://cdn.example/feed", "http://127.0.0.1:1"}));
  BOOST_TEST(
      (names({"/media/feed", "http://127.0.0.1:1"}) == Names{"/media/feed", "http://127.0.0.1:1"}));
}

BOOST_AUTO_TEST_CASE(that_is_a_kdc_of_the_realm_file_is_asked_as_one) {
  RealmFile file = realm_file_of(realm);
  file.kdcs = {server.url()};
  BOOST_CHECK_THROW(open_feeds(file, {server.url()}).front()->head(), FeedAway);
  BOOST_TEST(server.count("/v1/feed/head") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_walk_through_a_feed, Fixture)

BOOST_AUTO_TEST_CASE(takes_no_segment_that_it_did_not_ask_for) {
  FilesSource::Files files = feed.files();
  files["0/0"] = feed.files().at("0/1");
  FilesSource other(files);
  FeedFollower follower;
  const auto all = [](auto&&) { return true; };
  BOOST_TEST(outcome(walk(other, follower, realm.document, noon, all)) == Errc::feed_invalid);
  BOOST_TEST((follower.place() == FeedFollower::Place{}));
  // The right entries under another cut would do the follower no harm, but a mirror of files.
  FeedFiles fuller(realm);
  fuller.revoke_many(5, noon);
  fuller.publish(noon);
  files = fuller.files();
  fuller.revoke_many(1, noon);
  fuller.publish(noon);
  files["0/0.5"] = fuller.files().at("0/0.6");
  BOOST_TEST(outcome(walk(other, follower, realm.document, noon, all)) == Errc::feed_invalid);
}

// A KDC may cut a segment at the moment at which it is asked for, a second after the head.
BOOST_AUTO_TEST_CASE(takes_a_segment_that_was_signed_after_the_head) {
  TestFeed small(realm);
  small.revoke_many(5);
  const FilesSource::Files files{{"head", small.head(noon)},
                                 {"0/0.5", small.segment({0, 0, 5}, noon + 3s).encode()}};
  FilesSource source(files);
  FeedFollower follower;
  const auto head = walk(source, follower, realm.document, noon + 3s, [](auto&&) { return true; });
  BOOST_TEST(outcome(head) == accepted);
  BOOST_TEST((follower.place().known == FeedFollower::Known{5, noon + 3s}));
}

// Just that, since a publisher need not have more.
BOOST_AUTO_TEST_CASE(asks_for_what_a_mirror_of_files_keeps_wherever_it_begins) {
  for (const std::uint64_t base : {0U, 1U, 300U, 16'384U, 16'385U, 20'000U, 49'152U, 50'000U}) {
    for (const std::uint64_t last : {50'000U, 50'001U, 65'536U, 70'000U}) {
      const FeedHead head{realm.realm(), {base, {}}, {last, {}}, noon, noon};
      std::set<std::string> wanted, kept;
      for (std::uint64_t at = base; at < last; ++at) {
        wanted.insert(next_segment(at, head.last).path());
      }
      for (const SegmentName& name : segments_of(head)) kept.insert(name.path());
      BOOST_TEST((wanted == kept), base << " to " << last);
    }
  }
}

BOOST_AUTO_TEST_CASE(asks_for_what_a_mirror_of_files_keeps) {
  FeedFiles large(realm);
  for (const std::uint64_t size : {1U, 255U, 256U, 257U, 16'383U, 16'384U, 16'640U, 33'000U}) {
    large.revoke_many(size - large.size(), noon);
    large.publish(noon);
    FilesSource::Files kept{{"head", large.files().at("head")}};
    const auto head = FeedHead::parse(kept.at("head"), realm.document);
    BOOST_TEST_REQUIRE(bool(head));
    for (const SegmentName& name : segments_of(*head)) {
      kept[name.path()] = large.files().at(name.path());
    }
    for (std::uint64_t from = 0; from < size; from += 251) {
      for (std::uint64_t at = from; at < size; at = next_segment(at, head->last).end()) {
        BOOST_TEST(kept.contains(next_segment(at, head->last).path()));
      }
    }
    FilesSource source(kept);
    BOOST_TEST(followed(source, realm) == size);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_source_test
