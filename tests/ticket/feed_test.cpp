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

  Fixture() {
    for (int i = 0; i < 5; ++i) {
      feed.revoke(RevokedBy::subject, "u" + std::to_string(i) + "@DEMO.TEST");
    }
  }
  Outcome apply(const FeedPage& page) { return outcome(follower.apply(page, realm.document)); }
  std::size_t believed(const FeedPage& page) {
    const auto entries = follower.apply(page, realm.document);
    BOOST_TEST(outcome(entries) == accepted);
    return entries ? entries->size() : 0;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_follower, Fixture)

BOOST_AUTO_TEST_CASE(believes_entries_that_lead_to_a_signed_head) {
  const auto entries = follower.apply(feed.page(0, noon), realm.document);
  BOOST_REQUIRE(bool(entries));
  BOOST_REQUIRE(entries->size() == 5U);
  BOOST_TEST((*entries)[4].value == "u4@DEMO.TEST");
  BOOST_TEST(follower.sequence == 5U);
  BOOST_TEST((follower.head_time == noon));
  BOOST_TEST((follower.link == feed.link(5)));
}

BOOST_AUTO_TEST_CASE(takes_a_newer_head_without_new_entries) {
  BOOST_TEST(believed(feed.page(0, noon)) == 5U);
  BOOST_TEST(believed(feed.page(5, noon + 5s)) == 0U);
  BOOST_TEST((follower.head_time == noon + 5s));
  feed.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST");
  BOOST_TEST(believed(feed.page(5, noon + 10s)) == 1U);
  BOOST_TEST(follower.sequence == 6U);
}

BOOST_AUTO_TEST_CASE(starts_with_an_empty_feed) {
  TestFeed empty(realm);
  BOOST_TEST(believed(empty.page(0, noon)) == 0U);
  BOOST_TEST((follower.head_time == noon));
  BOOST_TEST(follower.next() == 0U);
}

BOOST_AUTO_TEST_CASE(believes_nothing_until_all_pages_have_come) {
  BOOST_TEST(believed(feed.page(0, noon, 2)) == 0U);
  BOOST_TEST(follower.sequence == 0U);
  BOOST_TEST((follower.head_time == Time{}));
  BOOST_TEST(follower.next() == 2U);
  BOOST_TEST(believed(feed.page(2, noon, 2)) == 0U);
  BOOST_TEST(follower.next() == 4U);
  BOOST_TEST(believed(feed.page(4, noon, 2)) == 5U);
  BOOST_TEST(follower.sequence == 5U);
  BOOST_TEST(follower.next() == 5U);
}

BOOST_AUTO_TEST_CASE(copes_with_a_feed_that_grows_between_its_pages) {
  BOOST_TEST(believed(feed.page(0, noon, 3)) == 0U);
  feed.revoke(RevokedBy::workflow, "w-1");
  BOOST_TEST(believed(feed.page(3, noon + 5s, 3)) == 6U);
}

BOOST_AUTO_TEST_CASE(refuses_a_missing_entry) {
  for (std::size_t gone = 0; gone < 5; ++gone) {
    FeedPage page = feed.page(0, noon);
    page.entries.erase(page.entries.begin() + static_cast<std::ptrdiff_t>(gone));
    // Without the last one it is merely not complete yet; asked again, nothing more comes.
    if (gone == 4) {
      BOOST_TEST(believed(page) == 0U);
      page.entries.clear();
    }
    BOOST_TEST(apply(page) == Errc::feed_invalid, gone);
    BOOST_TEST(follower.sequence == 0U);
    follower = {};
  }
}

BOOST_AUTO_TEST_CASE(refuses_entries_in_another_order_or_twice) {
  FeedPage page = feed.page(0, noon);
  std::swap(page.entries[1], page.entries[2]);
  BOOST_TEST(apply(page) == Errc::feed_invalid);
  page = feed.page(0, noon);
  page.entries[3] = page.entries[2];
  BOOST_TEST(apply(page) == Errc::feed_invalid);
  page = feed.page(0, noon);
  page.entries.push_back(page.entries.back());
  BOOST_TEST(apply(page) == Errc::feed_invalid);
  BOOST_TEST(follower.sequence == 0U);
}

BOOST_AUTO_TEST_CASE(refuses_an_altered_entry) {
  for (std::size_t i = 0; i < 5; ++i) {
    FeedPage page = feed.page(0, noon);
    Revocation other = feed.entries[i];
    other.value = "somebody@DEMO.TEST";
    page.entries[i] = other.encode();
    BOOST_TEST(apply(page) == Errc::feed_invalid, i);
    other = feed.entries[i];
    other.issued_until -= 1s;
    page.entries[i] = other.encode();
    BOOST_TEST(apply(page) == Errc::feed_invalid, i);
  }
  BOOST_TEST(believed(feed.page(0, noon)) == 5U);
}

BOOST_AUTO_TEST_CASE(refuses_entries_beyond_the_head) {
  FeedPage page = feed.page(0, noon);
  page.head = feed.head(4, noon);
  BOOST_TEST(apply(page) == Errc::feed_invalid);
}

BOOST_AUTO_TEST_CASE(refuses_a_head_that_is_not_signed_by_the_realm) {
  FeedPage page = feed.page(0, noon);
  const FeedHead head{realm.realm(), 5, feed.link(5), noon, noon + 5s};
  page.head = head.sign(KeyId{1}, KdcSigningKey::random());
  BOOST_TEST(apply(page) == Errc::feed_invalid);
  page.head = head.sign(KeyId{2}, realm.signer);
  BOOST_TEST(apply(page) == Errc::feed_invalid);
  const FeedHead elsewhere{realm_of("OTHER"), 5, feed.link(5), noon, noon + 5s};
  page.head = elsewhere.sign(KeyId{1}, realm.signer);
  BOOST_TEST(apply(page) == Errc::wrong_realm);
  const FeedHead too_old{realm.realm(), 5, feed.link(5), noon - 48h, noon + 5s};
  page.head = too_old.sign(KeyId{1}, realm.signer);
  BOOST_TEST(apply(page) == Errc::feed_invalid);
  BOOST_TEST(follower.sequence == 0U);
}

BOOST_AUTO_TEST_CASE(refuses_a_head_with_any_bit_flipped) {
  const FeedPage page = feed.page(0, noon);
  for (std::size_t bit = 0; bit < page.head.size() * 8; ++bit) {
    FeedPage wrong = page;
    wrong.head[bit / 8] = static_cast<std::uint8_t>(wrong.head[bit / 8] ^ (1U << (bit % 8)));
    const Outcome what = apply(wrong);
    const bool refused = what == Errc::feed_invalid || what == Errc::malformed ||
                         what == Errc::not_canonical || what == Errc::limit_exceeded ||
                         what == Errc::bad_name || what == Errc::wrong_realm;
    BOOST_TEST(refused, "byte " << bit / 8 << ", bit " << bit % 8 << ": " << what);
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_feed_that_goes_back) {
  BOOST_TEST(believed(feed.page(0, noon + 60s)) == 5U);
  FeedPage older = feed.page(5, noon + 59s);
  BOOST_TEST(apply(older) == Errc::feed_invalid);  // an earlier head
  FeedPage shorter;
  shorter.head = feed.head(4, noon + 120s);
  BOOST_TEST(apply(shorter) == Errc::feed_invalid);      // fewer entries, although signed later
  BOOST_TEST(believed(feed.page(5, noon + 60s)) == 0U);  // the same head again
  BOOST_TEST(follower.sequence == 5U);
}

BOOST_AUTO_TEST_CASE(refuses_another_history_of_the_same_length) {
  BOOST_TEST(believed(feed.page(0, noon)) == 5U);
  feed.entries[2].value = "rewritten@DEMO.TEST";
  BOOST_TEST(apply(feed.page(5, noon + 5s)) == Errc::feed_invalid);
  feed.revoke(RevokedBy::queue, "queue-alice@DEMO.TEST");
  BOOST_TEST(apply(feed.page(5, noon + 5s)) == Errc::feed_invalid);
}

BOOST_AUTO_TEST_CASE(refuses_to_be_kept_waiting_for_entries) {
  FeedPage nothing;
  nothing.head = feed.head(5, noon);
  BOOST_TEST(apply(nothing) == Errc::feed_invalid);
  BOOST_TEST((follower.head_time == Time{}));
}

BOOST_AUTO_TEST_CASE(recovers_from_a_page_of_lies) {
  // One forged page on the way; the true feed, asked for from next(), is believed soon after.
  TestFeed lies(realm);
  lies.revoke(RevokedBy::subject, "innocent@DEMO.TEST");
  lies.revoke(RevokedBy::subject, "innocent2@DEMO.TEST");
  FeedPage page = lies.page(0, noon);
  page.head = feed.head(5, noon);
  BOOST_TEST(believed(page) == 0U);
  std::size_t entries = 0;
  for (int tries = 0; tries < 3 && entries == 0; ++tries) {
    const auto got = follower.apply(feed.page(follower.next(), noon), realm.document);
    if (got) entries = got->size();
  }
  BOOST_TEST(entries == 5U);
}

BOOST_AUTO_TEST_CASE(recovers_from_a_lie_and_a_feed_that_does_not_continue_it) {
  TestFeed lies(realm);
  lies.revoke(RevokedBy::subject, "innocent@DEMO.TEST");
  FeedPage page = lies.page(0, noon);
  page.head = feed.head(5, noon);
  BOOST_TEST(believed(page) == 0U);
  // A server that answers from the beginning, whatever it is asked for.
  BOOST_TEST(apply(feed.page(0, noon)) == Errc::feed_invalid);
  BOOST_TEST(believed(feed.page(0, noon)) == 5U);
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

Buffer entry(std::uint64_t kind, std::string_view value, std::string_view reason) {
  Writer out;
  out.array(7).uint(1).uint(kind).str(value).time(noon).time(noon).time(noon).str(reason);
  return out.take();
}

const Shape shapes[] = {
    {"by ticket", entry(1, "00ff", "lost"), accepted},
    {"by workflow", entry(5, "w-1", ""), accepted},
    {"of kind 0", entry(0, "x", ""), Errc::feed_invalid},
    {"of kind 6", entry(6, "x", ""), Errc::feed_invalid},
    {"of kind 256 + 1", entry(257, "x", ""), Errc::feed_invalid},
    {"of kind 2^64-1", entry(~0ULL, "x", ""), Errc::feed_invalid},
    {"with a value of 200 bytes", entry(5, std::string(200, 'w'), ""), accepted},
    {"with a longer value", entry(5, std::string(201, 'w'), ""), Errc::limit_exceeded},
    {"with a reason of 256 bytes", entry(5, "w", std::string(256, 'r')), accepted},
    {"with a longer reason", entry(5, "w", std::string(257, 'r')), Errc::limit_exceeded},
    {"nothing", {}, Errc::malformed},
};

}  // namespace

BOOST_DATA_TEST_CASE(has_one_shape, bdata::make(shapes), row) {
  const auto read = Revocation::decode(row.wire);
  BOOST_TEST(outcome(read) == row.expect);
  if (read) BOOST_TEST((read->encode() == row.wire));
}

BOOST_AUTO_TEST_CASE(has_a_kind_with_a_name) {
  for (const auto kind : {RevokedBy::ticket, RevokedBy::subject, RevokedBy::actor, RevokedBy::queue,
                          RevokedBy::workflow}) {
    BOOST_TEST((revoked_by(name_of(kind)) == kind));
  }
  BOOST_TEST(!revoked_by("").has_value());
  BOOST_TEST(!revoked_by("lineage").has_value());
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
      {RevokedBy::ticket, to_hex(body.id)},           {RevokedBy::ticket, to_hex(body.lineage[0])},
      {RevokedBy::ticket, to_hex(body.lineage[1])},   {RevokedBy::subject, "carol@DEMO.TEST"},
      {RevokedBy::actor, "trigger/orders@DEMO.TEST"}, {RevokedBy::queue, "queue-alice@DEMO.TEST"},
      {RevokedBy::workflow, "invoice-report-1"},
  };
  for (const auto& [kind, value] : hits) {
    BOOST_TEST(revoked(kind, value, noon), value);
    BOOST_TEST(revoked(kind, value, noon + 1h), value);
    BOOST_TEST(!revoked(kind, value, noon - 1s), value);
  }
  const std::pair<RevokedBy, std::string> misses[] = {
      {RevokedBy::ticket, to_hex(TicketId{3})}, {RevokedBy::subject, "carol"},
      {RevokedBy::subject, "carol@OTHER"},      {RevokedBy::subject, "trigger/orders@DEMO.TEST"},
      {RevokedBy::actor, "carol@DEMO.TEST"},    {RevokedBy::queue, "queue-alice"},
      {RevokedBy::queue, "carol@DEMO.TEST"},    {RevokedBy::workflow, "invoice-report"},
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
