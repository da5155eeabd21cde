#include "kdc/housekeeping.h"

#include <boost/test/unit_test.hpp>

#include "kdc/rotation.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/adapters/files.h"

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

BOOST_AUTO_TEST_CASE(takes_a_realm_document_that_a_command_put_into_the_store) {
  Epochs commands(store);
  Issuer writer(store, commands, clock);
  BOOST_TEST(outcome(rotate({store, commands, writer}, root, {clock.now(), 24h * 30})) == accepted);
  housekeeping.tick();
  BOOST_TEST(epochs.document().serial == 2U);
  BOOST_TEST((read_file(scratch / "feed" / "realm", 1 << 16) == commands.signed_document()));
}

BOOST_AUTO_TEST_CASE(makes_the_next_epoch_when_it_may_and_none_is_ahead) {
  create_file(scratch / "root.key", root.seed().expose(), 0400);
  Housekeeping with_key(parts, mark, scratch / "root.key");
  clock.advance(24h * 365);
  with_key.tick();
  BOOST_TEST(epochs.document().serial == 1U);  // the configuration does not say so
  config.rotates_epochs = true;
  for (int i = 0; i < 3; ++i) {
    clock.advance(Housekeeping::sweep_interval);
    with_key.tick();
  }
  BOOST_TEST(epochs.document().serial == 2U);
  BOOST_TEST((epoch_ahead(epochs.document(), clock.now()) != nullptr));
}

BOOST_AUTO_TEST_CASE(goes_on_without_the_root_key) {
  config.rotates_epochs = true;
  Housekeeping without_key(parts, mark, scratch / "root.key");
  clock.advance(24h * 365 + 1h);
  without_key.tick();
  BOOST_TEST(epochs.document().serial == 1U);
  BOOST_TEST(store.view().secret("epoch/1")->empty());  // what comes after it was done
}

BOOST_AUTO_TEST_CASE(destroys_the_login_key_of_an_epoch_that_is_over) {
  clock.advance(24h * 365 + 1h);
  housekeeping.tick();
  BOOST_TEST(store.view().secret("epoch/1")->empty());
  BOOST_TEST(!store.view().secret("epoch/2")->empty());
  BOOST_TEST(!store.view().secret("signer/1")->empty());
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
