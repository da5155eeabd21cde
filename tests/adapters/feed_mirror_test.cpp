#include "ticket/adapters/feed_mirror.h"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/mirror_desk.h"

namespace waybill::test::feed_mirror_test {
namespace {

namespace fs = std::filesystem;

/// Files of a feed of two entries, one of which somebody changed on the way.
struct Row {
  const char* name;
  Errc expected;
  void (*spoil)(MirrorDesk&, FilesSource::Files&);
};
FeedSegment segment_in(const FilesSource::Files& files, const char* path) {
  return *FeedSegment::decode(files.at(path));
}
const Row forgeries[] = {
    {"a head signed by somebody else", Errc::feed_invalid,
     [](MirrorDesk& f, FilesSource::Files& files) {
       const KdcSigningKey ours = KdcSigningKey::from_seed(f.realm.signer.seed());
       f.realm.signer = KdcSigningKey::random();
       files["head"] = f.feed.head(noon + 20s);
       f.realm.signer = KdcSigningKey::from_seed(ours.seed());
     }},
    {"a head with a flipped byte", Errc::feed_invalid,
     [](MirrorDesk&, FilesSource::Files& files) { files["head"].back() ^= 1; }},
    {"a head that is no head", Errc::malformed,
     [](MirrorDesk&, FilesSource::Files& files) { files["head"] = {0x90}; }},
    {"an older head", Errc::feed_invalid,
     [](MirrorDesk& f, FilesSource::Files& files) { files["head"] = f.feed.head(2, noon + 9s); }},
    {"a head over fewer entries", Errc::feed_invalid,
     [](MirrorDesk& f, FilesSource::Files& files) { files["head"] = f.feed.head(1, noon + 20s); }},
    {"a head of tomorrow", Errc::feed_invalid,
     [](MirrorDesk& f, FilesSource::Files& files) { files["head"] = f.feed.head(noon + 24h); }},
    {"an entry that was changed", Errc::feed_invalid,
     [](MirrorDesk&, FilesSource::Files& files) {
       FeedSegment segment = segment_in(files, "0/0.4");
       Revocation other = *Revocation::decode(segment.entries.back());
       other.value = "erin@DEMO.TEST";
       segment.entries.back() = other.encode();
       files["0/0.4"] = segment.encode();
     }},
    {"an entry that is missing", Errc::feed_invalid,
     [](MirrorDesk&, FilesSource::Files& files) {
       FeedSegment segment = segment_in(files, "0/0.4");
       segment.entries.erase(segment.entries.begin() + 2);
       files["0/0.4"] = segment.encode();
     }},
    {"entries in another order", Errc::feed_invalid,
     [](MirrorDesk&, FilesSource::Files& files) {
       FeedSegment segment = segment_in(files, "0/0.4");
       std::swap(segment.entries[2], segment.entries[3]);
       files["0/0.4"] = segment.encode();
     }},
    {"entries that are withheld", Errc::feed_invalid,
     [](MirrorDesk& f, FilesSource::Files& files) {
       files["0/0.4"] = f.feed.cut(0, 3, noon + 20s).encode();
     }},
    {"a segment that is no segment", Errc::malformed,
     [](MirrorDesk&, FilesSource::Files& files) { files["0/0.4"].resize(20); }},
    {"the feed of another realm", Errc::wrong_realm,
     [](MirrorDesk& f, FilesSource::Files& files) {
       TestRealm other("OTHER.TEST");
       other.signer = KdcSigningKey::from_seed(f.realm.signer.seed());
       files["head"] = TestFeed(other).head(noon + 20s);
     }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_mirror_of_the_feed, MirrorDesk)

BOOST_AUTO_TEST_CASE(takes_over_what_leads_to_a_signed_head) {
  feed.revoke_many(3);
  BOOST_TEST(hear(noon + 5s) == accepted);
  BOOST_TEST(mirror->head().sequence == 3U);
  BOOST_TEST((mirror->head().time == noon + 5s));
  BOOST_TEST(mirror->count() == 3U);
  BOOST_TEST(concerns("u2"));
  BOOST_TEST(!concerns("u3"));
}

BOOST_AUTO_TEST_CASE(knows_nothing_at_first) {
  BOOST_TEST(mirror->head().sequence == 0U);
  BOOST_TEST((mirror->head().time == Time{}));
  BOOST_TEST((mirror->head().least == Time{}));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_forged_or_went_back_and_keeps_what_it_has) {
  for (const Row& row : forgeries) {
    BOOST_TEST_CONTEXT(row.name) {
      MirrorDesk f;
      f.feed.revoke_many(2);
      BOOST_TEST(f.hear(noon + 10s) == accepted);
      f.feed.revoke_many(2);
      FilesSource::Files files{{"head", f.feed.head(noon + 20s)},
                               {"0/0.4", f.feed.segment({0, 0, 4}, noon + 20s).encode()}};
      row.spoil(f, files);
      FilesSource spoilt(files);
      BOOST_TEST(f.follow(spoilt) == row.expected);
      BOOST_TEST(f.mirror->head().sequence == 2U);
      BOOST_TEST((f.mirror->head().time == noon + 10s));
      BOOST_TEST(f.mirror->count() == 2U);
      BOOST_TEST(!f.concerns("erin"));
      BOOST_TEST(f.hear(noon + 20s) == accepted);
      BOOST_TEST(f.mirror->head().sequence == 4U);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_feed_that_went_back_after_a_restart_as_well) {
  feed.revoke_many(3);
  FilesSource::Files old{{"head", feed.head(noon + 10s)},
                         {"0/0.3", feed.segment({0, 0, 3}, noon + 10s).encode()}};
  revoke("dave");
  BOOST_TEST(hear(noon + 20s) == accepted);
  reopen();
  FilesSource back(old);
  BOOST_TEST(follow(back) == Errc::feed_invalid);
  old = {{"head", feed.head(noon + 19s)}};
  BOOST_TEST(follow(back) == Errc::feed_invalid);
  BOOST_TEST(mirror->head().sequence == 4U);
  BOOST_TEST(concerns("dave"));
  BOOST_TEST(hear(noon + 21s) == accepted);
}

BOOST_AUTO_TEST_CASE(keeps_what_came_before_its_source_failed) {
  feed.revoke_many(600);
  FilesSource::Files files{{"head", feed.head(noon)}, {"0/0", feed.segment({0, 0, 0}).encode()}};
  FilesSource half(files);
  BOOST_CHECK_THROW(mirror->follow(half, realm.document), FeedAway);
  BOOST_TEST(mirror->head().sequence == 256U);
  FeedSegment broken = feed.segment({0, 1, 0});
  broken.entries.pop_back();
  files["0/1"] = broken.encode();
  BOOST_TEST(follow(half) == Errc::feed_invalid);
  BOOST_TEST(mirror->head().sequence == 256U);
  BOOST_TEST(follow() == accepted);
  BOOST_TEST(mirror->head().sequence == 600U);
  BOOST_TEST(mirror->count() == 600U);
}

BOOST_AUTO_TEST_CASE(comes_back_after_an_hour_in_which_the_base_moved_on) {
  FeedFiles kdc(realm);
  FilesSource served(kdc.files());
  kdc.revoke(RevokedBy::subject, "old@DEMO.TEST", noon, 30min);
  kdc.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon);
  kdc.publish(noon);
  BOOST_TEST(follow(served) == accepted);
  clock.advance(1h);  // nothing is heard in it
  kdc.revoke_many(400, noon + 20min, 30min);
  kdc.revoke(RevokedBy::subject, "dave@DEMO.TEST", noon + 30min);
  kdc.compact(403, noon + 1h);
  kdc.publish(noon + 1h);
  BOOST_TEST(!kdc.files().contains("0/0"));  // what the mirror would have gone on with
  BOOST_TEST(follow(served) == accepted);
  BOOST_TEST(mirror->head().sequence == kdc.size());
  BOOST_TEST((mirror->head().time == noon + 1h));
  for (const char* revoked : {"carol", "dave"}) BOOST_TEST(concerns(revoked), revoked);
  BOOST_TEST(!concerns("erin"));
}

// After the jump the entries that stand again may be anywhere up to the head that made it jump.
BOOST_AUTO_TEST_CASE(knows_no_more_after_a_jump_until_it_has_come_to_the_end) {
  FeedFiles kdc(realm);
  kdc.revoke(RevokedBy::subject, "carol@DEMO.TEST", noon);
  kdc.revoke_many(600, noon, 30min);
  kdc.compact(601, noon + 1h);  // carol's stands again as the last one
  kdc.revoke_many(600, noon + 1h);
  kdc.publish(noon + 1h);
  clock.advance(1h);
  FilesSource served(kdc.files());
  served.asked = [](const std::string& path) {
    if (path == "0/4.178") throw FeedAway("cut off", false);
  };
  BOOST_TEST(kdc.files().contains("0/4.178"));
  BOOST_CHECK_THROW(mirror->follow(served, realm.document), FeedAway);
  BOOST_TEST(mirror->place().at.sequence == 1024U);
  BOOST_TEST(mirror->head().sequence == 0U);
  BOOST_TEST((mirror->head().time == Time{}));
  reopen();
  BOOST_TEST(mirror->head().sequence == 0U);
  served.asked = {};
  BOOST_TEST(follow(served) == accepted);
  BOOST_TEST(mirror->head().sequence == 1202U);
  BOOST_TEST(concerns("carol"));
}

BOOST_AUTO_TEST_CASE(keeps_the_entry_that_reaches_further) {
  revoke("carol", noon + 9s);
  revoke("carol", noon + 3s);
  BOOST_TEST(hear(noon + 10s) == accepted);
  revoke("carol", noon + 5s);
  BOOST_TEST(hear(noon + 11s) == accepted);
  BOOST_TEST(mirror->count() == 1U);
  Body body = body_of("carol");
  body.issued_at = noon + 9s;
  BOOST_TEST(mirror->concerns(body));
  body.issued_at = noon + 10s;
  BOOST_TEST(!mirror->concerns(body));
  revoke("carol", noon + 12s);
  BOOST_TEST(hear(noon + 12s) == accepted);
  BOOST_TEST(mirror->concerns(body));
}

BOOST_AUTO_TEST_CASE(reaches_a_ticket_by_its_id_and_by_where_it_comes_from) {
  const Body body = body_of("carol");
  const Body other = body_of("carol");
  struct Way {
    RevokedBy kind;
    TicketId id;
    bool reached;
  };
  const TicketId login = body.lineage.front();
  const Way ways[] = {{RevokedBy::ticket, body.id, true},    {RevokedBy::completed, body.id, true},
                      {RevokedBy::lineage, body.id, false},  {RevokedBy::ticket, login, true},
                      {RevokedBy::completed, login, true},   {RevokedBy::lineage, login, true},
                      {RevokedBy::ticket, TicketId{}, false}};
  for (const Way& way : ways) {
    BOOST_TEST_CONTEXT(name_of(way.kind)) {
      MirrorDesk f;
      f.feed.revoke(way.kind, value_of(way.id));
      BOOST_TEST(f.hear(noon) == accepted);
      BOOST_TEST(f.mirror->concerns(body) == way.reached);
      BOOST_TEST(!f.mirror->concerns(other));
    }
  }
}

BOOST_AUTO_TEST_CASE(simply_follows_again_when_an_older_copy_of_it_was_put_back) {
  feed.revoke_many(10);
  BOOST_TEST(hear(noon) == accepted);
  mirror.reset();
  fs::copy(scratch / "mirror", scratch / "copy", fs::copy_options::recursive);
  mirror = open();
  revoke("carol");
  BOOST_TEST(hear(noon + 10s) == accepted);
  mirror.reset();
  fs::remove_all(scratch / "mirror");
  fs::copy(scratch / "copy", scratch / "mirror", fs::copy_options::recursive);
  mirror = open();
  BOOST_TEST(mirror->head().sequence == 10U);
  BOOST_TEST((mirror->head().time == noon));  // hence as stale as it is
  BOOST_TEST(follow() == accepted);
  BOOST_TEST(concerns("carol"));
}

BOOST_AUTO_TEST_CASE(is_not_opened_for_another_realm_of_the_same_name) {
  mirror.reset();
  realm.root = RootKey::random();
  BOOST_CHECK_EXCEPTION(open(), FileError, [](const FileError& error) {
    return std::string(error.what()).find("waybill-mirror 1 DEMO.TEST") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(decides_nothing_on_a_changed_place) {
  revoke("carol");
  BOOST_TEST(hear(noon + 1s) == accepted);
  mirror.reset();
  {
    Env env(scratch / "mirror" / "store", quick_mirror().store);
    const Table raw = env.open_table("feed");
    WriteTxn txn(env);
    Buffer value = copy_of(txn.get(raw, bytes_of("place")).value());
    value.at(1) ^= 1;
    txn.put(raw, bytes_of("place"), value);
    std::move(txn).commit();
  }
  BOOST_CHECK_THROW(open(), StoreError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_mirror_test
