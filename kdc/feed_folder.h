#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "ticket/exchange/feed_segment.h"

namespace waybill::kdc {

/// The feed's files (specs/storage.md): `realm`, `head` and `LEVEL/NAME`. Public and plain, so that
/// any static file server or rsync can carry them. Whoever reads finds a whole file or none,
/// whatever dies; nothing waits for the disk, since the store is the truth and every file can be
/// made again from it: after a power cut a file may hold anything, and the publisher looks. Every
/// function throws FileError or std::filesystem::filesystem_error.
class FeedFolder {
 public:
  /// Makes the folders (0755) when they are missing, and removes what a process that died left half
  /// written.
  explicit FeedFolder(std::filesystem::path path);

  /// Nothing when there is none.
  std::optional<Buffer> head() const;
  std::optional<Buffer> segment(const SegmentName& name) const;
  bool has(const SegmentName& name) const;
  std::vector<SegmentName> segments() const;

  /// The signed realm document beside them, for whoever has nothing but these files.
  void put_realm(Bytes bytes) const;
  void put_head(Bytes bytes) const;
  void put(const SegmentName& name, Bytes bytes) const;
  void remove(const SegmentName& name) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path file(const SegmentName& name) const { return path_ / name.path(); }
  const std::filesystem::path path_;
};

/// What a publisher keeps for the followers of a head, and of those shortly before it: all that
/// next_segment() may ask for.
class FeedWindow {
 public:
  FeedWindow(std::uint64_t base, std::uint64_t last) : base_(base), last_(last) {}

  /// Full segments that end after `after`, the large ones first.
  std::vector<SegmentName> full_after(std::uint64_t after) const;
  /// The segment that is not full yet; nothing when there is none.
  std::optional<SegmentName> partial() const;
  bool keeps(const SegmentName& name) const;
  /// Of a feed that only grew in between.
  bool keeps_the_same_as(const FeedWindow& other) const;

 private:
  std::uint64_t first_small() const;  // level 0 holds what comes after so many entries
  std::uint64_t base_;
  std::uint64_t last_;
};

}  // namespace waybill::kdc
