#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/support/feed_files.h"
#include "tests/support/test_feed.h"
#include "ticket/adapters/feed_mirror.h"

namespace waybill::test {

/// The realm file of a TestRealm; its one KDC is not there.
inline RealmFile realm_file_of(const TestRealm& realm) {
  return {realm.realm(), {"http://127.0.0.1:1"}, realm.root.public_key()};
}

/// A mirror that is fast and forgets nothing as long as the machine runs.
inline FeedMirror::Options quick_mirror() {
  FeedMirror::Options options;
  options.store.map_bytes = std::size_t{256} << 20;
  options.store.synced = false;
  return options;
}

/// A TestFeed as a KDC shows it at this moment.
class TestFeedSource final : public FeedSource {
 public:
  TestFeedSource(TestRealm& realm, TestFeed& feed, const Clock& clock)
      : FeedSource("the test's feed"), realm_(realm), feed_(feed), clock_(clock) {}

  Buffer head() override { return feed_.head(clock_.now()); }
  Buffer segment(const SegmentName& name) override {
    if (name.end() > feed_.entries.size()) throw FeedAway("no segment " + name.path(), false);
    return feed_.segment(name, clock_.now()).encode();
  }
  Buffer realm() override { return realm_.signed_document(); }

 private:
  TestRealm& realm_;
  TestFeed& feed_;
  const Clock& clock_;
};

/// Files that a test holds in its hands.
class FilesSource final : public FeedSource {
 public:
  using Files = std::map<std::string, Buffer>;
  explicit FilesSource(const Files& files, std::string name = "the test's files")
      : FeedSource(std::move(name)), files_(files) {}

  Buffer head() override { return get("head"); }
  Buffer segment(const SegmentName& name) override { return get(name.path()); }
  Buffer realm() override { return get("realm"); }

  /// Sees each path that is asked for, and may throw.
  std::function<void(const std::string&)> asked;

 private:
  Buffer get(const std::string& path) const {
    if (asked) asked(path);
    const auto found = files_.find(path);
    if (found == files_.end()) throw FeedAway("there is no " + path, false);
    return found->second;
  }
  const Files& files_;
};

}  // namespace waybill::test
