#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_feed.h"
#include "ticket/exchange/feed_segment.h"
#include "ticket/exchange/revoked.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::feed_entry_test {
namespace {

const Work work = work_of("invoice-report", "the input");

}  // namespace

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

// Rules: R7.3
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

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  TestRealm realm;
  TestFeed feed(realm);
  feed.revoke_many(5);
  const Buffer wire = feed.segment({0, 0, 5}).encode();
  const auto read = FeedSegment::decode(wire);
  BOOST_TEST_REQUIRE(outcome(read) == accepted);
  BOOST_TEST((read->encode() == wire));
  for (std::size_t size = 0; size < wire.size(); ++size) {
    BOOST_TEST(outcome(FeedSegment::decode(Bytes(wire).first(size))) == Errc::malformed, size);
  }
}

// Rules: R1.8, R7.4
BOOST_AUTO_TEST_CASE(holds_at_least_one_entry_and_at_most_16384_of_the_longest) {
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
  segment.entries.clear();
  BOOST_TEST(outcome(FeedSegment::decode(segment.encode())) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_revocation)

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

// Rules: R7.1, R7.2
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
  TestRealm realm;
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
  TestRealm realm;
  const Body body = realm.service_body("carol", "ledger");
  BOOST_TEST(!is_revoked(body, [](RevokedBy kind, const std::string&) -> std::optional<Time> {
    if (kind == RevokedBy::workflow) return noon + 1h;
    return std::nullopt;
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_entry_test
