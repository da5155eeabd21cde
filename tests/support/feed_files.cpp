#include "tests/support/feed_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ticket/wire/limits.h"

namespace waybill::test {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const Buffer& bytes) {
  const fs::path draft = path.string() + "~";
  std::ofstream(draft, std::ios::binary) << text_of(bytes);
  fs::rename(draft, path);
}

}  // namespace

void FeedFiles::append(const Revocation& entry) {
  const Digest before = entries_.empty() ? Digest{} : entries_.back().link;
  Buffer wire = entry.encode();
  const Digest link = next_link(before, wire);
  entries_.push_back({std::move(wire), entry.time, link});
}

void FeedFiles::revoke(RevokedBy kind, std::string value, Time time, Seconds matters) {
  const bool for_ever = names_a_ticket(kind) || kind == RevokedBy::workflow;
  append({kind, std::move(value), time, for_ever ? Revocation::for_ever : time, time + matters,
          kind == RevokedBy::completed ? "" : "for a test"});
}

void FeedFiles::revoke_many(std::uint64_t count, Time time, Seconds matters) {
  for (std::uint64_t i = 0; i < count; ++i) {
    revoke(RevokedBy::completed, value_of(random_bytes<16>()), time, matters);
  }
}

void FeedFiles::compact(std::uint64_t sequence, Time time) {
  for (std::uint64_t i = base_.sequence; i < sequence; ++i) {
    auto entry = Revocation::decode(entries_.at(i).wire);
    if (entry->matters_until <= time) continue;
    entry->time = time;
    append(*entry);
  }
  base_ = position(sequence);
}

FeedPosition FeedFiles::position(std::uint64_t sequence) const {
  return {sequence, sequence == 0 ? Digest{} : entries_.at(sequence - 1).link};
}

Buffer FeedFiles::sign(const FeedPosition& last, Time time) const {
  const FeedPosition base = base_.sequence <= last.sequence ? base_ : last;
  return FeedHead{realm_.realm(), base, last, time, time + 5s}.sign(KeyId{1}, realm_.signer);
}

void FeedFiles::cut(const SegmentName& name, Time time) {
  Buffer& file = files_[name.path()];
  if (!file.empty()) return;
  const Time signed_at = name.width == 0 ? entries_.at(name.end() - 1).time : time;
  FeedSegment segment{name.before(), {}, sign(position(name.end()), signed_at)};
  for (std::uint64_t i = name.before(); i < name.end(); ++i) {
    segment.entries.push_back(entries_.at(i).wire);
  }
  file = segment.encode();
}

// A follower may stand anywhere after the base; what it asks for changes at these places only.
void FeedFiles::publish(Time time) {
  const FeedPosition last = position(size());
  for (std::uint64_t at = base_.sequence; at < size();) {
    cut(next_segment(at, last), time);
    if (at + 1 < size()) cut(next_segment(at + 1, last), time);
    at += limits::small_segment - at % limits::small_segment;
  }
  std::erase_if(files_, [&](const auto& file) {
    const auto name = SegmentName::parse(file.first);
    return name && name->end() <= base_.sequence;
  });
  files_["realm"] = realm_.signed_document();
  files_["head"] = sign(last, time);
}

void FeedFiles::write_to(const std::string& folder) const {
  for (const char* level : {"0", "1"}) fs::create_directories(fs::path(folder) / level);
  for (const auto& [path, bytes] : files_) {
    const fs::path file = fs::path(folder) / path;
    if (path != "head" && (path == "realm" || !fs::exists(file))) write(file, bytes);
  }
  if (files_.contains("head")) write(fs::path(folder) / "head", files_.at("head"));
}

}  // namespace waybill::test
