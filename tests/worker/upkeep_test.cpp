#include "worker/upkeep.h"

#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"
#include "tests/worker/small_kdc.h"

namespace waybill::test::upkeep_test {
namespace {

using worker::RealmCache;
using worker::Upkeep;

struct Fixture {
  Fixture() { clock.set(noon + 10s); }
  Desk desk;
  ManualClock& clock = desk.clock;
  SmallKdc kdc{desk.realm, desk.feed, clock};
  KdcClient client{kdc.realm_file(), clock};
  RealmCache cache{desk.scratch / "realm.bin", client};
  Upkeep::Options options{.feed_every = 20ms, .realm_at_most_every = 50ms};
  FeedSync feed{desk.mirror, open_feeds(kdc.realm_file(), {}), clock};
  Upkeep upkeep{{feed, cache, desk.audience, desk.revocations, desk.uses}, options};

  template <class Condition>
  static bool comes(Condition condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
  }
  // The KDC signs with a key that only its newest realm document names.
  void rotate_signer() {
    kdc.change([&] {
      desk.realm.signer = KdcSigningKey::random();
      desk.realm.document.serial += 1;
      desk.realm.document.signers.front().key = desk.realm.signer.public_key();
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_upkeep, Fixture)

BOOST_AUTO_TEST_CASE(brings_the_feed_segment_by_segment) {
  kdc.change([&] { desk.feed.revoke_many(600); });
  BOOST_TEST(upkeep.sync_feed());
  BOOST_TEST(desk.revocations.head().sequence == 600U);
  BOOST_TEST((desk.revocations.head().time == clock.now()));
  BOOST_TEST(kdc.count("/v1/feed/head") == 1);
  for (const char* name : {"0", "1", "2.88"}) {
    BOOST_TEST(kdc.count(std::string("/v1/feed/segments/0/") + name) == 1);
  }
}

BOOST_AUTO_TEST_CASE(brings_it_again_and_again_by_itself) {
  upkeep.start();
  BOOST_TEST(comes([&] { return desk.revocations.head().time == clock.now(); }));
  kdc.change([&] { desk.feed.revoke(RevokedBy::workflow, "w-1"); });
  BOOST_TEST(comes([&] { return desk.revocations.head().sequence == 1U; }));
}

BOOST_AUTO_TEST_CASE(goes_on_after_the_kdc_was_away) {
  kdc.is_away = true;
  BOOST_TEST(!upkeep.sync_feed());
  upkeep.start();
  BOOST_TEST(comes([&] { return kdc.count("/v1/feed/head") > 3; }));
  BOOST_TEST((desk.revocations.head().time == noon));
  kdc.is_away = false;
  BOOST_TEST(comes([&] { return desk.revocations.head().time == clock.now(); }));
}

BOOST_AUTO_TEST_CASE(takes_nothing_of_a_feed_that_went_back) {
  kdc.change([&] { desk.feed.revoke(RevokedBy::workflow, "w-1"); });
  BOOST_TEST(upkeep.sync_feed());
  kdc.change([&] { desk.feed.entries.clear(); });  // restored from an old backup
  BOOST_TEST(!upkeep.sync_feed());
  BOOST_TEST(desk.revocations.head().sequence == 1U);
}

BOOST_AUTO_TEST_CASE(learns_a_new_signing_key_from_the_realm_document) {
  rotate_signer();
  BOOST_TEST(!upkeep.sync_feed());  // looks forged
  BOOST_TEST(upkeep.refresh_realm());
  BOOST_TEST(desk.audience.realm()->serial == 2U);
  BOOST_TEST(upkeep.sync_feed());
}

BOOST_AUTO_TEST_CASE(learns_a_new_signing_key_by_itself_when_the_feed_is_refused) {
  rotate_signer();
  upkeep.start();
  BOOST_TEST(comes([&] { return desk.revocations.head().time == clock.now(); }));
  BOOST_TEST(desk.audience.realm()->serial == 2U);
}

BOOST_AUTO_TEST_CASE(asks_for_the_realm_document_only_so_often) {
  Upkeep patient({feed, cache, desk.audience, desk.revocations, desk.uses},
                 {.realm_at_most_every = 1h});
  for (int i = 0; i < 5; ++i) BOOST_TEST(patient.refresh_realm());
  BOOST_TEST(kdc.count("/v1/realm") == 1);
  kdc.is_away = true;
  Upkeep other({feed, cache, desk.audience, desk.revocations, desk.uses},
               {.realm_at_most_every = 1h});
  for (int i = 0; i < 5; ++i) BOOST_TEST(!other.refresh_realm());
  BOOST_TEST(kdc.count("/v1/realm") == 2);
}

BOOST_AUTO_TEST_CASE(never_goes_back_to_an_older_realm_document) {
  rotate_signer();
  BOOST_TEST(upkeep.refresh_realm());
  kdc.change([&] { desk.realm.document.serial = 1; });
  std::this_thread::sleep_for(60ms);
  BOOST_TEST(!upkeep.refresh_realm());
  BOOST_TEST(desk.audience.realm()->serial == 2U);
}

BOOST_AUTO_TEST_CASE(sweeps_by_the_time_that_the_kdc_signed) {
  BOOST_TEST(desk.judge(desk.job()) == accepted);
  clock.set(noon + 8 * 24h);
  upkeep.start();
  BOOST_TEST(comes([&] { return desk.uses.count() == 0U; }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_kept_realm_document, Fixture)

BOOST_AUTO_TEST_CASE(is_there_after_a_restart_without_a_kdc) {
  BOOST_TEST(!cache.load().has_value());
  BOOST_TEST(outcome(cache.fetch()) == accepted);
  kdc.is_away = true;
  KdcClient later(kdc.realm_file(), clock);
  const auto kept = RealmCache(desk.scratch / "realm.bin", later).load();
  BOOST_TEST_REQUIRE(kept.has_value());
  BOOST_TEST(kept->serial == 1U);
}

BOOST_AUTO_TEST_CASE(makes_an_older_one_refused_after_a_restart_too) {
  kdc.change([&] { desk.realm.document.serial = 5; });
  BOOST_TEST(outcome(cache.fetch()) == accepted);
  kdc.change([&] { desk.realm.document.serial = 4; });
  KdcClient later(kdc.realm_file(), clock);
  RealmCache again(desk.scratch / "realm.bin", later);
  BOOST_TEST(again.load().has_value());
  BOOST_TEST(outcome(again.fetch()) == Errc::realm_invalid);
  BOOST_TEST(again.load()->serial == 5U);  // and what is kept stays
}

BOOST_AUTO_TEST_CASE(is_not_believed_when_the_disk_was_changed) {
  BOOST_TEST(outcome(cache.fetch()) == accepted);
  {
    std::fstream file(desk.scratch / "realm.bin", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file.put('\xff');
  }
  BOOST_TEST(!cache.load().has_value());
  BOOST_TEST(outcome(cache.fetch()) == accepted);
  BOOST_TEST(cache.load().has_value());
}

BOOST_AUTO_TEST_CASE(is_not_taken_from_somebody_without_the_root_key) {
  kdc.change([&] { desk.realm.root = RootKey::random(); });
  BOOST_TEST(outcome(cache.fetch()) == Errc::realm_invalid);
  BOOST_TEST(!cache.load().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::upkeep_test
