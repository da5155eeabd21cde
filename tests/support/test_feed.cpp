#include "tests/support/test_feed.h"

namespace waybill::test {
namespace {

constexpr Time last_second{Seconds{253'402'300'799}};

}  // namespace

const Revocation& TestFeed::revoke(RevokedBy kind, std::string value, Time time) {
  const bool by_name = kind == RevokedBy::ticket || kind == RevokedBy::workflow;
  entries.push_back({entries.size() + 1, kind, std::move(value), time, by_name ? last_second : time,
                     time + 8 * 24h, "for a test"});
  return entries.back();
}

Digest TestFeed::link(std::uint64_t sequence) const {
  Digest at{};
  for (std::uint64_t i = 0; i < sequence; ++i) at = next_link(at, entries[i].encode());
  return at;
}

Buffer TestFeed::head(std::uint64_t sequence, Time time) {
  const FeedHead head{realm_.realm(), sequence, link(sequence), time, time + 5s};
  return head.sign(KeyId{1}, realm_.signer);
}

FeedPage TestFeed::page(std::uint64_t after, Time time, std::size_t most) {
  FeedPage page;
  for (std::uint64_t i = after; i < entries.size() && page.entries.size() < most; ++i) {
    page.entries.push_back(entries[i].encode());
  }
  page.head = head(entries.size(), time);
  return page;
}

}  // namespace waybill::test
