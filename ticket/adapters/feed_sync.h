#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ticket/adapters/feed_mirror.h"

namespace waybill {

/// Keeps a mirror up to the feed, from the first source that serves. A source that is away, that is
/// refused, or whose head is overdue costs only itself: that is said in the log, once, and the next
/// one is tried. Thread-safe. Functions throw StoreError.
class FeedSync {
 public:
  struct Options {
    /// A source that failed comes after all others for so long.
    std::chrono::milliseconds rest = std::chrono::seconds(30);
    /// A process that does not lead follows all the same when the mirror has stood still for so
    /// long: who leads may hang, or have other sources.
    std::chrono::milliseconds patience = std::chrono::seconds(30);
    std::size_t sweep = 10'000;  ///< entries of the mirror that are looked at each time
  };
  enum class Pulled {
    fresh,      ///< the head of a source was reached
    refused,    ///< of the sources that answered each one was refused
    no_answer,  ///< no source answered
    by_others,  ///< it is for another process to follow
  };

  /// What it refers to must outlive it.
  FeedSync(FeedMirror& mirror, FeedSources sources, const Clock& clock);
  FeedSync(FeedMirror& mirror, FeedSources sources, const Clock& clock, const Options& options);

  /// From the next pull on these sources. Waits for none that is under way.
  void use(FeedSources sources);
  /// To be called every few seconds: pulls when this process leads, and sweeps the mirror.
  Pulled tend(const RealmDocument& realm);
  /// At once, whoever leads.
  Pulled pull(const RealmDocument& realm);

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Place {
    std::unique_ptr<FeedSource> source;
    Moment rests_until{};
    std::string trouble{};  ///< what was said of it in the log; empty: it serves
  };
  void take_next();
  std::vector<Place*> in_order();
  Pulled pull_from(Place& place, const RealmDocument& realm);
  void complain(Place& place, std::string_view event, const std::string& why) const;
  bool is_stuck();

  FeedMirror& mirror_;
  const Clock& clock_;
  const Options options_;
  std::mutex next_lock_;  // taken after lock_
  std::optional<FeedSources> next_;
  std::mutex lock_;  // of what follows
  std::vector<Place> places_;
  FeedFollower::Place seen_;  // where the mirror stood when we looked last, and since when
  Moment seen_since_{};
};

}  // namespace waybill
