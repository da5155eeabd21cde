#pragma once

#include <optional>

#include "tests/crosscheck/second/realm.h"
#include "tests/crosscheck/second/wire.h"

namespace second {

/// The revocation feed, protocol 7, as a follower reads it.
class Follower {
 public:
  struct Position {
    std::uint64_t sequence = 0;
    Bytes32 link{};
    friend bool operator==(const Position&, const Position&) = default;
  };
  /// Where it stands: the next entry comes after `at`; after a jump nothing more is known until
  /// `at` has come to `goal`; and what is known without a gap.
  struct Place {
    Position at;
    std::uint64_t goal = 0;
    std::uint64_t known_sequence = 0, known_time = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };

  explicit Follower(const Place& place) : place_(place) {}
  const Place& place() const { return place_; }

  /// Gives the name of the segment to ask for; nothing when the head is reached.
  std::optional<std::string> take_head(View wire, const RealmDocument& realm, std::uint64_t now);
  /// Gives how many entries are new.
  std::size_t take_segment(View wire, const RealmDocument& realm, std::uint64_t now);

 private:
  struct Head {
    Position base, last;
    std::uint64_t time = 0;
  };
  Head read_head(View wire, const RealmDocument& realm, std::uint64_t now) const;
  void reach(const Head& head);

  Place place_;
};

}  // namespace second
