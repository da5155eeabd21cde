#include "ticket/exchange/renewal.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"

namespace waybill::test::renewal_test {
namespace {

struct Row {
  const char* name;
  void (*change)(TestRealm&, Body&);
};

// Each differs in one field from a renewal that passes.
const Row forgeries[] = {
    {"another id", [](TestRealm&, Body& b) { b.id[0] ^= 1U; }},
    {"another lineage", [](TestRealm&, Body& b) { b.lineage.at(0)[15] ^= 1U; }},
    {"no lineage", [](TestRealm&, Body& b) { b.lineage.clear(); }},
    {"another subject", [](TestRealm& r, Body& b) { b.subject = r.principal("mallory"); }},
    {"another actor", [](TestRealm& r, Body& b) { b.actors.at(0) = r.principal("trigger/other"); }},
    {"one actor more", [](TestRealm& r, Body& b) { b.actors.push_back(r.principal("dave")); }},
    {"no actor", [](TestRealm&, Body& b) { b.actors.clear(); }},
    {"another queue", [](TestRealm& r, Body& b) { b.audience = r.principal("queue-bob"); }},
    {"another namespace", [](TestRealm&, Body& b) { b.work->space = "other"; }},
    {"another workflow", [](TestRealm&, Body& b) { b.work->id += "0"; }},
    {"another type", [](TestRealm&, Body& b) { b.work->type = "invoice-other"; }},
    {"another input", [](TestRealm&, Body& b) { b.work->input[0] ^= 1U; }},
    {"no work", [](TestRealm&, Body& b) { b.work.reset(); }},
    {"another time to start", [](TestRealm&, Body& b) { b.start_by += 1s; }},
    {"one action more", [](TestRealm&, Body& b) { b.actions.emplace_back("invoice:pay"); }},
    {"another action", [](TestRealm&, Body& b) { b.actions.at(0) = "invoice:pay"; }},
    {"one downstream more",
     [](TestRealm&, Body& b) {
       b.downstreams.push_back({"archive", {"put"}});
     }},
    {"a downstream with more actions",
     [](TestRealm&, Body& b) { b.downstreams.at(0).actions.emplace_back("transfer"); }},
    {"a feed that may be stale", [](TestRealm&, Body& b) { b.flags |= flags::soft_feed; }},
    {"a staler feed", [](TestRealm&, Body& b) { b.max_staleness += 1s; }},
    {"an older feed", [](TestRealm&, Body& b) { b.feed_floor -= 1; }},
    {"an older form", [](TestRealm&, Body& b) { b.issued_at = noon - 1s; }},
    {"renewable for longer", [](TestRealm&, Body& b) { b.renew_until += 1s; }},
    {"valid for longer than it is renewable",
     [](TestRealm&, Body& b) { b.run_until = b.renew_until + 1s; }},
};

struct Fixture {
  TestRealm realm;
  Body before =
      realm.workflow_body("carol", "queue-alice", work_of("invoice-report", "number,amount\n"));
  Body after = before;
  Fixture() {
    before.downstreams = {{"bank", {"balance"}}};
    before.feed_floor = 7;
    after = renewed();
  }
  Body renewed() const {
    Body body = before;
    body.issued_at = noon + 2h;
    body.run_until = noon + 3h;
    body.session = Digest{1};
    body.audit_head = Digest{2};
    return body;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_renewal, Fixture)

BOOST_AUTO_TEST_CASE(has_new_times_and_a_session_key_of_its_own) {
  BOOST_TEST(outcome(check_renewal(before, after)) == accepted);
  BOOST_TEST(outcome(check_renewal(before, before)) == accepted);
}

BOOST_AUTO_TEST_CASE(may_say_less) {
  after.actions.pop_back();
  after.downstreams.clear();
  after.flags = 0;
  after.max_staleness -= 1s;
  after.feed_floor += 1;
  after.renew_until -= 1h;
  BOOST_TEST(outcome(check_renewal(before, after)) == accepted);
  after.actions.clear();
  BOOST_TEST(outcome(check_renewal(before, after)) == accepted);
}

BOOST_AUTO_TEST_CASE(may_end_earlier_than_the_form_before) {
  after.issued_at = noon + 1min;
  after.run_until = noon + 2min;
  BOOST_TEST(outcome(check_renewal(before, after)) == accepted);
}

BOOST_AUTO_TEST_CASE(may_end_with_the_last_time_and_not_later) {
  after.run_until = before.renew_until;
  BOOST_TEST(outcome(check_renewal(before, after)) == accepted);
}

// Rules: R4.34
BOOST_AUTO_TEST_CASE(is_nothing_that_widens_or_replaces) {
  for (const Row& row : forgeries) {
    BOOST_TEST_CONTEXT(row.name) {
      Body forged = after;
      row.change(realm, forged);
      BOOST_TEST(outcome(check_renewal(before, forged)) == Errc::bad_renewal);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::renewal_test
