#include "ticket/feed.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "ticket/hex.h"
#include "ticket/limits.h"

namespace waybill {
namespace {

constexpr std::array<std::string_view, 9> kinds{
    "", "ticket", "subject", "actor", "queue", "workflow", "realm", "lineage", "completed"};

void write_position(Writer& out, const FeedPosition& position) {
  out.uint(position.sequence).bin(position.link);
}

FeedPosition read_position(Reader& in) {
  const std::uint64_t sequence = in.uint();
  return {sequence, in.bin<32>()};
}

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

std::string_view name_of(RevokedBy kind) { return kinds.at(static_cast<std::size_t>(kind)); }

std::optional<RevokedBy> revoked_by(std::string_view name) {
  for (std::size_t i = 1; i < kinds.size(); ++i) {
    if (kinds[i] == name) return static_cast<RevokedBy>(i);
  }
  return std::nullopt;
}

std::string Revocation::shown_value() const {
  return names_a_ticket(kind) ? to_hex(bytes_of(value)) : value;
}

// By ticket [kind, id, time, matters_until, reason], completed without the reason; by name
// [kind, value, time, issued_until, matters_until, reason].
Buffer Revocation::encode() const {
  Writer out;
  const auto number = static_cast<std::uint64_t>(kind);
  if (!names_a_ticket(kind)) {
    out.array(6).uint(number).str(value).time(time).time(issued_until);
    return out.time(matters_until).str(reason).take();
  }
  const bool completed = kind == RevokedBy::completed;
  out.array(completed ? 4 : 5).uint(number).bin(bytes_of(value)).time(time).time(matters_until);
  if (!completed) out.str(reason);
  return out.take();
}

Result<Revocation> Revocation::decode(Bytes wire) {
  Reader in(wire, limits::max_caveat);
  const std::size_t elements = in.array(4, 6);
  const std::uint64_t number = in.uint();
  if (!in.failed() && (number == 0 || number >= kinds.size())) {
    in.fail(Errc::feed_invalid, "kind of revocation");
  }
  if (in.failed()) return *in.first_error();
  Revocation out;
  out.kind = static_cast<RevokedBy>(number);
  const bool completed = out.kind == RevokedBy::completed;
  const bool by_ticket = names_a_ticket(out.kind);
  if (elements != (completed ? 4U : by_ticket ? 5U : 6U)) in.fail(Errc::malformed, "revocation");
  out.value = by_ticket ? value_of(in.bin<sizeof(TicketId)>()) : in.str(limits::max_workflow_id);
  out.time = in.time();
  out.issued_until = by_ticket ? for_ever : in.time();
  out.matters_until = in.time();
  if (!completed) out.reason = in.str(limits::max_reason);
  CHECK_OK(in.finish());
  return out;
}

Digest next_link(const Digest& previous, Bytes entry) {
  return hash(Label::feed, {previous, entry});
}

Buffer FeedHead::sign(KeyId signer, const KdcSigningKey& key) const {
  Writer out;
  out.array(8).str("feed head").str(realm.text());
  write_position(out, base);
  write_position(out, last);
  const Buffer statement = out.time(time).time(next_time).take();
  const Signature signature = waybill::sign(key, statement);
  return Writer().array(3).uint(number(signer)).bin(statement).bin(signature).take();
}

Result<FeedHead> FeedHead::parse(Bytes wire, const RealmDocument& realm) {
  Reader outer(wire, limits::max_caveat);
  outer.array(3);
  const KeyId signer{outer.uint32()};
  const Bytes statement = outer.bin(limits::max_caveat);
  const Signature signature = outer.bin<64>();
  CHECK_OK(outer.finish());
  Reader in(statement, limits::max_caveat);
  in.array(8);
  in.literal("feed head");
  auto named = in.realm();
  const FeedPosition base = read_position(in);
  const FeedPosition last = read_position(in);
  const Time time = in.time();
  const Time next_time = in.time();
  CHECK_OK(in.finish());
  if (*named != realm.realm) return Error{Errc::wrong_realm, "feed head"};
  const auto* key = realm.signer(signer, time);
  if (key == nullptr || !verify(key->key, statement, signature)) {
    return Error{Errc::feed_invalid, "signature of the head"};
  }
  if (base.sequence > last.sequence) return Error{Errc::feed_invalid, "base after the end"};
  return FeedHead{*std::move(named), base, last, time, next_time};
}

// --- Segments. ----------------------------------------------------------------------------------

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

// --- Following. ---------------------------------------------------------------------------------

Result<FeedHead> FeedFollower::parse_head(Bytes wire, const RealmDocument& realm, Time now) const {
  TRY(head, FeedHead::parse(wire, realm));
  // Believed, it would make every true head after it one that goes back.
  if (head.time > now + limits::clock_skew) {
    return Error{Errc::feed_invalid, "a head from the future, or our clock is behind"};
  }
  if (head.last.sequence < place_.at.sequence) {
    return Error{Errc::feed_invalid, "the feed went back"};
  }
  return head;
}

// What is known as of a later second stays known as of it, whatever more is learned.
void FeedFollower::reach(const FeedHead& head) {
  place_.at = head.last;
  if (place_.at.sequence < place_.goal) return;
  place_.known = {head.last.sequence, std::max(place_.known.time, head.time)};
}

Result<std::optional<SegmentName>> FeedFollower::take_head(Bytes wire, const RealmDocument& realm,
                                                           Time now) {
  TRY(head, parse_head(wire, realm, now));
  if (head.time < place_.known.time) return Error{Errc::feed_invalid, "the feed went back"};
  if (head.last.sequence == place_.at.sequence && head.last != place_.at) {
    return Error{Errc::feed_invalid, "another history"};
  }
  if (place_.at.sequence < head.base.sequence) {
    place_.at = head.base;
    place_.goal = head.last.sequence;
  }
  if (place_.at.sequence < head.last.sequence) {
    return std::optional(next_segment(place_.at.sequence, head.last));
  }
  reach(head);
  return std::optional<SegmentName>();
}

Result<std::vector<Revocation>> FeedFollower::take_segment(const FeedSegment& segment,
                                                           const RealmDocument& realm, Time now) {
  TRY(head, parse_head(segment.head, realm, now));
  const std::uint64_t from = place_.at.sequence;
  if (segment.before > from || segment.entries.size() <= from - segment.before) {
    return Error{Errc::feed_invalid, "not the segment of the next entry"};
  }
  if (head.last.sequence - segment.before != segment.entries.size()) {
    return Error{Errc::feed_invalid, "the entries do not lead to the head"};
  }
  std::vector<Revocation> fresh;
  Digest at = place_.at.link;
  for (std::size_t i = from - segment.before; i < segment.entries.size(); ++i) {
    TRY(entry, Revocation::decode(segment.entries[i]));
    at = waybill::next_link(at, segment.entries[i]);
    fresh.push_back(std::move(entry));
  }
  if (at != head.last.link) return Error{Errc::feed_invalid, "another history"};
  reach(head);
  return fresh;
}

}  // namespace waybill
