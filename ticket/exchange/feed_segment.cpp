#include "ticket/exchange/feed_segment.h"

#include <charconv>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

// A decimal number as std::to_string prints it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string printed = std::to_string(number);
  if (error != std::errc{} || text.substr(0, printed.size()) != printed) return std::nullopt;
  if (end != text.data() + printed.size()) return std::nullopt;
  text.remove_prefix(printed.size());
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::uint64_t SegmentName::size() const {
  return level == 0 ? limits::small_segment : limits::large_segment;
}

std::string SegmentName::path() const {
  std::string out = std::to_string(level) + "/" + std::to_string(index);
  if (width != 0) out += "." + std::to_string(width);
  return out;
}

Result<SegmentName> SegmentName::parse(std::string_view path) {
  const Error wrong{Errc::malformed, "name of a segment"};
  const auto level = take_number(path);
  if (!level || *level > 1 || !take(path, '/')) return wrong;
  const auto index = take_number(path);
  if (!index || *index > limits::max_segment_index) return wrong;
  SegmentName out{static_cast<std::uint8_t>(*level), *index, 0};
  if (path.empty()) return out;
  if (*level != 0 || !take(path, '.')) return wrong;
  const auto width = take_number(path);
  if (!width || *width == 0 || *width >= out.size() || !path.empty()) return wrong;
  out.width = *width;
  return out;
}

// A large one for whoever is far behind; near the end the small ones, so that a follower in the
// middle of a large one does not fetch all of it for a few entries.
SegmentName next_segment(std::uint64_t sequence, const FeedPosition& last) {
  const std::uint64_t large = sequence / limits::large_segment;
  const std::uint64_t full = last.sequence / limits::large_segment;
  const bool at_its_start = sequence % limits::large_segment == 0;
  if (large < full && (at_its_start || large + 1 < full)) return {1, large, 0};
  SegmentName small{0, sequence / limits::small_segment, 0};
  if (small.end() > last.sequence) small.width = last.sequence - small.before();
  return small;
}

Buffer FeedSegment::encode() const {
  Writer out;
  out.array(3).uint(before).array(entries.size());
  for (const Buffer& entry : entries) out.bin(entry);
  return out.bin(head).take();
}

Result<FeedSegment> FeedSegment::decode(Bytes wire) {
  Reader in(wire, limits::max_segment);
  FeedSegment out;
  in.array(3);
  out.before = in.uint();
  for (std::size_t n = in.array(1, limits::large_segment); n > 0; --n) {
    out.entries.push_back(copy_of(in.bin(limits::max_caveat)));
  }
  out.head = copy_of(in.bin(limits::max_caveat));
  CHECK_OK(in.finish());
  return out;
}

}  // namespace waybill
