#include <boost/test/unit_test.hpp>

#include "kdc/policy.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::admin_change_test {

using namespace waybill::kdc;

namespace {

using Names = std::vector<std::string>;

struct Fixture : WholeKdc {
  Told admin(std::string_view operation, const Fields& fields) {
    return ask("operator", "admin." + std::string(operation), fields);
  }
  Outcome change(const std::string& name, const std::string& how, const Names& roles) {
    Fields fields{{"name", name}, {"roles", how}};
    for (const std::string& role : roles) fields.add("role", role);
    return admin("principal.change", fields).outcome;
  }
  Names roles_of(std::string_view name) { return store.view().principal(name)->roles; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_change_of_roles, Fixture)

BOOST_AUTO_TEST_CASE(sets_adds_and_removes) {
  BOOST_TEST(change("dave", "set", {"clerk", "auditor", "clerk"}) == accepted);
  BOOST_TEST((roles_of("dave") == Names{"clerk", "auditor"}));
  BOOST_TEST(change("dave", "add", {"clerk", "manager"}) == accepted);
  BOOST_TEST((roles_of("dave") == Names{"clerk", "auditor", "manager"}));
  BOOST_TEST(change("dave", "remove", {"auditor", "unknown"}) == accepted);
  BOOST_TEST((roles_of("dave") == Names{"clerk", "manager"}));
  BOOST_TEST(change("dave", "set", {}) == accepted);
  BOOST_TEST(roles_of("dave").empty());
}

BOOST_AUTO_TEST_CASE(holds_at_once_for_tgts_that_were_issued_before) {
  BOOST_TEST(ask("dave", "admin.principal.list", Fields{}).outcome == Errc::not_permitted);
  BOOST_TEST(change("dave", "add", {"operator"}) == accepted);
  BOOST_TEST(ask("dave", "admin.principal.list", Fields{}).outcome == accepted);
  BOOST_TEST(change("dave", "remove", {"operator"}) == accepted);
  BOOST_TEST(ask("dave", "admin.principal.list", Fields{}).outcome == Errc::not_permitted);
}

BOOST_AUTO_TEST_CASE(takes_what_a_role_granted_from_what_is_asked_next) {
  GrantRecord by_role = some_grant("clerk", "queue-alice", "invoice-*");
  by_role.holder = GrantRecord::Holder::role;
  grant(by_role);
  const Delegation wanted = wish();
  BOOST_TEST(submit(request(delegation(wanted, "dave"))).outcome == Errc::grant_missing);
  BOOST_TEST(change("dave", "add", {"clerk"}) == accepted);
  const Told issued = submit(request(delegation(wanted, "dave")));
  BOOST_REQUIRE(issued.outcome == accepted);
  BOOST_TEST(change("dave", "remove", {"clerk"}) == accepted);
  BOOST_TEST(submit(request(delegation(wanted, "dave"))).outcome == Errc::grant_missing);
  BOOST_TEST(!store.view().revoked(body_of(issued.ticket())));
}

BOOST_AUTO_TEST_CASE(leaves_an_operator_one) {
  BOOST_TEST(change("operator", "remove", {"operator"}) == Errc::policy_denied);
  BOOST_TEST(change("operator", "set", {"clerk"}) == Errc::policy_denied);
  BOOST_TEST(change("operator", "add", {"clerk"}) == accepted);
  BOOST_TEST((roles_of("operator") == Names{"operator", "clerk"}));
}

BOOST_AUTO_TEST_CASE(is_recorded_as_it_was_asked_for) {
  BOOST_TEST(change("dave", "add", {"clerk", "auditor"}) == accepted);
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "admin.principal.change");
  BOOST_TEST(record.fields.get("name") == "dave");
  BOOST_TEST(record.fields.get("roles") == "add");
  BOOST_TEST((record.fields.all("role") == Names{"clerk", "auditor"}));
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_none) {
  BOOST_TEST(change("nobody", "set", {}) == Errc::principal_unknown);
  BOOST_TEST(change("dave", "replace", {"clerk"}) == Errc::malformed);
  BOOST_TEST(change("dave", "add", {"two words"}) == Errc::bad_name);
  BOOST_TEST(change("dave@OTHER.TEST", "add", {"clerk"}) == Errc::wrong_realm);
  Names many;
  for (int i = 0; i < 16; ++i) many.push_back("role-" + std::to_string(i));
  BOOST_TEST(change("dave", "set", many) == accepted);
  BOOST_TEST(change("dave", "add", {"one-more"}) == Errc::limit_exceeded);
  BOOST_TEST((roles_of("dave") == many));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_queue_that_changes_hands, Fixture)

BOOST_AUTO_TEST_CASE(is_the_new_owners_at_once) {
  const Fields revoke{{"kind", "queue"}, {"value", "queue-alice"}};
  BOOST_TEST(admin("queue.change", {{"name", "queue-alice"}, {"owner", "dave"}}).outcome ==
             accepted);
  BOOST_TEST(last_record().fields.get("owner_before") == "alice@DEMO.TEST");
  BOOST_TEST(ask("alice", "revoke", revoke).outcome == Errc::not_permitted);
  BOOST_TEST(ask("dave", "revoke", revoke).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(goes_to_somebody_who_is_there) {
  add_queue("queue-late", "erin", true);
  BOOST_TEST(admin("queue.change", {{"name", "queue-late"}, {"owner", "erin"}}).outcome ==
             Errc::principal_unknown);
  BOOST_TEST(store.view().queue("queue-late")->owner_pending);
  BOOST_TEST(admin("queue.change", {{"name", "queue-late"}, {"owner", "dave"}}).outcome ==
             accepted);
  BOOST_TEST(owns_queue(store.view(), principal("dave"), "queue-late"));
  BOOST_TEST(admin("queue.change", {{"name", "carol"}, {"owner", "dave"}}).outcome ==
             Errc::queue_unknown);
  BOOST_TEST(admin("queue.change", {{"name", "queue-late"}}).outcome == Errc::bad_name);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_disabled_queue, Fixture)

BOOST_AUTO_TEST_CASE(gets_no_work_and_what_it_had_is_revoked) {
  const IssuedTicket work = workflow_ticket();
  BOOST_TEST(admin("queue.disable", {{"name", "queue-alice"}}).outcome == accepted);
  BOOST_TEST(store.view().revoked(body_of(work)));
  BOOST_TEST(submit(request(delegation(wish()))).outcome == Errc::queue_unknown);
  clock.advance(1s);
  BOOST_TEST(admin("queue.enable", {{"name", "queue-alice"}}).outcome == accepted);
  BOOST_TEST(submit(request(delegation(wish()))).outcome == accepted);
  BOOST_TEST(store.view().revoked(body_of(work)));
}

BOOST_AUTO_TEST_CASE(is_a_queue) {
  for (const char* operation : {"queue.disable", "queue.enable"}) {
    BOOST_TEST(admin(operation, {{"name", "carol"}}).outcome == Errc::queue_unknown);
    BOOST_TEST(admin(operation, {{"name", "queue-none"}}).outcome == Errc::queue_unknown);
    BOOST_TEST(
        ask("alice", "admin." + std::string(operation), Fields{{"name", "queue-alice"}}).outcome ==
        Errc::not_permitted);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(what_is_removed, Fixture)

BOOST_AUTO_TEST_CASE(of_a_user_are_its_grants_and_its_tickets) {
  const IssuedTicket work = workflow_ticket();
  grant(some_grant("carol", "queue-bob", "invoice-*"));
  const auto held = store.view().grants_of(GrantRecord::Holder::subject, "carol").size();
  BOOST_TEST_REQUIRE(held == 2U);
  const Told told = admin("principal.remove", {{"name", "carol"}});
  BOOST_REQUIRE(told.outcome == accepted);
  BOOST_TEST(last_record().fields.get("grants") == told.fields().get("grants"));
  BOOST_TEST(told.fields().get("grants").find(',') != std::string_view::npos);
  const auto view = store.view();
  BOOST_TEST(!view.principal("carol").has_value());
  BOOST_TEST(view.grants_of(GrantRecord::Holder::subject, "carol").empty());
  BOOST_TEST(view.revoked(body_of(work)));
  BOOST_TEST(view.revocation(RevokedBy::subject, "carol@DEMO.TEST")->reason == "removed");
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == Errc::revoked);
  BOOST_TEST(outcome(login(keytab("carol").newest().key, "carol")) == Errc::login_failed);
}

BOOST_AUTO_TEST_CASE(gives_nothing_to_whoever_takes_the_name) {
  const IssuedTicket& before = tgt("carol");
  BOOST_TEST(admin("principal.remove", {{"name", "carol"}}).outcome == accepted);
  clock.advance(1s);
  add("carol", PrincipalKind::user);
  BOOST_TEST(ask(before, "self", Fields{}.encode()).outcome == Errc::revoked);
  forget("carol");
  BOOST_TEST(submit(request(delegation(wish()))).outcome == Errc::grant_missing);
}

BOOST_AUTO_TEST_CASE(of_a_trigger_are_its_ceilings_and_its_address) {
  BOOST_TEST(ask("trigger/orders", "announce", Fields{{"url", "http://127.0.0.1:1"}}).outcome ==
             accepted);
  const IssuedTicket work = workflow_ticket();
  BOOST_TEST(admin("principal.remove", {{"name", "trigger/orders"}}).outcome == accepted);
  const auto view = store.view();
  BOOST_TEST(view.grants_of(GrantRecord::Holder::trigger, "trigger/orders").empty());
  BOOST_TEST(!view.location("trigger/orders").has_value());
  BOOST_TEST(view.revoked(body_of(work)));
}

BOOST_AUTO_TEST_CASE(of_a_queue_are_the_grants_that_name_it_alone) {
  const IssuedTicket work = workflow_ticket();
  const auto wide = grant(some_grant("dave", "queue-*", "invoice-*"));
  const auto other = grant(some_grant("dave", "queue-bob", "invoice-*"));
  BOOST_TEST(admin("queue.remove", {{"name", "queue-alice"}}).outcome == accepted);
  const auto view = store.view();
  BOOST_TEST(!view.queue("queue-alice").has_value());
  BOOST_TEST(!view.principal("queue-alice").has_value());
  BOOST_TEST(view.grants_of(GrantRecord::Holder::subject, "carol").empty());
  BOOST_TEST(view.grant(wide).has_value());
  BOOST_TEST(view.grant(other).has_value());
  BOOST_TEST(view.revoked(body_of(work)));
  BOOST_TEST(admin("queue.remove", {{"name", "queue-alice"}}).outcome == Errc::queue_unknown);
}

BOOST_AUTO_TEST_CASE(is_no_owner_and_no_operator_at_work) {
  const Told owner = admin("principal.remove", {{"name", "alice"}});
  BOOST_TEST(owner.outcome == Errc::policy_denied);
  BOOST_TEST(owner.detail == "it owns queue-alice; give them to another owner first");
  BOOST_TEST(admin("principal.remove", {{"name", "operator"}}).outcome == Errc::policy_denied);
  BOOST_TEST(admin("principal.remove", {{"name", "queue-alice"}}).outcome == Errc::wrong_kind);
  BOOST_TEST(admin("principal.remove", {{"name", "nobody"}}).outcome == Errc::principal_unknown);
  BOOST_TEST(admin("queue.remove", {{"name", "carol"}}).outcome == Errc::queue_unknown);
  BOOST_TEST(admin("queue.change", {{"name", "queue-alice"}, {"owner", "bob"}}).outcome ==
             accepted);
  BOOST_TEST(admin("principal.remove", {{"name", "alice"}}).outcome == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::admin_change_test
