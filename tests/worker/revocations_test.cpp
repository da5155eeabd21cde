#include "worker/revocations.h"

#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"

namespace waybill::test {
namespace {

using worker::RevocationMirror;
using Taken = RevocationMirror::Taken;

void revoke_subjects(TestFeed& feed, int how_many) {
  for (int i = 0; i < how_many; ++i) {
    feed.revoke(RevokedBy::subject, "user-" + std::to_string(i) + "@DEMO.TEST");
  }
}

Body body_of(TestRealm& realm, const char* subject) {
  return realm.workflow_body(subject, "queue-alice", work_of("invoice-report", "x"));
}

struct Row {
  const char* name;
  Errc expected;
  FeedPage (*page)(Desk&);
};
// After two entries under a head of ten past noon.
const Row forgeries[] = {
    {"a head signed by somebody else", Errc::feed_invalid,
     [](Desk& d) {
       d.realm.signer = KdcSigningKey::random();
       return d.feed.page(2, noon + 20s);
     }},
    {"a head with a flipped byte", Errc::feed_invalid,
     [](Desk& d) {
       FeedPage page = d.feed.page(2, noon + 20s);
       page.head.back() ^= 1;
       return page;
     }},
    {"a head that is no head", Errc::malformed,
     [](Desk& d) {
       FeedPage page = d.feed.page(2, noon + 20s);
       page.head = {0x90};
       return page;
     }},
    {"an older head", Errc::feed_invalid, [](Desk& d) { return d.feed.page(2, noon + 9s); }},
    {"a head over fewer entries", Errc::feed_invalid,
     [](Desk& d) {
       return FeedPage{{}, d.feed.head(1, noon + 20s)};
     }},
    {"an entry that was changed", Errc::feed_invalid,
     [](Desk& d) {
       d.feed.revoke(RevokedBy::subject, "dave@DEMO.TEST");
       FeedPage page = d.feed.page(2, noon + 20s);
       Revocation other = d.feed.entries.back();
       other.value = "erin@DEMO.TEST";
       page.entries.back() = other.encode();
       return page;
     }},
    {"an entry that is missing", Errc::feed_invalid,
     [](Desk& d) {
       revoke_subjects(d.feed, 2);
       FeedPage page = d.feed.page(2, noon + 20s);
       page.entries.erase(page.entries.begin());
       return page;
     }},
    {"entries that are withheld", Errc::feed_invalid,
     [](Desk& d) {
       revoke_subjects(d.feed, 2);
       return FeedPage{{}, d.feed.head(4, noon + 20s)};
     }},
    {"an entry beyond the head", Errc::feed_invalid,
     [](Desk& d) {
       FeedPage page{{}, d.feed.head(2, noon + 20s)};
       page.entries.push_back(d.feed.revoke(RevokedBy::subject, "dave@DEMO.TEST").encode());
       return page;
     }},
    {"the feed of another realm", Errc::wrong_realm,
     [](Desk& d) {
       TestRealm other("OTHER.TEST");
       other.signer = KdcSigningKey::from_seed(d.realm.signer.seed());
       return TestFeed(other).page(0, noon + 20s);
     }},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_mirror_of_the_feed)

BOOST_AUTO_TEST_CASE(takes_over_what_leads_to_a_signed_head) {
  Desk desk;
  revoke_subjects(desk.feed, 3);
  BOOST_TEST(desk.hear(noon + 5s) == accepted);
  BOOST_TEST(desk.revocations.head().sequence == 3U);
  BOOST_TEST((desk.revocations.head().time == noon + 5s));
  BOOST_TEST(desk.revocations.count() == 3U);
  BOOST_TEST(desk.revocations.concerns(body_of(desk.realm, "user-2")));
  BOOST_TEST(!desk.revocations.concerns(body_of(desk.realm, "user-3")));
}

BOOST_AUTO_TEST_CASE(believes_pages_only_when_the_last_one_has_come) {
  Desk desk;
  revoke_subjects(desk.feed, 5);
  const auto take = [&] {
    const auto after = desk.revocations.next();
    return desk.revocations.take(desk.feed.page(after, noon + 5s, 2), desk.realm.document);
  };
  const auto first = take();
  BOOST_TEST_REQUIRE(bool(first));
  BOOST_TEST((*first == Taken::more_is_needed));
  BOOST_TEST(!desk.revocations.concerns(body_of(desk.realm, "user-0")));
  BOOST_TEST(desk.revocations.head().sequence == 0U);
  BOOST_TEST((*take() == Taken::more_is_needed));
  BOOST_TEST((*take() == Taken::complete));
  BOOST_TEST(desk.revocations.head().sequence == 5U);
  BOOST_TEST(desk.revocations.concerns(body_of(desk.realm, "user-0")));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_forged_or_went_back_and_keeps_what_it_has) {
  for (const Row& row : forgeries) {
    BOOST_TEST_CONTEXT(row.name) {
      Desk desk;
      revoke_subjects(desk.feed, 2);
      BOOST_TEST(desk.hear(noon + 10s) == accepted);
      const FeedPage page = row.page(desk);
      BOOST_TEST(desk.revocations.next() == 2U);
      BOOST_TEST(outcome(desk.revocations.take(page, desk.realm.document)) == row.expected);
      BOOST_TEST(desk.revocations.head().sequence == 2U);
      BOOST_TEST((desk.revocations.head().time == noon + 10s));
      BOOST_TEST(desk.revocations.count() == 2U);
      BOOST_TEST(!desk.revocations.concerns(body_of(desk.realm, "erin")));
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_feed_that_went_back_after_a_restart_as_well) {
  const Scratch scratch;
  TestRealm realm;
  TestFeed feed(realm);
  revoke_subjects(feed, 3);
  const FeedPage old_page = feed.page(0, noon + 10s);
  feed.revoke(RevokedBy::subject, "dave@DEMO.TEST");
  {
    worker::Store store(scratch / "worker", quick_store());
    RevocationMirror mirror(store);
    BOOST_TEST(mirror.next() == 0U);
    BOOST_TEST(outcome(mirror.take(feed.page(0, noon + 20s), realm.document)) == accepted);
  }
  worker::Store store(scratch / "worker", quick_store());
  RevocationMirror mirror(store);
  BOOST_TEST(mirror.next() == 4U);
  BOOST_TEST(outcome(mirror.take(old_page, realm.document)) == Errc::feed_invalid);
  BOOST_TEST(outcome(mirror.take(feed.page(4, noon + 19s), realm.document)) == Errc::feed_invalid);
  BOOST_TEST(mirror.head().sequence == 4U);
  BOOST_TEST(mirror.concerns(body_of(realm, "dave")));
  BOOST_TEST(outcome(mirror.take(feed.page(4, noon + 21s), realm.document)) == accepted);
}

// Two mirrors of one folder stand for two processes: what one took over the other goes on from.
BOOST_AUTO_TEST_CASE(goes_on_from_where_another_process_has_come) {
  Desk desk;
  RevocationMirror other(desk.store);
  revoke_subjects(desk.feed, 2);
  const FeedPage page = desk.feed.page(desk.revocations.next(), noon + 5s);
  BOOST_TEST(other.next() == 0U);
  BOOST_TEST(outcome(other.take(page, desk.realm.document)) == accepted);
  const auto overtaken = desk.revocations.take(page, desk.realm.document);
  BOOST_TEST_REQUIRE(bool(overtaken));
  BOOST_TEST((*overtaken == Taken::more_is_needed));
  BOOST_TEST(desk.revocations.head().sequence == 2U);
  BOOST_TEST(desk.revocations.next() == 2U);
  revoke_subjects(desk.feed, 1);
  BOOST_TEST(desk.hear(noon + 6s) == accepted);
  BOOST_TEST(other.next() == 3U);
}

BOOST_AUTO_TEST_CASE(keeps_the_entry_that_reaches_further) {
  Desk desk;
  desk.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon + 9s);
  desk.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon + 3s);
  BOOST_TEST(desk.hear(noon + 10s) == accepted);
  BOOST_TEST(desk.revocations.count() == 1U);
  Body body = desk.body();
  body.issued_at = noon + 9s;
  BOOST_TEST(desk.revocations.concerns(body));
  body.issued_at = noon + 10s;
  BOOST_TEST(!desk.revocations.concerns(body));
}

BOOST_AUTO_TEST_CASE(forgets_entries_when_no_ticket_can_live_that_they_concern) {
  Desk desk;
  desk.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon);
  desk.feed.revoke(RevokedBy::subject, "dave@DEMO.TEST", noon + 60s);
  BOOST_TEST(desk.hear(noon + 60s) == accepted);
  BOOST_TEST(desk.revocations.sweep(noon + 8 * 24h - 1s, 10) == 0U);
  BOOST_TEST(desk.revocations.sweep(noon + 8 * 24h, 10) == 1U);
  BOOST_TEST(!desk.revocations.concerns(desk.body()));
  BOOST_TEST(desk.revocations.concerns(body_of(desk.realm, "dave")));
  BOOST_TEST(desk.revocations.head().sequence == 2U);  // and never comes back for them
}

BOOST_AUTO_TEST_CASE(decides_nothing_on_a_changed_record) {
  Desk desk;
  desk.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST");
  BOOST_TEST(desk.hear(noon + 1s) == accepted);
  const worker::Job job = desk.job();
  const Table raw = desk.store.env().open_table("revocations");
  desk.store.writer().run([&](WriteTxn& txn) {
    const Buffer key = copy_of(Cursor(txn, raw).first()->key);
    Buffer value = copy_of(txn.get(raw, key).value());
    value.at(4) ^= 1;
    txn.put(raw, key, value);
  });
  BOOST_CHECK_THROW(desk.judge(job), StoreError);
  BOOST_TEST(desk.uses.count() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test
