#include "trigger/kdc_link.h"

#include <boost/test/unit_test.hpp>

#include "tests/trigger/workshop.h"
#include "ticket/exchange/fields.h"

namespace waybill::test::kdc_link_test {
namespace {

using trigger::KdcAway;
using trigger::KdcLink;

/// A trigger's link to its KDC, and what it said of itself.
struct Linked : Workshop {
  Linked() : Workshop(false) {}
  KdcLink link{{clock, identity(), engine(), kdc, feed_sync(), "http://trigger.example",
                [this] { ++ready; }, [this](std::uint64_t number) { serial = number; }}};
  int ready = 0;
  std::uint64_t serial = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_link_to_the_kdc)

BOOST_AUTO_TEST_CASE(makes_a_trigger_ready_once_the_kdc_is_there) {
  Linked shop;
  shop.kdc.away = true;
  for (int i = 0; i < 3; ++i) shop.link.tick();
  BOOST_TEST(shop.ready == 0);
  BOOST_TEST(!shop.link.is_ready());
  BOOST_TEST(shop.poll("queue-alice").status == 503);
  shop.kdc.away = false;
  for (int i = 0; i < 3; ++i) shop.link.tick();
  BOOST_TEST(shop.ready == 1);
  BOOST_TEST(shop.serial == 1U);
  BOOST_TEST(shop.kdc.announced == std::vector<std::string>{"http://trigger.example"},
             boost::test_tools::per_element());
  BOOST_TEST(shop.poll("queue-alice").status == 200);
}

BOOST_AUTO_TEST_CASE(serves_also_when_the_kdc_will_not_announce_it) {
  Linked shop;
  shop.kdc.policy = Errc::ceiling_missing;
  shop.link.tick();
  BOOST_TEST(shop.ready == 1);
  BOOST_TEST(shop.kdc.announced.empty());
}

BOOST_AUTO_TEST_CASE(tells_the_kdc_of_all_work_that_ended) {
  Linked shop;
  shop.link.tick();
  std::multiset<std::string> ended;
  for (int i = 0; i < 30; ++i) {
    Errand errand;
    errand.workflow_id = "w-" + std::to_string(i);
    BOOST_TEST(shop.submit("carol", errand).status == 202);
    BOOST_TEST(
        shop.ask("carol", "POST", "/v1/workflows/" + *errand.workflow_id + "/cancel").status ==
        200);
    ended.insert(*errand.workflow_id);
  }
  BOOST_TEST(shop.submit("carol").status == 202);  // goes on
  shop.kdc.away = true;
  BOOST_CHECK_THROW(shop.link.report_ended(), KdcAway);
  BOOST_TEST(shop.engine().counts().unreported == 30U);
  shop.kdc.away = false;
  shop.link.tick();
  BOOST_TEST((shop.kdc.completed == ended));
  BOOST_TEST(shop.engine().counts().unreported == 0U);
  shop.link.tick();
  BOOST_TEST(shop.kdc.completed.size() == 30U);
}

BOOST_AUTO_TEST_CASE(lets_go_of_what_the_kdc_will_never_take) {
  Linked shop;
  shop.link.tick();
  for (const char* id : {"w-1", "w-2", "w-3"}) {
    Errand errand;
    errand.workflow_id = id;
    BOOST_TEST(shop.submit("carol", errand).status == 202);
    BOOST_TEST(shop.ask("carol", "POST", std::string("/v1/workflows/") + id + "/cancel").status ==
               200);
  }
  shop.kdc.on_complete = [](const Body& body) -> Checked {
    if (body.work->id == "w-1") return Error{Errc::busy, "later"};
    if (body.work->id == "w-2") return Error{Errc::evidence_not_yours, "never"};
    return ok();
  };
  shop.link.report_ended();
  BOOST_TEST(shop.engine().counts().unreported == 1U);
  shop.kdc.on_complete = {};
  shop.link.report_ended();
  BOOST_TEST(shop.engine().counts().unreported == 0U);
  BOOST_TEST((shop.kdc.completed == std::multiset<std::string>{"w-1", "w-3"}));
}

BOOST_AUTO_TEST_CASE(follows_the_feed_and_forgets_what_is_over) {
  Linked shop;
  shop.link.tick();
  shop.feed.revoke_many(700, shop.clock.now());
  shop.feed.revoke(RevokedBy::workflow, "w-1", shop.clock.now());
  shop.link.follow_feed();
  BOOST_TEST(shop.mirror().count() == 701U);
  BOOST_TEST(shop.mirror().head().sequence == 701U);
  shop.clock.advance(9 * 24h);
  for (int i = 0; i < 3; ++i) shop.link.follow_feed();  // a table at a time
  BOOST_TEST(shop.mirror().count() == 0U);              // no ticket is so old
}

BOOST_AUTO_TEST_CASE(believes_no_forged_feed) {
  Linked shop;
  shop.link.tick();
  const Secret<32> seed = shop.realm.signer.seed();
  shop.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST", shop.clock.now());
  shop.realm.signer = KdcSigningKey::random();
  shop.link.follow_feed();
  BOOST_TEST(shop.mirror().count() == 0U);
  shop.realm.signer = KdcSigningKey::from_seed(seed);
  shop.link.follow_feed();
  BOOST_TEST(shop.mirror().count() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::kdc_link_test
