#include "kdc/policy.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"

namespace waybill::test::policy_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;

namespace {

const std::vector<std::string> both{"invoice:read", "report:write"};

// One grant, one ceiling, one queue: all that invoice-report at queue-alice needs.
Rules good_rules() {
  Rules rules;
  rules.grants = {WholeKdc::some_grant("carol", "queue-alice", "invoice-*")};
  rules.grants.front().id = 7;
  rules.ceilings = {WholeKdc::ceiling("trigger/orders", "queue-*")};
  rules.ceilings.front().id = 8;
  rules.queue_exists = true;
  rules.longest_run = 24h * 7;
  return rules;
}

WorkWish good_wish() { return {"queue-alice", "invoice-report", both, 0s}; }

GrantRecord also(std::uint64_t id, std::vector<std::string> actions, Seconds max_run) {
  GrantRecord grant = WholeKdc::some_grant("carol", "queue-alice", "invoice-*", max_run);
  grant.id = id;
  grant.actions = std::move(actions);
  return grant;
}

struct Row {
  const char* name;
  void (*spoil)(Rules&, WorkWish&);
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const Row rows[] = {
    {"all is right", [](Rules&, WorkWish&) {}, accepted},
    {"no actions are asked for", [](Rules&, WorkWish& w) { w.actions = {}; }, accepted},
    {"just as long as the grant", [](Rules&, WorkWish& w) { w.run_for = 1h; }, accepted},
    {"a pattern that is one star",
     [](Rules& r, WorkWish&) { r.grants[0].workflow = *Pattern::parse("*"); }, accepted},
    {"no grant at all", [](Rules& r, WorkWish&) { r.grants.clear(); }, Errc::grant_missing},
    {"another queue", [](Rules&, WorkWish& w) { w.queue = "queue-bob"; }, Errc::grant_missing},
    {"a queue whose name goes on", [](Rules&, WorkWish& w) { w.queue = "queue-alice2"; },
     Errc::grant_missing},
    {"another type", [](Rules&, WorkWish& w) { w.workflow_type = "payroll"; }, Errc::grant_missing},
    {"a type that only begins alike", [](Rules&, WorkWish& w) { w.workflow_type = "invoice"; },
     Errc::grant_missing},
    {"one action too many", [](Rules&, WorkWish& w) { w.actions.emplace_back("invoice:delete"); },
     Errc::grant_action},
    {"actions that only two grants together hold",
     [](Rules& r, WorkWish&) {
       r.grants = {also(1, {"invoice:read"}, 1h), also(2, {"report:write"}, 1h)};
     },
     Errc::grant_action},
    {"a second longer than the grant", [](Rules&, WorkWish& w) { w.run_for = 1h + 1s; },
     Errc::grant_duration},
    {"a run that only a grant with fewer actions allows",
     [](Rules& r, WorkWish& w) {
       r.grants.push_back(also(9, {"invoice:read"}, 10h));
       w.run_for = 2h;
     },
     Errc::grant_duration},
    {"longer than the realm renews",
     [](Rules& r, WorkWish& w) {
       r.longest_run = 30min;
       w.run_for = 31min;
     },
     Errc::grant_duration},
    {"no ceiling", [](Rules& r, WorkWish&) { r.ceilings.clear(); }, Errc::ceiling_missing},
    {"a ceiling for another queue",
     [](Rules& r, WorkWish&) { r.ceilings = {WholeKdc::ceiling("trigger/orders", "queue-bob")}; },
     Errc::ceiling_missing},
    {"no such queue", [](Rules& r, WorkWish&) { r.queue_exists = false; }, Errc::queue_unknown},
    {"nothing is right: the grant is told first",
     [](Rules& r, WorkWish& w) {
       r = {};
       w.run_for = 100h;
     },
     Errc::grant_missing},
    {"action and ceiling: the action is told first",
     [](Rules& r, WorkWish& w) {
       w.actions = {"x"};
       w.run_for = 100h;
       r.ceilings.clear();
     },
     Errc::grant_action},
    {"ceiling and queue: the ceiling is told first",
     [](Rules& r, WorkWish&) {
       r.ceilings.clear();
       r.queue_exists = false;
     },
     Errc::ceiling_missing},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_policy)

BOOST_DATA_TEST_CASE(gives_the_first_reason, bdata::make(rows), row) {
  Rules rules = good_rules();
  WorkWish wish = good_wish();
  row.spoil(rules, wish);
  BOOST_TEST(outcome(rule(rules, wish)) == row.expect);
}

BOOST_AUTO_TEST_CASE(names_the_rules_that_it_used) {
  const auto ruling = rule(good_rules(), good_wish());
  BOOST_REQUIRE(outcome(ruling) == accepted);
  BOOST_TEST(ruling->grant == 7U);
  BOOST_TEST(ruling->ceiling == 8U);
  BOOST_TEST(ruling->actions == both);
  BOOST_TEST((ruling->run == 1h));
}

BOOST_AUTO_TEST_CASE(gives_the_run_that_is_asked_for_and_no_more) {
  WorkWish wish = good_wish();
  wish.run_for = 10min;
  BOOST_TEST((rule(good_rules(), wish)->run == 10min));
}

BOOST_AUTO_TEST_CASE(takes_the_grant_with_the_longest_run_and_then_the_oldest) {
  Rules rules = good_rules();
  rules.grants = {also(5, both, 1h), also(4, both, 2h), also(3, both, 2h)};
  const auto ruling = rule(rules, good_wish());
  BOOST_REQUIRE(outcome(ruling) == accepted);
  BOOST_TEST(ruling->grant == 3U);
  BOOST_TEST((ruling->run == 2h));
}

BOOST_AUTO_TEST_CASE(counts_the_grants_of_a_role) {
  WholeKdc kdc;
  kdc.add("erin", PrincipalKind::user, {"clerk"});
  GrantRecord grant = WholeKdc::some_grant("clerk", "queue-bob", "*");
  grant.holder = GrantRecord::Holder::role;
  kdc.grant(grant);
  const auto view = kdc.store.view();
  const auto of = [&](const char* who) {
    Rules rules =
        rules_for(view, *view.principal(who), kdc.principal("trigger/orders"), "queue-bob");
    rules.longest_run = 24h;
    return outcome(rule(rules, {"queue-bob", "payroll", {}, 0s}));
  };
  BOOST_TEST(of("erin") == accepted);
  BOOST_TEST(of("carol") == Errc::grant_missing);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_policy_of_renewals)

BOOST_AUTO_TEST_CASE(keeps_the_actions_that_are_still_granted) {
  Rules rules = good_rules();
  rules.grants[0].actions = {"report:write", "other"};
  const auto ruling = rule_renewal(rules, good_wish());
  BOOST_REQUIRE(outcome(ruling) == accepted);
  BOOST_TEST(ruling->actions == std::vector<std::string>{"report:write"});
}

BOOST_AUTO_TEST_CASE(never_adds_an_action_and_never_prolongs_the_run) {
  Rules rules = good_rules();
  WorkWish wish = good_wish();
  wish.actions = {"invoice:read"};
  wish.run_for = 20min;
  const auto ruling = rule_renewal(rules, wish);
  BOOST_REQUIRE(outcome(ruling) == accepted);
  BOOST_TEST(ruling->actions == wish.actions);
  BOOST_TEST((ruling->run == 20min));
}

BOOST_AUTO_TEST_CASE(shortens_the_run_to_what_is_granted_today) {
  Rules rules = good_rules();
  rules.grants[0].max_run = 5min;
  WorkWish wish = good_wish();
  wish.run_for = 20min;
  BOOST_TEST((rule_renewal(rules, wish)->run == 5min));
}

BOOST_AUTO_TEST_CASE(takes_the_grant_that_keeps_most) {
  Rules rules = good_rules();
  rules.grants = {also(1, {"invoice:read"}, 9h), also(2, both, 1h)};
  BOOST_TEST(rule_renewal(rules, good_wish())->grant == 2U);
}

BOOST_AUTO_TEST_CASE(refuses_when_nothing_is_left) {
  Rules rules = good_rules();
  rules.grants[0].actions = {"other"};
  BOOST_TEST(outcome(rule_renewal(rules, good_wish())) == Errc::grant_action);
  rules.grants.clear();
  BOOST_TEST(outcome(rule_renewal(rules, good_wish())) == Errc::grant_missing);
  rules = good_rules();
  rules.ceilings.clear();
  BOOST_TEST(outcome(rule_renewal(rules, good_wish())) == Errc::ceiling_missing);
  rules = good_rules();
  rules.queue_exists = false;
  BOOST_TEST(outcome(rule_renewal(rules, good_wish())) == Errc::queue_unknown);
}

BOOST_AUTO_TEST_CASE(goes_on_without_actions_when_there_were_none) {
  WorkWish wish = good_wish();
  wish.actions = {};
  BOOST_TEST(outcome(rule_renewal(good_rules(), wish)) == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::policy_test
