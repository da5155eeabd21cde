#include "tools/feed_export.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "ticket/adapters/feed_walk.h"
#include "ticket/adapters/files.h"
#include "ticket/wire/limits.h"

namespace waybill::tools {
namespace {

namespace fs = std::filesystem;

constexpr mode_t for_everybody = 0644;

/// One run, from the first missing segment to the head.
class Export {
 public:
  Export(FeedPlace& from, fs::path to, Time now) : from_(from), to_(std::move(to)), now_(now) {}
  Outcome<Exported> run();

 private:
  Result<std::optional<FeedHead>> head_before();
  Result<FeedHead> newest(const std::optional<FeedHead>& before);
  Result<FeedPosition> start_of(const SegmentName& name, const FeedHead& head) const;
  Checked fetch(const SegmentName& name, const FeedHead& head);
  std::size_t remove_all_but(const std::set<std::string>& needed) const;

  FeedPlace& from_;
  const fs::path to_;
  const Time now_;
  Buffer head_wire_;
  FeedPosition reached_;  // the end of the segment that was fetched last
};

// A head in the folder that is none (or of another realm) is somebody else's file: better not touch
// it.
Result<std::optional<FeedHead>> Export::head_before() {
  if (!fs::exists(to_ / "head")) return std::optional<FeedHead>();
  TRY(head, FeedHead::parse(read_file(to_ / "head", limits::max_caveat), from_.realm));
  return std::optional(std::move(head));
}

Result<FeedHead> Export::newest(const std::optional<FeedHead>& before) {
  head_wire_ = from_.source->head();
  TRY(head, FeedHead::parse(head_wire_, from_.realm));
  FeedFollower::Place known;
  if (before) known = {before->last, 0, {before->last.sequence, before->time}};
  CHECK_OK(FeedFollower(known).take_head(head_wire_, from_.realm, now_));
  return head;
}

// Where the entries of a segment begin: at the base, or where the one before it ends, by its own
// signed head.
Result<FeedPosition> Export::start_of(const SegmentName& name, const FeedHead& head) const {
  if (name.before() <= head.base.sequence) return head.base;
  if (reached_.sequence == name.before()) return reached_;
  SegmentName previous{name.level, name.index - 1, 0};
  if (!fs::exists(to_ / previous.path())) {
    previous = {1, name.before() / limits::large_segment - 1, 0};
  }
  TRY(segment, FeedSegment::decode(read_file(to_ / previous.path(), limits::max_segment)));
  TRY(end, FeedHead::parse(segment.head, from_.realm));
  if (end.last.sequence != name.before()) return Error{Errc::feed_invalid, "files do not meet"};
  return end.last;
}

Checked Export::fetch(const SegmentName& name, const FeedHead& head) {
  TRY(start, start_of(name, head));
  TRY(segment, fetch_segment(*from_.source, name));
  FeedFollower follower(FeedFollower::Place{start, 0, {}});
  CHECK_OK(follower.take_segment(segment, from_.realm, now_));
  reached_ = follower.place().at;
  fs::create_directories((to_ / name.path()).parent_path());
  write_file_atomic(to_ / name.path(), segment.encode(), for_everybody);
  return ok();
}

std::size_t Export::remove_all_but(const std::set<std::string>& needed) const {
  std::vector<fs::path> over;
  for (const char* level : {"0", "1"}) {
    if (!fs::exists(to_ / level)) continue;
    for (const auto& file : fs::directory_iterator(to_ / level)) {
      const std::string path = std::string(level) + "/" + file.path().filename().string();
      if (SegmentName::parse(path) && !needed.contains(path)) over.push_back(file.path());
    }
  }
  for (const fs::path& file : over) fs::remove(file);
  return over.size();
}

Outcome<Exported> Export::run() {
  TRY(before, head_before());
  TRY(head, newest(before));
  Exported out{head};
  std::set<std::string> needed;
  for (const SegmentName& name : segments_of(head)) {
    needed.insert(name.path());
    const bool is_there = fs::exists(to_ / name.path());
    ++(is_there ? out.kept : out.fetched);
    if (!is_there) CHECK_OK(fetch(name, head));
  }
  fs::create_directories(to_);
  write_file_atomic(to_ / "realm", from_.signed_realm, for_everybody);
  write_file_atomic(to_ / "head", head_wire_, for_everybody);
  if (before) {
    for (const SegmentName& name : segments_of(*before)) needed.insert(name.path());
  }
  out.removed = remove_all_but(needed);
  return out;
}

}  // namespace

Outcome<Exported> export_feed(FeedPlace& from, const fs::path& to, Time now) {
  return Export(from, to, now).run();
}

}  // namespace waybill::tools
