#include "tests/support/test_feed.h"

#include <stdexcept>

namespace waybill::test {

const Revocation& TestFeed::revoke(RevokedBy kind, std::string value, Time time) {
  const bool for_ever = names_a_ticket(kind) || kind == RevokedBy::workflow;
  entries.push_back({kind, std::move(value), time, for_ever ? Revocation::for_ever : time,
                     time + 8 * 24h, kind == RevokedBy::completed ? "" : "for a test"});
  return entries.back();
}

void TestFeed::revoke_many(std::uint64_t count, Time time) {
  for (std::uint64_t i = 0; i < count; ++i) {
    revoke(RevokedBy::subject, "u" + std::to_string(entries.size()) + "@DEMO.TEST", time);
  }
}

FeedPosition TestFeed::position(std::uint64_t sequence) const {
  FeedPosition at{sequence, {}};
  for (std::uint64_t i = 0; i < sequence; ++i) at.link = next_link(at.link, entries[i].encode());
  return at;
}

Buffer TestFeed::head(std::uint64_t sequence, Time time) {
  const FeedHead head{realm_.realm(), position(std::min(base, sequence)), position(sequence), time,
                      time + 5s};
  return head.sign(KeyId{1}, realm_.signer);
}

FeedSegment TestFeed::segment(const SegmentName& name, Time time) {
  const Time signed_at = name.width == 0 ? entries.at(name.end() - 1).time : time;
  return cut(name.before(), name.end(), signed_at);
}

FeedSegment TestFeed::cut(std::uint64_t before, std::uint64_t end, Time time) {
  FeedSegment out{before, {}, head(end, time)};
  for (std::uint64_t i = before; i < end; ++i) out.entries.push_back(entries.at(i).encode());
  return out;
}

std::vector<Revocation> catch_up(FeedFollower& follower, TestFeed& feed, TestRealm& realm,
                                 Time time) {
  std::vector<Revocation> all;
  for (;;) {
    const auto wanted = follower.take_head(feed.head(time), realm.document, time);
    if (!wanted) throw std::runtime_error(wanted.error().note);
    if (!*wanted) return all;
    const auto fresh = follower.take_segment(feed.segment(**wanted, time), realm.document, time);
    if (!fresh) throw std::runtime_error(fresh.error().note);
    all.insert(all.end(), fresh->begin(), fresh->end());
  }
}

}  // namespace waybill::test
