#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ticket/adapters/realm_file.h"
#include "ticket/exchange/feed_follower.h"

namespace waybill {

/// A source does not answer, or has no such file. `what()` is one sentence that names it.
class FeedAway : public std::runtime_error {
 public:
  FeedAway(const std::string& sentence, bool is_local)
      : std::runtime_error(sentence), is_local_(is_local) {}
  /// A folder of this machine, and not a server.
  bool is_local() const noexcept { return is_local_; }

 private:
  bool is_local_;
};

/// The files of a revocation feed (specs/protocol.md 7), wherever they lie: bytes of anybody, of
/// which nothing is believed before a FeedFollower has taken it. No file is longer than
/// limits::max_segment. Thread-safe.
class FeedSource {
 public:
  explicit FeedSource(std::string name) : name_(std::move(name)) {}
  FeedSource(const FeedSource&) = delete;
  FeedSource& operator=(const FeedSource&) = delete;
  virtual ~FeedSource() = default;

  /// Where it is, for people.
  const std::string& name() const { return name_; }

  // Each throws FeedAway.
  virtual Buffer head() = 0;
  virtual Buffer segment(const SegmentName& name) = 0;
  /// The signed realm document, which lies beside the feed as `realm`.
  virtual Buffer realm() = 0;

 private:
  const std::string name_;
};

/// A KDC: `http://host:port` or https, which is trusted by the authorities in `ca_file` (the
/// system's when empty).
std::unique_ptr<FeedSource> open_kdc_feed(const std::string& url, const std::string& ca_file = {});
/// Any place with the files of a feed: a web server's address (`https://cdn.example/feed`), or a
/// folder (`/media/feed`, `file:///media/feed`). Throws HttpError for an address that is none.
std::unique_ptr<FeedSource> open_feed(const std::string& place);

using FeedSources = std::vector<std::unique_ptr<FeedSource>>;
/// In the order in which they are to be tried: those that are named, which may be KDCs of the realm
/// file; when none is, the feeds of the realm file and then its KDCs.
FeedSources open_feeds(const RealmFile& realm, const std::vector<std::string>& named);

}  // namespace waybill
