#pragma once

#include <memory>
#include <string>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/scratch.h"
#include "tests/support/outcome.h"

namespace waybill::test {

/// A feed in a test's hands, and a mirror that follows it.
struct MirrorDesk {
  TestRealm realm;
  TestFeed feed{realm};
  ManualClock clock;
  TestFeedSource source{realm, feed, clock};
  Scratch scratch;
  std::unique_ptr<FeedMirror> mirror = open();

  std::unique_ptr<FeedMirror> open(const FeedMirror::Options& options = quick_mirror()) {
    return std::make_unique<FeedMirror>(scratch / "mirror", realm_file_of(realm), clock, options);
  }
  void reopen(const FeedMirror::Options& options = quick_mirror()) {
    mirror.reset();
    mirror = open(options);
  }
  Outcome follow() { return outcome(mirror->follow(source, realm.document)); }
  Outcome follow(FeedSource& other) { return outcome(mirror->follow(other, realm.document)); }
  Outcome hear(Time time) {
    clock.set(time);
    return follow();
  }
  Body body_of(const char* subject) {
    return realm.workflow_body(subject, "queue-alice", work_of("invoice-report", "x"));
  }
  bool concerns(const char* subject) { return mirror->concerns(body_of(subject)); }
  void revoke(const std::string& subject, Time time = noon) {
    feed.revoke(RevokedBy::subject, subject + "@DEMO.TEST", time);
  }
};

}  // namespace waybill::test
