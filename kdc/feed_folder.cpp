#include "kdc/feed_folder.h"

#include "ticket/adapters/files.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;
using limits::large_segment;
using limits::small_segment;

constexpr mode_t public_file = 0644;
constexpr std::array<std::string_view, 2> levels{"0", "1"};

void make_public_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (!error) fs::permissions(path, fs::perms(0755), error);
  if (!error) return;
  throw FileError("cannot make the folder " + path.string() + ": " + error.message(), path,
                  error.value());
}

void remove_drafts(const fs::path& folder) {
  std::vector<fs::path> drafts;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with('.')) drafts.push_back(entry.path());
  }
  for (const fs::path& draft : drafts) fs::remove(draft);
}

std::optional<Buffer> read_if_there(const fs::path& path, std::size_t most) {
  try {
    return read_file(path, most);
  } catch (const FileError& error) {
    if (error.code() == ENOENT) return std::nullopt;
    throw;
  }
}

}  // namespace

FeedFolder::FeedFolder(fs::path path) : path_(std::move(path)) {
  make_public_folder(path_);
  remove_drafts(path_);
  for (const std::string_view level : levels) {
    make_public_folder(path_ / level);
    remove_drafts(path_ / level);
  }
}

std::optional<Buffer> FeedFolder::head() const {
  return read_if_there(path_ / "head", limits::max_caveat);
}

std::optional<Buffer> FeedFolder::segment(const SegmentName& name) const {
  return read_if_there(file(name), limits::max_segment);
}

bool FeedFolder::has(const SegmentName& name) const { return fs::exists(file(name)); }

std::vector<SegmentName> FeedFolder::segments() const {
  std::vector<SegmentName> names;
  for (const std::string_view level : levels) {
    for (const auto& entry : fs::directory_iterator(path_ / level)) {
      const auto name =
          SegmentName::parse(std::string(level) + "/" + entry.path().filename().string());
      if (name) names.push_back(*name);
    }
  }
  return names;
}

void FeedFolder::put_realm(Bytes bytes) const { replace_file(path_ / "realm", bytes, public_file); }

void FeedFolder::put_head(Bytes bytes) const { replace_file(path_ / "head", bytes, public_file); }

void FeedFolder::put(const SegmentName& name, Bytes bytes) const {
  replace_file(file(name), bytes, public_file);
}

void FeedFolder::remove(const SegmentName& name) const { fs::remove(file(name)); }

// --- What is kept. ------------------------------------------------------------------------------

// The last three large segments, whole or not: a follower of the newest head asks for small ones in
// two of them, one of an older head perhaps in the third.
std::uint64_t FeedWindow::first_small() const {
  const std::uint64_t full = last_ / large_segment;
  return (full < 2 ? 0 : full - 2) * large_segment;
}

std::vector<SegmentName> FeedWindow::full_after(std::uint64_t after) const {
  std::vector<SegmentName> names;
  const std::uint64_t from = std::max(after, base_);
  SegmentName large{1, from / large_segment, 0};
  for (; large.end() <= last_; ++large.index) names.push_back(large);
  SegmentName small{0, std::max(from, first_small()) / small_segment, 0};
  for (; small.end() <= last_; ++small.index) names.push_back(small);
  return names;
}

std::optional<SegmentName> FeedWindow::partial() const {
  if (last_ % small_segment == 0) return std::nullopt;
  return SegmentName{0, last_ / small_segment, last_ % small_segment};
}

bool FeedWindow::keeps_the_same_as(const FeedWindow& other) const {
  return base_ == other.base_ && last_ / small_segment == other.last_ / small_segment;
}

bool FeedWindow::keeps(const SegmentName& name) const {
  if (name.end() > last_ || name.end() <= base_) return false;
  if (name.level == 1) return true;
  if (name.width != 0) return name.index + 1 >= last_ / small_segment;
  return name.before() >= first_small();
}

}  // namespace waybill::kdc
