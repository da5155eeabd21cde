// A follower of the feed and whoever hands it files: heads and segments of the KDC's one history,
// old ones, cut ones, changed ones, in any order. What the follower believes is of that history.

#include <algorithm>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/ticket_targets.h"
#include "ticket/exchange/feed_follower.h"
#include "ticket/exchange/revoked.h"
#include "ticket/wire/limits.h"

namespace waybill::test::fuzz {
namespace {

constexpr std::uint64_t length = 600;  // entries: two full segments and a part of a third
constexpr Time today = noon + Seconds{length};

/// What the KDC has published: an entry a second, from noon on.
struct History {
  std::vector<Buffer> entries;
  std::vector<Digest> links{Digest{}};

  History() {
    for (std::uint64_t i = 0; i < length; ++i) {
      const Time time = noon + Seconds{i};
      entries.push_back(Revocation{i % 3 == 0 ? RevokedBy::ticket : RevokedBy::subject,
                                   i % 3 == 0 ? value_of(TicketId{static_cast<std::uint8_t>(i)})
                                              : "u" + std::to_string(i) + "@DEMO.TEST",
                                   time, i % 3 == 0 ? Revocation::for_ever : time, time + 24h,
                                   "gone"}
                            .encode());
      links.push_back(next_link(links.back(), entries.back()));
    }
  }
  // Over the first `last` entries, signed at the second of the last of them or later.
  Buffer head(std::uint64_t base, std::uint64_t last, Seconds later) const {
    const Time time = noon + Seconds{last} - (last == 0 || later == 0s ? 1s : 0s);
    const FeedHead head{realm().realm(), {base, links[base]}, {last, links[last]}, time, time + 5s};
    return head.sign(KeyId{1}, realm().signer);
  }
  FeedSegment cut(std::uint64_t before, std::uint64_t end) const {
    const auto at = [&](std::uint64_t i) {
      return entries.begin() + static_cast<std::ptrdiff_t>(i);
    };
    return {before, {at(before), at(end)}, head(0, end, 0s)};
  }
};

const History& history() {
  static const History instance;
  return instance;
}

void check_place(const FeedFollower::Place& before, const FeedFollower::Place& after) {
  require(after.at.sequence <= length && after.at.link == history().links[after.at.sequence],
          "a follower is at a place of the one history");
  require(after.at.sequence >= before.at.sequence && after.known.time >= before.known.time &&
              after.known.sequence >= before.known.sequence,
          "a follower goes on, never back");
  require(
      after.known.sequence <= after.at.sequence &&
          (after.known.time <= noon ||
           static_cast<std::uint64_t>((after.known.time - noon).count()) <= after.known.sequence),
      "all that was revoked before the known second is known");
}

FeedSegment planned_segment(const FeedFollower& follower, Plan& plan) {
  const std::uint64_t at = follower.place().at.sequence;
  const std::uint64_t before = plan.yes() ? at : plan.below(length);
  const std::uint64_t end = before + 1 + plan.below(static_cast<std::size_t>(length - before) + 1);
  return history().cut(std::min(before, length - 1), std::min(end, length));
}

void spoil(FeedSegment& segment, Plan& plan) {
  std::vector<Buffer>& entries = segment.entries;
  const std::size_t one = plan.below(entries.size()), two = plan.below(entries.size());
  switch (plan.below(6)) {
    case 0:
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(one));
      break;
    case 1:
      std::swap(entries[one], entries[two]);
      break;
    case 2:
      entries[one] = changed(entries[one], entries[two], plan);
      break;
    case 3:
      segment.before = plan.number();
      break;
    case 4:
      segment.head = changed(segment.head, history().head(0, length, 1s), plan);
      break;
    default:
      segment.head = history().head(0, plan.below(length + 1), 1s);
  }
}

void take_segment(FeedFollower& follower, Plan& plan) {
  FeedSegment segment = planned_segment(follower, plan);
  if (plan.yes()) spoil(segment, plan);
  const std::uint64_t at = follower.place().at.sequence;
  const auto fresh = follower.take_segment(segment, realm().document, today);
  if (!fresh) return;
  require(follower.place().at.sequence == at + fresh->size(), "each entry is one step");
  for (std::size_t i = 0; i < fresh->size(); ++i) {
    require((*fresh)[i].encode() == history().entries[at + i], "what is believed was published");
  }
}

void take_head(FeedFollower& follower, Plan& plan) {
  const std::uint64_t last = plan.below(length + 1);
  const std::uint64_t base = plan.yes() ? 0 : plan.below(static_cast<std::size_t>(last) + 1);
  const Buffer good = history().head(base, last, plan.yes() ? 1s : 0s);
  const Buffer head = plan.yes() ? good : changed(good, history().head(0, length, 1s), plan);
  const auto wanted = follower.take_head(head, realm().document, today);
  if (!wanted || !*wanted) return;
  const std::uint64_t at = follower.place().at.sequence;
  require((*wanted)->before() <= at && at < (*wanted)->end(),
          "the segment that is wanted has the next entry");
}

void follow(Bytes input) {
  Plan plan(input);
  FeedFollower follower;
  for (int step = 0; step < 12 && !plan.is_over(); ++step) {
    const FeedFollower::Place before = follower.place();
    if (plan.yes()) {
      take_head(follower, plan);
    } else {
      take_segment(follower, plan);
    }
    check_place(before, follower.place());
  }
}

// Who asks for what is wanted gets to any end, in few steps.
void catch_up(Bytes input) {
  Plan plan(input);
  const std::uint64_t last = plan.number() % limits::max_segment_index;
  std::uint64_t at = last == 0 ? 0 : plan.number() % last;
  for (int steps = 0; at < last; ++steps) {
    const SegmentName name = next_segment(at, {last, {}});
    const auto again = SegmentName::parse(name.path());
    require(again && *again == name, "a segment's name is read as it was written");
    require(name.before() <= at && at < name.end() && name.end() <= last,
            "a segment has the next entry and none that is not there");
    if (steps > 200) at = std::max(at, last - std::min(last, 3 * limits::large_segment));
    at = std::max(at, name.end());
    require(steps < 1000, "a follower arrives");
  }
}

void look_up(Bytes input) {
  Plan plan(input);
  const Body body = planned_body(plan);
  const auto number = static_cast<RevokedBy>(1 + plan.below(8));
  const std::string values[] = {value_of(body.id),
                                body.lineage.empty() ? "" : value_of(body.lineage.back()),
                                body.subject.text(),
                                body.audience.text(),
                                body.work ? body.work->id : "",
                                "trigger/orders@DEMO.TEST",
                                "DEMO.TEST"};
  const std::string& value = plan.one_of(values);
  const Time until = planned_time(plan);
  const bool revoked = is_revoked(body, [&](RevokedBy kind, const std::string& key) {
    return kind == number && key == value ? std::optional(until) : std::nullopt;
  });
  const auto is_ancestor = [&] {
    return std::ranges::any_of(body.lineage, [&](const auto& id) { return value_of(id) == value; });
  };
  const auto concerned = [&] {
    switch (number) {
      case RevokedBy::ticket:
      case RevokedBy::completed:
        return value_of(body.id) == value || is_ancestor();
      case RevokedBy::lineage:
        return is_ancestor();
      case RevokedBy::subject:
        return body.subject.text() == value;
      case RevokedBy::actor:
        return std::ranges::any_of(body.actors, [&](const auto& a) { return a.text() == value; });
      case RevokedBy::queue:
        return body.audience.text() == value;
      case RevokedBy::workflow:
        return body.work && body.work->id == value;
      case RevokedBy::realm:
        return body.audience.realm().text() == value;
    }
    return false;
  };
  require(revoked == (concerned() && body.issued_at <= until),
          "a revocation reaches those that it names, issued until then");
}

}  // namespace

Targets feed_targets() {
  return {{"a_follower_of_the_feed", some_plans, follow},
          {"the_way_to_the_end_of_a_feed", some_plans, catch_up},
          {"a_revocation_and_a_ticket", some_plans, look_up}};
}

}  // namespace waybill::test::fuzz
