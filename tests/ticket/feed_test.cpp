#include "ticket/feed.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_feed.h"
#include "ticket/hex.h"
#include "ticket/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test {
namespace {

const Work work = work_of("invoice-report", "the input");

/// A feed of five entries and a follower that has seen nothing.
struct Fixture {
  TestRealm realm;
  TestFeed feed{realm};
  FeedFollower follower;

  Fixture() { feed.revoke_many(5); }

  Outcome head(Bytes wire, Time now = noon) {
    return outcome(follower.take_head(wire, realm.document, now));
  }
  Outcome take(const FeedSegment& segment, Time now = noon) {
    return outcome(follower.take_segment(segment, realm.document, now));
  }
  std::string wanted(Bytes wire, Time now = noon) {
    const auto next = follower.take_head(wire, realm.document, now);
    BOOST_TEST(outcome(next) == accepted);
    return next && *next ? (*next)->path() : "";
  }
  std::size_t believed(const FeedSegment& segment, Time now = noon) {
    const auto entries = follower.take_segment(segment, realm.document, now);
    BOOST_TEST(outcome(entries) == accepted);
    return entries ? entries->size() : 0;
  }
  std::uint64_t at() const { return follower.place().at.sequence; }
  FeedFollower::Known known() const { return follower.place().known; }
};

std::vector<std::string> names_of(const std::vector<Revocation>& entries) {
  std::vector<std::string> out;
  for (const Revocation& entry : entries) out.push_back(entry.value);
  return out;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_follower, Fixture)

BOOST_AUTO_TEST_CASE(believes_entries_that_lead_to_a_signed_head) {
  BOOST_TEST(wanted(feed.head(noon)) == "0/0.5");
  BOOST_TEST(at() == 0U);
  const auto entries = follower.take_segment(feed.segment({0, 0, 5}), realm.document, noon);
  BOOST_REQUIRE(bool(entries));
  BOOST_REQUIRE(entries->size() == 5U);
  BOOST_TEST((*entries)[4].value == "u4@DEMO.TEST");
  BOOST_TEST((follower.place().at == feed.end()));
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
  BOOST_TEST(wanted(feed.head(noon)).empty());
}

BOOST_AUTO_TEST_CASE(knows_nothing_newer_by_a_head_whose_entries_have_not_come) {
  catch_up(follower, feed, realm, noon);
  feed.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST", noon + 1s);
  BOOST_TEST(wanted(feed.head(noon + 2s), noon + 2s) == "0/0.6");
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
}

BOOST_AUTO_TEST_CASE(takes_a_newer_head_without_new_entries) {
  BOOST_TEST(catch_up(follower, feed, realm, noon).size() == 5U);
  BOOST_TEST(wanted(feed.head(noon + 5s), noon + 5s).empty());
  BOOST_TEST((known() == FeedFollower::Known{5, noon + 5s}));
  feed.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST");
  BOOST_TEST(catch_up(follower, feed, realm, noon + 10s).size() == 1U);
  BOOST_TEST((known() == FeedFollower::Known{6, noon + 10s}));
}

BOOST_AUTO_TEST_CASE(starts_with_an_empty_feed) {
  TestFeed empty(realm);
  BOOST_TEST(wanted(empty.head(noon)).empty());
  BOOST_TEST((known() == FeedFollower::Known{0, noon}));
}

BOOST_AUTO_TEST_CASE(passes_over_what_it_knows) {
  BOOST_TEST(believed(feed.segment({0, 0, 3})) == 3U);
  BOOST_TEST((known() == FeedFollower::Known{3, noon}));
  BOOST_TEST(believed(feed.segment({0, 0, 5})) == 2U);
  BOOST_TEST((follower.place().at == feed.end()));
}

BOOST_AUTO_TEST_CASE(keeps_the_later_second_when_a_segment_was_signed_before_it) {
  catch_up(follower, feed, realm, noon + 60s);
  feed.revoke_many(251, noon + 30s);  // the full segment's head bears the time of its last entry
  BOOST_TEST(believed(feed.segment({0, 0, 0}), noon + 60s) == 251U);
  BOOST_TEST((known() == FeedFollower::Known{256, noon + 60s}));
}

BOOST_AUTO_TEST_CASE(reads_a_long_feed_segment_by_segment) {
  feed.revoke_many(700);
  const auto entries = catch_up(follower, feed, realm, noon + 5s);
  BOOST_TEST((names_of(entries) == names_of(feed.entries)));
  BOOST_TEST((follower.place().at == feed.end()));
  BOOST_TEST((known() == FeedFollower::Known{705, noon + 5s}));
}

BOOST_AUTO_TEST_CASE(refuses_a_missing_entry) {
  for (std::size_t gone = 0; gone < 5; ++gone) {
    FeedSegment wrong = feed.segment({0, 0, 5});
    wrong.entries.erase(wrong.entries.begin() + static_cast<std::ptrdiff_t>(gone));
    BOOST_TEST(take(wrong) == Errc::feed_invalid, gone);
  }
  BOOST_TEST((follower.place() == FeedFollower::Place{}));
}

BOOST_AUTO_TEST_CASE(refuses_entries_in_another_order_or_twice) {
  FeedSegment wrong = feed.segment({0, 0, 5});
  std::swap(wrong.entries[1], wrong.entries[2]);
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong = feed.segment({0, 0, 5});
  wrong.entries[3] = wrong.entries[2];
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong = feed.segment({0, 0, 5});
  wrong.entries.push_back(wrong.entries.back());
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  BOOST_TEST((follower.place() == FeedFollower::Place{}));
}

BOOST_AUTO_TEST_CASE(refuses_an_altered_entry) {
  for (std::size_t i = 0; i < 5; ++i) {
    const auto changed = [&](auto change) {
      FeedSegment wrong = feed.segment({0, 0, 5});
      Revocation entry = feed.entries[i];
      change(entry);
      wrong.entries[i] = entry.encode();
      return wrong;
    };
    BOOST_TEST(take(changed([](Revocation& e) { e.value = "x@DEMO.TEST"; })) == Errc::feed_invalid);
    BOOST_TEST(take(changed([](Revocation& e) { e.time += 1s; })) == Errc::feed_invalid);
    BOOST_TEST(take(changed([](Revocation& e) { e.issued_until -= 1s; })) == Errc::feed_invalid);
    BOOST_TEST(take(changed([](Revocation& e) { e.matters_until -= 1s; })) == Errc::feed_invalid);
    BOOST_TEST(take(changed([](Revocation& e) { e.reason += "!"; })) == Errc::feed_invalid);
  }
  BOOST_TEST(believed(feed.segment({0, 0, 5})) == 5U);
}

BOOST_AUTO_TEST_CASE(refuses_a_segment_that_is_not_the_next) {
  BOOST_TEST(take(feed.cut(1, 5)) == Errc::feed_invalid);
  BOOST_TEST(believed(feed.cut(0, 2)) == 2U);
  BOOST_TEST(take(feed.cut(0, 2)) == Errc::feed_invalid);
  BOOST_TEST(take(feed.cut(3, 5)) == Errc::feed_invalid);
  FeedSegment wrong = feed.cut(2, 5);
  wrong.before = 1;
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong.before = 3;
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong.before = ~std::uint64_t{0};
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  BOOST_TEST(believed(feed.cut(2, 5)) == 3U);
}

BOOST_AUTO_TEST_CASE(refuses_entries_beyond_the_head_or_short_of_it) {
  FeedSegment wrong = feed.segment({0, 0, 5});
  wrong.head = feed.head(4, noon);
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
  wrong = feed.segment({0, 0, 4});
  wrong.head = feed.head(5, noon);
  BOOST_TEST(take(wrong) == Errc::feed_invalid);
}

BOOST_AUTO_TEST_CASE(refuses_a_head_that_is_not_signed_by_the_realm) {
  const auto both = [&](const FeedHead& wrong, KeyId id, const KdcSigningKey& key, Errc expect) {
    FeedSegment segment = feed.segment({0, 0, 5});
    segment.head = wrong.sign(id, key);
    BOOST_TEST(head(segment.head) == expect);
    BOOST_TEST(take(segment) == expect);
  };
  const FeedHead good{realm.realm(), {}, feed.end(), noon, noon + 5s};
  both(good, KeyId{1}, KdcSigningKey::random(), Errc::feed_invalid);
  both(good, KeyId{2}, realm.signer, Errc::feed_invalid);
  FeedHead wrong = good;
  wrong.realm = realm_of("OTHER");
  both(wrong, KeyId{1}, realm.signer, Errc::wrong_realm);
  wrong = good;
  wrong.time = noon - 48h;
  both(wrong, KeyId{1}, realm.signer, Errc::feed_invalid);
  wrong = good;
  wrong.base = {6, feed.end().link};
  both(wrong, KeyId{1}, realm.signer, Errc::feed_invalid);
  BOOST_TEST((follower.place() == FeedFollower::Place{}));
}

BOOST_AUTO_TEST_CASE(refuses_a_head_with_any_bit_flipped) {
  const Buffer good = feed.head(noon);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Buffer wrong = good;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const Outcome what = head(wrong);
    const bool refused = what == Errc::feed_invalid || what == Errc::malformed ||
                         what == Errc::not_canonical || what == Errc::limit_exceeded ||
                         what == Errc::bad_name || what == Errc::wrong_realm;
    BOOST_TEST(refused, "byte " << bit / 8 << ", bit " << bit % 8 << ": " << what);
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_head_from_the_future) {
  BOOST_TEST(head(feed.head(noon + 121s)) == Errc::feed_invalid);
  BOOST_TEST(take(feed.cut(0, 5, noon + 121s)) == Errc::feed_invalid);
  BOOST_TEST(believed(feed.segment({0, 0, 5})) == 5U);
  BOOST_TEST(head(feed.head(noon + 120s)) == accepted);
}

BOOST_AUTO_TEST_CASE(refuses_a_feed_that_goes_back) {
  catch_up(follower, feed, realm, noon + 60s);
  BOOST_TEST(head(feed.head(noon + 59s), noon + 60s) == Errc::feed_invalid);
  BOOST_TEST(head(feed.head(4, noon + 90s), noon + 90s) == Errc::feed_invalid);
  BOOST_TEST(take(feed.cut(0, 4), noon + 60s) == Errc::feed_invalid);
  BOOST_TEST(wanted(feed.head(noon + 60s), noon + 60s).empty());  // the same head again
  BOOST_TEST((known() == FeedFollower::Known{5, noon + 60s}));
}

BOOST_AUTO_TEST_CASE(refuses_another_history) {
  catch_up(follower, feed, realm, noon);
  feed.entries[2].value = "rewritten@DEMO.TEST";
  BOOST_TEST(head(feed.head(noon + 5s), noon + 5s) == Errc::feed_invalid);
  feed.revoke(RevokedBy::queue, "queue-alice@DEMO.TEST");
  BOOST_TEST(wanted(feed.head(noon + 5s), noon + 5s) == "0/0.6");  // not seen to be another yet
  BOOST_TEST(take(feed.segment({0, 0, 6}), noon + 5s) == Errc::feed_invalid);
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_follower_behind_the_base, Fixture)

BOOST_AUTO_TEST_CASE(jumps_and_knows_no_more_until_it_has_reached_that_head) {
  catch_up(follower, feed, realm, noon);
  feed.revoke_many(600, noon + 5s);
  feed.base = 512;
  BOOST_TEST(wanted(feed.head(noon + 10s), noon + 10s) == "0/2.93");
  BOOST_TEST((follower.place().at == feed.position(512)));
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
  BOOST_TEST(believed(feed.cut(512, 600, noon + 10s), noon + 10s) == 88U);
  BOOST_TEST((known() == FeedFollower::Known{5, noon}));
  BOOST_TEST(believed(feed.cut(512, 605, noon + 10s), noon + 10s) == 5U);
  BOOST_TEST((known() == FeedFollower::Known{605, noon + 10s}));
}

BOOST_AUTO_TEST_CASE(jumps_again_when_the_base_has_moved_on_meanwhile) {
  feed.revoke_many(600);
  feed.base = 256;
  BOOST_TEST(wanted(feed.head(noon)) == "0/1");
  feed.revoke_many(300);
  feed.base = 768;
  BOOST_TEST(wanted(feed.head(noon)) == "0/3.137");
  BOOST_TEST(follower.place().goal == 905U);
  BOOST_TEST((known() == FeedFollower::Known{}));
  catch_up(follower, feed, realm, noon);
  BOOST_TEST((known() == FeedFollower::Known{905, noon}));
}

BOOST_AUTO_TEST_CASE(that_is_the_end_of_the_feed_knows_at_once) {
  feed.revoke_many(251);
  feed.base = 256;
  BOOST_TEST(wanted(feed.head(noon)).empty());
  BOOST_TEST((known() == FeedFollower::Known{256, noon}));
}

BOOST_AUTO_TEST_CASE(refuses_a_base_with_a_link_that_the_entries_do_not_continue) {
  feed.revoke_many(600);
  const FeedHead wrong{realm.realm(), {512, Digest{1}}, feed.end(), noon, noon + 5s};
  BOOST_TEST(wanted(wrong.sign(KeyId{1}, realm.signer)) == "0/2.93");
  BOOST_TEST(take(feed.cut(512, 605)) == Errc::feed_invalid);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_segment)

namespace {

std::string after(std::uint64_t sequence, std::uint64_t last) {
  return next_segment(sequence, {last, {}}).path();
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_small_near_the_end_and_large_far_behind_it) {
  BOOST_TEST(after(0, 1) == "0/0.1");
  BOOST_TEST(after(0, 255) == "0/0.255");
  BOOST_TEST(after(0, 256) == "0/0");
  BOOST_TEST(after(255, 256) == "0/0");
  BOOST_TEST(after(256, 300) == "0/1.44");
  BOOST_TEST(after(0, 16'383) == "0/0");
  BOOST_TEST(after(0, 16'384) == "1/0");
  BOOST_TEST(after(1, 16'384) == "0/0");
  BOOST_TEST(after(16'383, 32'767) == "0/63");
  BOOST_TEST(after(16'383, 32'768) == "1/0");
  BOOST_TEST(after(16'384, 32'768) == "1/1");
  BOOST_TEST(after(16'384, 32'767) == "0/64");
  BOOST_TEST(after(32'768, 32'769) == "0/128.1");
}

BOOST_AUTO_TEST_CASE(holds_the_next_entry_and_nothing_beyond_the_last_whatever_the_two_are) {
  const std::uint64_t ends[] = {1,      2,      255,    256,    257,   16'383,
                                16'384, 16'385, 32'768, 49'153, 70'000};
  for (const std::uint64_t last : ends) {
    for (std::uint64_t sequence = 0; sequence < last; sequence += 1 + sequence % 97) {
      const SegmentName name = next_segment(sequence, {last, {}});
      BOOST_TEST_REQUIRE(name.before() <= sequence);
      BOOST_TEST_REQUIRE(name.end() > sequence);
      BOOST_TEST_REQUIRE(name.end() <= last);
      BOOST_TEST_REQUIRE((name.width == 0 || name.end() == last));
    }
  }
}

BOOST_AUTO_TEST_CASE(has_a_name_that_is_read_as_it_is_printed) {
  for (const SegmentName name : {SegmentName{0, 0, 0}, SegmentName{0, 17, 0}, SegmentName{0, 17, 5},
                                 SegmentName{0, 0, 255}, SegmentName{1, 610, 0}}) {
    const auto read = SegmentName::parse(name.path());
    BOOST_TEST_REQUIRE(outcome(read) == accepted);
    BOOST_TEST((*read == name));
  }
  for (const char* path : {"",
                           "0",
                           "0/",
                           "/0",
                           "2/0",
                           "0/0/0",
                           "0/00",
                           "00/0",
                           "0/1.0",
                           "0/1.256",
                           "0/1.",
                           "1/1.5",
                           "0/-1",
                           "0/+1",
                           "0/ 1",
                           "0/1 ",
                           "0/1.05",
                           "0/1.5.5",
                           "0/1e3",
                           "../head",
                           "0/0x1",
                           "0/99999999999999999999",
                           "0/281474976710657",
                           "0/1\n"}) {
    BOOST_TEST(outcome(SegmentName::parse(path)) == Errc::malformed, path);
  }
  BOOST_TEST(outcome(SegmentName::parse(std::string("0/1\0", 4))) == Errc::malformed);
}

BOOST_FIXTURE_TEST_CASE(is_read_as_it_was_written, Fixture) {
  const Buffer wire = feed.segment({0, 0, 5}).encode();
  const auto read = FeedSegment::decode(wire);
  BOOST_TEST_REQUIRE(outcome(read) == accepted);
  BOOST_TEST((read->encode() == wire));
  for (std::size_t size = 0; size < wire.size(); ++size) {
    BOOST_TEST(outcome(FeedSegment::decode(Bytes(wire).first(size))) == Errc::malformed, size);
  }
}

BOOST_AUTO_TEST_CASE(holds_16384_of_the_longest_entries) {
  const Revocation longest{RevokedBy::workflow,
                           std::string(limits::max_workflow_id, 'w'),
                           noon,
                           Revocation::for_ever,
                           noon,
                           std::string(limits::max_reason, 'r')};
  FeedSegment segment{0, std::vector<Buffer>(limits::large_segment, longest.encode()), {1}};
  BOOST_TEST(outcome(FeedSegment::decode(segment.encode())) == accepted);
  segment.entries.push_back({1});
  BOOST_TEST(outcome(FeedSegment::decode(segment.encode())) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_revocation, Fixture)

namespace {

struct Shape {
  const char* name;
  Buffer wire;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Shape& row) { return out << row.name; }
};

Buffer by_name(std::uint64_t kind, std::string_view value, std::string_view reason) {
  Writer out;
  out.array(6).uint(kind).str(value).time(noon).time(noon).time(noon).str(reason);
  return out.take();
}

Buffer by_ticket(std::uint64_t kind, std::size_t id, std::string_view reason) {
  Writer out;
  out.array(5).uint(kind).bin(Buffer(id, 7)).time(noon).time(noon).str(reason);
  return out.take();
}

Buffer completed(std::uint64_t kind, std::size_t id) {
  return Writer().array(4).uint(kind).bin(Buffer(id, 7)).time(noon).time(noon).take();
}

const Shape shapes[] = {
    {"by ticket", by_ticket(1, 16, "lost"), accepted},
    {"by lineage", by_ticket(7, 16, ""), accepted},
    {"completed", completed(8, 16), accepted},
    {"by subject", by_name(2, "x", "lost"), accepted},
    {"by workflow", by_name(5, "w-1", ""), accepted},
    {"by realm", by_name(6, "DEMO.TEST", ""), accepted},
    {"by a ticket of 15 bytes", by_ticket(1, 15, ""), Errc::malformed},
    {"by a ticket of 17 bytes", by_ticket(1, 17, ""), Errc::malformed},
    {"by ticket in the shape of a name", by_name(1, "x", ""), Errc::malformed},
    {"by subject in the shape of a ticket", by_ticket(2, 16, ""), Errc::malformed},
    {"completed with a reason", by_ticket(8, 16, ""), Errc::malformed},
    {"by ticket without a reason", completed(1, 16), Errc::malformed},
    {"of kind 0", by_name(0, "x", ""), Errc::feed_invalid},
    {"of kind 9", by_name(9, "x", ""), Errc::feed_invalid},
    {"of kind 256 + 2", by_name(258, "x", ""), Errc::feed_invalid},
    {"of kind 2^64-1", by_name(~0ULL, "x", ""), Errc::feed_invalid},
    {"with a value of 200 bytes", by_name(5, std::string(200, 'w'), ""), accepted},
    {"with a longer value", by_name(5, std::string(201, 'w'), ""), Errc::limit_exceeded},
    {"with a reason of 256 bytes", by_name(5, "w", std::string(256, 'r')), accepted},
    {"with a longer reason", by_name(5, "w", std::string(257, 'r')), Errc::limit_exceeded},
    {"nothing", {}, Errc::malformed},
};

}  // namespace

BOOST_DATA_TEST_CASE(has_one_shape, bdata::make(shapes), row) {
  const auto read = Revocation::decode(row.wire);
  BOOST_TEST(outcome(read) == row.expect);
  if (read) BOOST_TEST((read->encode() == row.wire));
}

BOOST_AUTO_TEST_CASE(of_completed_work_takes_30_bytes) {
  const Revocation entry{
      RevokedBy::completed, value_of(TicketId{1}), noon, Revocation::for_ever, noon + 24h, ""};
  BOOST_TEST(entry.encode().size() == 30U);
}

BOOST_AUTO_TEST_CASE(shows_a_ticket_in_hex) {
  Revocation entry{RevokedBy::ticket, value_of(TicketId{0xab}), noon, {}, noon, ""};
  BOOST_TEST(entry.shown_value() == "ab000000000000000000000000000000");
  entry.kind = RevokedBy::subject;
  entry.value = "carol@DEMO.TEST";
  BOOST_TEST(entry.shown_value() == "carol@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(has_a_kind_with_a_name) {
  for (const auto kind :
       {RevokedBy::ticket, RevokedBy::subject, RevokedBy::actor, RevokedBy::queue,
        RevokedBy::workflow, RevokedBy::realm, RevokedBy::lineage, RevokedBy::completed}) {
    BOOST_TEST((revoked_by(name_of(kind)) == kind));
  }
  BOOST_TEST(!revoked_by("").has_value());
  BOOST_TEST(!revoked_by("everything").has_value());
  BOOST_TEST(!revoked_by("Ticket").has_value());
}

BOOST_AUTO_TEST_CASE(concerns_what_it_names_up_to_its_second) {
  Body body = realm.workflow_body("carol", "queue-alice", work);
  body.lineage = {TicketId{1}, TicketId{2}};
  const auto revoked = [&](RevokedBy kind, const std::string& value, Time until) {
    return is_revoked(body, [&](RevokedBy k, const std::string& v) -> std::optional<Time> {
      if (k == kind && v == value) return until;
      return std::nullopt;
    });
  };
  const std::pair<RevokedBy, std::string> hits[] = {
      {RevokedBy::ticket, value_of(body.id)},
      {RevokedBy::ticket, value_of(body.lineage[0])},
      {RevokedBy::ticket, value_of(body.lineage[1])},
      {RevokedBy::completed, value_of(body.id)},
      {RevokedBy::completed, value_of(body.lineage[0])},
      {RevokedBy::lineage, value_of(body.lineage[0])},
      {RevokedBy::lineage, value_of(body.lineage[1])},
      {RevokedBy::realm, "DEMO.TEST"},
      {RevokedBy::subject, "carol@DEMO.TEST"},
      {RevokedBy::actor, "trigger/orders@DEMO.TEST"},
      {RevokedBy::queue, "queue-alice@DEMO.TEST"},
      {RevokedBy::workflow, "invoice-report-1"},
  };
  for (const auto& [kind, value] : hits) {
    BOOST_TEST(revoked(kind, value, noon), value);
    BOOST_TEST(revoked(kind, value, noon + 1h), value);
    BOOST_TEST(!revoked(kind, value, noon - 1s), value);
  }
  const std::pair<RevokedBy, std::string> misses[] = {
      {RevokedBy::ticket, value_of(TicketId{3})},
      {RevokedBy::lineage, value_of(body.id)},
      {RevokedBy::lineage, value_of(TicketId{3})},
      {RevokedBy::completed, value_of(TicketId{3})},
      {RevokedBy::realm, "DEMO"},
      {RevokedBy::realm, "OTHER.TEST"},
      {RevokedBy::subject, "carol"},
      {RevokedBy::subject, "carol@OTHER"},
      {RevokedBy::subject, "trigger/orders@DEMO.TEST"},
      {RevokedBy::actor, "carol@DEMO.TEST"},
      {RevokedBy::queue, "queue-alice"},
      {RevokedBy::queue, "carol@DEMO.TEST"},
      {RevokedBy::workflow, "invoice-report"},
  };
  for (const auto& [kind, value] : misses) BOOST_TEST(!revoked(kind, value, noon + 1h), value);
}

BOOST_AUTO_TEST_CASE(of_a_workflow_does_not_concern_a_ticket_without_work) {
  const Body body = realm.service_body("carol", "ledger");
  BOOST_TEST(!is_revoked(body, [](RevokedBy kind, const std::string&) -> std::optional<Time> {
    if (kind == RevokedBy::workflow) return noon + 1h;
    return std::nullopt;
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test
