#include "tests/crosscheck/second/feed.h"

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/primitives.h"

namespace second {
namespace {

constexpr std::uint64_t small = 256, large = 16'384;

// One entry has the shape of its kind.
void check_entry(View wire) {
  const Value message = decode(wire, max_feed_message);
  const auto& field = message.list(4, 6);
  const std::uint64_t kind = field[0].number();
  require(kind >= 1 && kind <= 8, Code::feed_invalid);
  const bool completed = kind == 8, by_id = kind == 1 || kind == 7 || completed;
  require(field.size() == (completed ? 4U : by_id ? 5U : 6U), Code::malformed);
  if (by_id) {
    field[1].fixed<16>();
  } else {
    field[1].str(max_feed_name);
  }
  std::size_t next = 2;
  field[next++].time();
  if (!by_id) field[next++].time();
  field[next++].time();
  if (!completed) field[next].str(max_reason);
}

// Which segment brings whoever has come to `at` nearer to an end at `last`.
std::string segment_after(std::uint64_t at, std::uint64_t last) {
  const std::uint64_t index = at / large;
  const bool is_full = (index + 1) * large <= last, next_is_full = (index + 2) * large <= last;
  if (is_full && (at % large == 0 || next_is_full)) return "1/" + std::to_string(index);
  const std::uint64_t piece = at / small;
  const std::string name = "0/" + std::to_string(piece);
  if ((piece + 1) * small <= last) return name;
  return name + "." + std::to_string(last - piece * small);
}

}  // namespace

Follower::Head Follower::read_head(View wire, const RealmDocument& realm, std::uint64_t now) const {
  const auto shown = SignedStatement::read(wire);
  const Value inner = decode(shown.statement, max_feed_message);
  const auto& field = inner.array(8);
  Head head;
  field[0].literal("feed head");
  const std::string named = field[1].realm();
  head.base.sequence = field[2].number();
  head.base.link = field[3].fixed<32>();
  head.last.sequence = field[4].number();
  head.last.link = field[5].fixed<32>();
  head.time = field[6].time();
  field[7].time();

  require(named == realm.realm, Code::wrong_realm);
  const auto* key = realm.signer(shown.signer, head.time);
  require(key != nullptr && shown.is_by(*key), Code::feed_invalid);
  require(head.base.sequence <= head.last.sequence, Code::feed_invalid);
  require(head.time <= now + skew, Code::feed_invalid);
  require(head.last.sequence >= place_.at.sequence, Code::feed_invalid);
  return head;
}

void Follower::reach(const Head& head) {
  place_.at = head.last;
  if (place_.at.sequence < place_.goal) return;
  place_.known_sequence = head.last.sequence;
  place_.known_time = std::max(place_.known_time, head.time);
}

std::optional<std::string> Follower::take_head(View wire, const RealmDocument& realm,
                                               std::uint64_t now) {
  const Head head = read_head(wire, realm, now);
  require(head.time >= place_.known_time, Code::feed_invalid);
  const bool here = head.last.sequence == place_.at.sequence;
  require(!here || head.last.link == place_.at.link, Code::feed_invalid);
  if (place_.at.sequence < head.base.sequence) {
    place_.at = head.base;
    place_.goal = head.last.sequence;
  }
  if (place_.at.sequence < head.last.sequence) {
    return segment_after(place_.at.sequence, head.last.sequence);
  }
  reach(head);
  return std::nullopt;
}

std::size_t Follower::take_segment(View wire, const RealmDocument& realm, std::uint64_t now) {
  const Value message = decode(wire, max_segment);
  const auto& field = message.array(3);
  const std::uint64_t before = field[0].number();
  std::vector<View> entries;
  for (const Value& item : field[1].list(1, large)) entries.push_back(item.bin(max_feed_message));
  const Head head = read_head(field[2].bin(max_feed_message), realm, now);

  const std::uint64_t come = place_.at.sequence;
  require(before <= come && come - before < entries.size(), Code::feed_invalid);
  require(head.last.sequence == before + entries.size(), Code::feed_invalid);
  Bytes32 link = place_.at.link;
  for (std::size_t i = come - before; i < entries.size(); ++i) {
    check_entry(entries[i]);
    link = hash("WB1 feed", {link, entries[i]});
  }
  require(link == head.last.link, Code::feed_invalid);
  reach(head);
  return entries.size() - (come - before);
}

}  // namespace second
