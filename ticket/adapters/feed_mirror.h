#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "ticket/adapters/feed_source.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/guarded_store.h"
#include "ticket/ticket.h"

namespace waybill {

/// What a host knows to be revoked (specs/storage.md, "The mirror of the feed"): the entries of the
/// feed, and how far they go. One folder serves all programs of one user on a host: each process
/// opens it, one of them follows the feed, all look things up. Thread-safe. Methods throw
/// StoreError.
class FeedMirror {
 public:
  struct Options {
    Env::Options store{};
    std::size_t batch = std::size_t{1} << 21;  ///< entries kept in memory before they are stored
    std::size_t slice = std::size_t{1} << 16;  ///< entries stored in one transaction
    /// For tests: called between two transactions. What it throws leaves the mirror as a process
    /// that was killed there would.
    std::function<void()> between{};
  };

  /// Makes what is missing. Throws FileError or StoreError with a sentence and the mend, also for
  /// the mirror of another realm. `clock` must outlive it.
  FeedMirror(const std::filesystem::path& folder, const RealmFile& realm, const Clock& clock);
  FeedMirror(const std::filesystem::path& folder, const RealmFile& realm, const Clock& clock,
             const Options& options);

  // --- What is known. ----------------------------------------------------------------------------

  struct Head {
    std::uint64_t sequence = 0;  ///< every entry up to it is here, …
    Time time{};  ///< … as of this second, by the KDC's word. Zero: nothing was heard
    /// It is at least so late: the latest second that the KDC has signed, and how long this host
    /// has been up since. Setting the host's clock changes nothing of it.
    Time least{};
  };
  Head head() const;
  /// Whether an entry concerns it. One read transaction, however long the lineage.
  bool concerns(const Body& body) const;
  FeedFollower::Place place() const;
  std::uint64_t count() const;  ///< of entries that it holds

  // --- Following. --------------------------------------------------------------------------------

  /// Whether it is for this process to follow: true for one of all that have the folder open, until
  /// it ends, however it ends.
  bool lead();

  /// Takes over all that a source has beyond what is known; gives its head. Several processes may
  /// do it at once: what one has stored the others do not store again. What led to a signed head
  /// before the source failed is kept. Errors: walk's; busy when others are always faster. Throws
  /// FeedAway.
  Result<FeedHead> follow(FeedSource& source, const RealmDocument& realm);

  /// Looks at the next `at_most` entries, going round and round, and forgets those that matter no
  /// more at the known time (never this host's); returns how many.
  std::size_t sweep(std::size_t at_most);

 private:
  /// On what a lower bound of the time stands: at that uptime of that boot it was so late.
  struct Anchor {
    FixedBytes<16> boot{};
    std::chrono::milliseconds passed{};
    Time time{};
  };
  struct State {
    FeedFollower::Place place;
    Anchor anchor;
  };
  /// Where a sweep goes on.
  struct Mark {
    std::size_t table = 0;
    Buffer key;
  };
  class Batch;

  State state(const Txn& txn) const;
  void store_state(WriteTxn& txn, const State& state) const;
  State moved(const State& from, const FeedFollower::Place& to) const;
  Time least(const State& state) const;
  void settle();
  Mark mark(const Txn& txn) const;
  std::size_t forget(const std::vector<Buffer>& over, std::size_t table, const Mark& next);

  const Clock& clock_;
  const Options options_;
  const std::filesystem::path folder_;
  GuardedStore store_;
  Table state_;
  Table tickets_;    // ended by ticket, or completed
  Table lineages_;   // what was derived from them is ended
  Table names_;      // by subject, actor, queue, workflow, realm
  std::mutex lock_;  // of what follows
  std::optional<FolderLock> lead_;
  std::optional<Mark> mark_;
};

}  // namespace waybill
