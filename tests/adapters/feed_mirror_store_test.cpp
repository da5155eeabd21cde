#include <boost/test/unit_test.hpp>

#include "tests/adapters/mirror_desk.h"

namespace waybill::test::feed_mirror_store_test {

BOOST_FIXTURE_TEST_SUITE(what_a_mirror_holds, MirrorDesk)

BOOST_AUTO_TEST_CASE(forgets_entries_when_no_ticket_can_live_that_they_concern) {
  const TicketId id{7};
  feed.revoke(RevokedBy::ticket, value_of(id), noon);
  feed.revoke(RevokedBy::lineage, value_of(id), noon);
  revoke("carol", noon);
  revoke("dave", noon + 60s);
  BOOST_TEST(hear(noon + 60s) == accepted);
  const auto sweep = [&] {  // a table at a time
    std::size_t swept = 0;
    for (int i = 0; i < 3; ++i) swept += mirror->sweep(10);
    return swept;
  };
  BOOST_TEST(hear(noon + 8 * 24h - 1s) == accepted);
  BOOST_TEST(sweep() == 0U);
  clock.advance(1h);  // the host's clock counts for nothing
  BOOST_TEST(sweep() == 0U);
  BOOST_TEST(hear(noon + 8 * 24h) == accepted);
  BOOST_TEST(sweep() == 3U);
  BOOST_TEST(!concerns("carol"));
  BOOST_TEST(concerns("dave"));
  BOOST_TEST(mirror->head().sequence == 4U);  // and never comes back for them
}

BOOST_AUTO_TEST_CASE(sweeps_in_slices_and_goes_on_where_it_stopped_after_a_restart_too) {
  for (std::uint8_t i = 0; i < 100; ++i) {
    feed.revoke(RevokedBy::completed, value_of(TicketId{i}), i % 2 == 0 ? noon : noon + 24h);
  }
  BOOST_TEST(hear(noon + 24h) == accepted);
  BOOST_TEST(hear(noon + 8 * 24h) == accepted);
  BOOST_TEST(mirror->sweep(30) == 15U);
  BOOST_TEST(mirror->sweep(30) == 15U);
  reopen();
  BOOST_TEST(mirror->sweep(30) == 15U);
  BOOST_TEST(mirror->sweep(30) == 5U);
  for (int i = 0; i < 4; ++i) BOOST_TEST(mirror->sweep(30) == 0U);
  BOOST_TEST(mirror->count() == 50U);
}

BOOST_AUTO_TEST_CASE(stores_a_large_batch_in_slices_and_the_place_with_the_last_one) {
  FeedMirror::Options options = quick_mirror();
  options.batch = 500;
  options.slice = 40;
  int commits = 0;
  options.between = [&] {
    if (++commits == 20) throw std::runtime_error("the power is gone");
  };
  reopen(options);
  feed.revoke_many(300);
  for (std::uint8_t i = 0; i < 250; ++i) {
    feed.revoke(i % 2 == 0 ? RevokedBy::completed : RevokedBy::lineage, value_of(TicketId{9, i}));
  }
  feed.revoke_many(450);
  BOOST_CHECK_THROW(mirror->follow(source, realm.document), std::runtime_error);
  const std::uint64_t known = mirror->head().sequence;
  BOOST_TEST(known == 512U);  // the first batch is whole
  BOOST_TEST(mirror->count() >= known);
  reopen(options);
  BOOST_TEST(mirror->head().sequence == known);
  BOOST_TEST(follow() == accepted);
  BOOST_TEST(mirror->head().sequence == 1000U);
  BOOST_TEST(mirror->count() == 1000U);
  for (std::uint8_t i = 0; i < 250; ++i) {
    Body body = body_of("carol");
    (i % 2 == 0 ? body.id : body.lineage.front()) = TicketId{9, i};
    BOOST_TEST(mirror->concerns(body));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_least_that_the_time_can_be, MirrorDesk)

BOOST_AUTO_TEST_CASE(goes_on_while_the_host_is_up_whatever_its_clock_says) {
  BOOST_TEST(hear(noon) == accepted);
  clock.advance(1000s);
  BOOST_TEST((mirror->head().least == noon + 999s));  // a thousandth is not counted
  clock.set(noon - 24h);
  BOOST_TEST((mirror->head().least == noon + 999s));
  reopen();
  BOOST_TEST((mirror->head().least == noon + 999s));
}

BOOST_AUTO_TEST_CASE(begins_anew_with_a_start_of_the_host) {
  BOOST_TEST(hear(noon) == accepted);
  clock.advance(1000s);
  clock.reboot();
  BOOST_TEST((mirror->head().least == noon));
  clock.advance(7s);
  reopen();  // the first time in this boot
  clock.advance(50s);
  BOOST_TEST((mirror->head().least == noon + 49s));
  reopen();
  BOOST_TEST((mirror->head().least == noon + 49s));
}

BOOST_AUTO_TEST_CASE(is_raised_by_a_newer_head_and_lowered_by_none) {
  BOOST_TEST(hear(noon) == accepted);
  clock.advance(10s);
  BOOST_TEST(follow() == accepted);
  BOOST_TEST((mirror->head().least == noon + 10s));
  clock.advance(10s);
  clock.set(noon + 15s);
  BOOST_TEST(follow() == accepted);  // a head that is five seconds late
  BOOST_TEST((mirror->head().time == noon + 15s));
  BOOST_TEST((mirror->head().least == noon + 19s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_mirror_store_test
