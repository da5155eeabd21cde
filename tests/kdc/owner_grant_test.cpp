// What the owner of a queue may do about grants, and the nearest that he may not.
#include <boost/test/unit_test.hpp>

#include "kdc/pages.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::owner_grant_test {

using namespace waybill::kdc;

namespace {

using Names = std::vector<std::string>;

struct Fixture : WholeKdc {
  static Fields wish_for(const std::string& subject, const std::string& queue) {
    return {{"subject", subject},
            {"queue", queue},
            {"workflow", "payroll"},
            {"action", "ledger:write"},
            {"max_run", "1800"}};
  }
  Told add_as(std::string_view who, const Fields& grant) {
    return ask(who, "admin.grant.add", grant);
  }
  Outcome remove_as(std::string_view who, std::uint64_t id) {
    return ask(who, "admin.grant.remove", Fields{{"id", std::to_string(id)}}).outcome;
  }
  Names listed(std::string_view who, const Fields& filters = {}) {
    const Told told = ask(who, "admin.grant.list", filters);
    BOOST_TEST_REQUIRE(told.outcome == accepted);
    Names ids;
    for (const Fields& row : told.page().rows) ids.emplace_back(row.get("id"));
    return ids;
  }
  std::size_t grants() { return store.view().grants(0, 100).size(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_owner_of_a_queue, Fixture)

BOOST_AUTO_TEST_CASE(gives_and_takes_grants_at_it) {
  const Delegation wanted = wish();
  BOOST_TEST(submit(request(delegation(wanted, "dave"))).outcome == Errc::grant_missing);
  const Told told = add_as("alice", Fields{{"subject", "dave"},
                                           {"queue", "queue-alice"},
                                           {"workflow", "invoice-*"},
                                           {"action", "invoice:read"},
                                           {"action", "report:write"},
                                           {"max_run", "1800"}});
  BOOST_TEST_REQUIRE(told.outcome == accepted);
  BOOST_TEST(last_record().fields.get("as") == "owner");
  BOOST_TEST(last_record().fields.get("by") == "alice@DEMO.TEST");
  BOOST_TEST(submit(request(delegation(wanted, "dave"))).outcome == accepted);
  BOOST_TEST(add_as("alice", Fields{{"role", "clerk"},
                                    {"queue", "queue-alice"},
                                    {"workflow", "*"},
                                    {"action", "payload:read"},
                                    {"max_run", "60"}})
                 .outcome == accepted);
  BOOST_TEST(remove_as("alice", *parse_number(told.fields().get("id"))) == accepted);
  BOOST_TEST(last_record().fields.get("as") == "owner");
  BOOST_TEST(submit(request(delegation(wish(), "dave"))).outcome == Errc::grant_missing);
}

BOOST_AUTO_TEST_CASE(takes_what_an_operator_gave_there) {
  BOOST_TEST(add_as("operator", wish_for("dave", "queue-alice")).outcome == accepted);
  BOOST_TEST(last_record().fields.get("as") == "operator");
  BOOST_TEST(remove_as("alice", 1) == accepted);
}

BOOST_AUTO_TEST_CASE(is_shown_all_that_reaches_it_and_nothing_else) {
  const auto at_bob = grant(some_grant("carol", "queue-bob", "x"));
  const auto wide = grant(some_grant("dave", "queue-*", "x"));
  BOOST_TEST((listed("alice") == Names{"1", "2", "3", std::to_string(wide)}));
  BOOST_TEST((listed("alice", {{"queue", "queue-alice"}}) == listed("alice")));
  BOOST_TEST((listed("alice", {{"subject", "carol"}}) == Names{"1"}));
  BOOST_TEST((listed("bob", {{"subject", "carol"}}) == Names{std::to_string(at_bob)}));
  BOOST_TEST(ask("alice", "admin.grant.list", Fields{{"queue", "queue-bob"}}).outcome ==
             Errc::not_permitted);
  BOOST_TEST(ask("alice", "admin.grant.list", Fields{{"queue", "queue-none"}}).outcome ==
             Errc::not_permitted);
}

BOOST_AUTO_TEST_CASE(gives_nothing_beyond_it) {
  const std::size_t before = grants();
  for (const char* queue : {"queue-bob", "queue-alice*", "queue-*", "*", "queue-none", "queue-alic",
                            "queue-alice-2", "alice", "carol"}) {
    BOOST_TEST_CONTEXT(queue) {
      BOOST_TEST(add_as("alice", wish_for("dave", queue)).outcome == Errc::not_permitted);
      BOOST_TEST(outcome_of(last_record()) == Errc::not_permitted);
    }
  }
  BOOST_TEST(add_as("alice", {{"trigger", "trigger/orders"}, {"queue", "queue-alice"}}).outcome ==
             Errc::not_permitted);
  BOOST_TEST(add_as("alice", wish_for("dave", "queue-alice@DEMO.TEST")).outcome == Errc::bad_name);
  BOOST_TEST(grants() == before);
}

BOOST_AUTO_TEST_CASE(takes_nothing_beyond_it) {
  const auto at_bob = grant(some_grant("carol", "queue-bob", "x"));
  const auto wide = grant(some_grant("dave", "queue-*", "x"));
  const auto narrow = grant(some_grant("dave", "queue-alice*", "x"));
  const auto own_ceiling = grant(ceiling("trigger/orders", "queue-alice"));
  const std::size_t before = grants();
  for (const std::uint64_t id : {at_bob, wide, narrow, own_ceiling, std::uint64_t{2},
                                 std::uint64_t{3}, std::uint64_t{999}}) {
    BOOST_TEST(remove_as("alice", id) == Errc::not_permitted, id);
  }
  BOOST_TEST(remove_as("operator", 999) == Errc::not_found);
  BOOST_TEST(grants() == before);
}

BOOST_AUTO_TEST_CASE(is_the_one_who_owns_it_now) {
  add_queue("queue-late", "dave", true);
  BOOST_TEST(add_as("dave", wish_for("carol", "queue-late")).outcome == Errc::not_permitted);
  BOOST_TEST(ask("dave", "admin.grant.list", Fields{}).outcome == Errc::not_permitted);
  BOOST_TEST(add_as("queue-alice", wish_for("dave", "queue-alice")).outcome == Errc::not_permitted);
  BOOST_TEST(
      ask("operator", "admin.queue.change", Fields{{"name", "queue-alice"}, {"owner", "dave"}})
          .outcome == accepted);
  BOOST_TEST(add_as("alice", wish_for("carol", "queue-alice")).outcome == Errc::not_permitted);
  BOOST_TEST(remove_as("alice", 1) == Errc::not_permitted);
  BOOST_TEST(add_as("dave", wish_for("carol", "queue-alice")).outcome == accepted);
  disable("dave");
  BOOST_TEST(remove_as("dave", 1) == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(needs_a_tgt_that_is_not_narrowed_to_change_anything) {
  const std::vector<Caveat> caveats{caveat::NotAfter{clock.now() + 60s}};
  BOOST_TEST(ask(tgt("alice"), "admin.grant.add", wish_for("dave", "queue-alice").encode(), caveats)
                 .outcome == Errc::not_permitted);
  BOOST_TEST(
      ask(tgt("alice"), "admin.grant.remove", Fields{{"id", "1"}}.encode(), caveats).outcome ==
      Errc::not_permitted);
  BOOST_TEST(ask(tgt("alice"), "admin.grant.list", Fields{}.encode(), caveats).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(keeps_to_the_rules_for_everybody) {
  Fields longer{{"subject", "dave"},
                {"queue", "queue-alice"},
                {"workflow", "payroll"},
                {"action", "ledger:write"},
                {"max_run", "604801"}};
  BOOST_TEST(add_as("alice", longer).outcome == Errc::limit_exceeded);
  BOOST_TEST(add_as("alice", wish_for("nobody", "queue-alice")).outcome == Errc::principal_unknown);
  BOOST_TEST(add_as("alice", wish_for("dave", "queue-alice")).outcome == accepted);
  BOOST_TEST(add_as("alice", wish_for("dave", "queue-alice")).outcome == Errc::already_exists);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::owner_grant_test
