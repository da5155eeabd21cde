#pragma once

#include <string>
#include <vector>

#include "ticket/feed.h"

namespace waybill {

/// How the feed travels (specs/protocol.md 7): in segments, which never change once they are there,
/// so that any static file server can carry them.

/// The name of a segment says which entries it holds: the index-th run of a level's size, or of
/// level 0 its first `width` entries, when it is not full yet.
struct SegmentName {
  std::uint8_t level = 0;
  std::uint64_t index = 0;
  std::uint64_t width = 0;  ///< 0: full

  std::uint64_t size() const;                              ///< entries of a full one
  std::uint64_t before() const { return index * size(); }  ///< entries before its first
  std::uint64_t end() const { return before() + (width == 0 ? size() : width); }
  std::string path() const;  ///< "0/17", "0/17.5", "1/3": below the feed's address
  /// Only what path() prints. Errors: malformed.
  static Result<SegmentName> parse(std::string_view path);
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
};
/// The segment that brings whoever has come so far nearer to the head. Requires
/// `sequence < head.last.sequence`. A publisher keeps what this may ask for.
SegmentName next_segment(std::uint64_t sequence, const FeedPosition& last);

/// A file of the feed: entries that lead to a head of their own. The head of a full segment bears
/// the time of its last entry: whatever came after it was not there before that.
struct FeedSegment {
  std::uint64_t before = 0;  ///< entries before the first of these
  std::vector<Buffer> entries;
  Buffer head;  ///< its last is the last of these entries
  Buffer encode() const;
  static Result<FeedSegment> decode(Bytes wire);
};

}  // namespace waybill
