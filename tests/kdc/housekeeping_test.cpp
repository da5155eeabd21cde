#include "kdc/housekeeping.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"

namespace waybill::test::housekeeping_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  HighWater mark{scratch / "high-water", store};
  Housekeeping housekeeping{parts, mark};

  TicketId issued() {
    Body wanted = body("carol", "archive");  // ends after 24 h
    const TicketId id = wanted.id;
    BOOST_TEST(outcome(issuer.commit(order(std::move(wanted)))) == accepted);
    return id;
  }
  bool is_kept(const TicketId& id) { return store.view().ticket(id).has_value(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(housekeeping_of_the_kdc, Fixture)

BOOST_AUTO_TEST_CASE(raises_the_mark_to_where_the_chain_is) {
  BOOST_TEST(mark.fault(store.view()).has_value());
  housekeeping.tick();
  BOOST_TEST(!mark.fault(store.view()).has_value());
}

BOOST_AUTO_TEST_CASE(keeps_an_ended_ticket_for_a_day_and_then_sweeps_it) {
  const TicketId id = issued();
  clock.advance(24h + Housekeeping::grace);
  housekeeping.tick();
  BOOST_TEST(is_kept(id));
  clock.advance(1s);
  housekeeping.tick();  // looks every thirty seconds
  BOOST_TEST(is_kept(id));
  clock.advance(Housekeeping::sweep_interval);
  housekeeping.tick();
  BOOST_TEST(!is_kept(id));
}

BOOST_AUTO_TEST_CASE(writes_nothing_when_there_is_nothing_to_sweep) {
  const TicketId id = issued();
  const std::uint64_t before = Audit::position(store.view()).sequence;
  for (int i = 0; i < 3; ++i) {
    clock.advance(Housekeeping::sweep_interval);
    housekeeping.tick();
  }
  BOOST_TEST(Audit::position(store.view()).sequence == before);
  BOOST_TEST(is_kept(id));
}

BOOST_AUTO_TEST_CASE(forgets_the_rolling_keys_of_the_last_minute) {
  const LiveKey key = store.view().principal("archive")->newest();
  const std::weak_ptr<const PairwiseKey> pairwise =
      epochs.sealing_for("archive", key, clock.now())->key;
  clock.advance(60s);
  housekeeping.tick();
  BOOST_TEST(pairwise.expired());
}

BOOST_AUTO_TEST_CASE(outlives_a_disk_that_fails) {
  HighWater nowhere(scratch / "missing" / "high-water", store);
  Housekeeping unlucky(parts, nowhere);
  unlucky.tick();
  unlucky.finish();
  BOOST_TEST(nowhere.fault(store.view()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::housekeeping_test
