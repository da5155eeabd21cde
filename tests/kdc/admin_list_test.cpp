#include <boost/test/unit_test.hpp>

#include "kdc/pages.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::admin_list_test {

using namespace waybill::kdc;

namespace {

using Names = std::vector<std::string>;

struct Fixture : WholeKdc {
  Page page(std::string_view subject, const Fields& fields) {
    const Told told = ask("operator", "admin." + std::string(subject) + ".list", fields);
    BOOST_TEST_REQUIRE(told.outcome == accepted);
    return told.page();
  }
  /// A column of all pages.
  Names all(std::string_view subject, const Fields& filters, std::string_view column = "name") {
    Names out;
    std::string after;
    do {
      Fields fields = filters;
      if (!after.empty()) fields.add("after", after);
      const Page one = page(subject, fields);
      for (const Fields& row : one.rows) out.emplace_back(row.get(column));
      after = one.next;
    } while (!after.empty());
    return out;
  }
  Outcome refusal(std::string_view subject, const Fields& fields) {
    return ask("operator", "admin." + std::string(subject) + ".list", fields).outcome;
  }
  void add_many(std::size_t count) {
    const PrincipalPublic key = PrincipalKey::random().public_key();
    const auto done = change([&](StoreChange& change, Fields&) {
      for (std::size_t i = 0; i < count; ++i) {
        PrincipalRecord record{.principal = principal("user-" + std::to_string(10'000 + i)),
                               .kind = PrincipalKind::user,
                               .keys = {},
                               .roles = {}};
        record.add_key(key, clock.now());
        if (i + 1 == count) record.roles = {"rare"};
        change.put_principal(record);
      }
      return ok();
    });
    BOOST_TEST_REQUIRE(done == accepted);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_list_of_principals, Fixture)

BOOST_AUTO_TEST_CASE(shows_those_that_all_filters_let_through) {
  add("erin", PrincipalKind::user, {"clerk", "auditor"});
  add("scan", PrincipalKind::service, {"clerk"});
  disable("dave");
  BOOST_TEST((all("principal", {{"role", "clerk"}}) == Names{"erin", "scan"}));
  BOOST_TEST((all("principal", {{"role", "clerk"}, {"kind", "service"}}) == Names{"scan"}));
  BOOST_TEST((all("principal", {{"kind", "queue"}}) == Names{"queue-alice", "queue-bob"}));
  BOOST_TEST((all("principal", {{"disabled", "yes"}}) == Names{"dave"}));
  BOOST_TEST(all("principal", {{"disabled", "no"}, {"role", "rare"}}).empty());
  BOOST_TEST(
      (all("principal", {{"prefix", "trigger/"}}) == Names{"trigger/orders", "trigger/rogue"}));
  BOOST_TEST((all("principal", {{"prefix", "carol"}}) == Names{"carol"}));
  BOOST_TEST(all("principal", {{"prefix", std::string(1000, 'a')}}).empty());
  const Names everybody = all("principal", {});
  BOOST_TEST(std::ranges::is_sorted(everybody));
  BOOST_TEST(everybody.size() == 12U);
}

BOOST_AUTO_TEST_CASE(goes_on_where_it_stopped) {
  const Page first = page("principal", {{"count", "2"}});
  BOOST_TEST_REQUIRE(first.rows.size() == 2U);
  BOOST_TEST(first.rows.at(1).get("name") == "archive");
  const Page next = page("principal", {{"count", "2"}, {"after", "archive"}});
  BOOST_TEST(next.rows.at(0).get("name") == "bob");
  const Page from_inside = page("principal", {{"prefix", "trigger/"}, {"after", "trigger/orders"}});
  BOOST_TEST_REQUIRE(from_inside.rows.size() == 1U);
  BOOST_TEST(from_inside.next.empty());
  BOOST_TEST(page("principal", {{"prefix", "trigger/"}, {"after", "zoe"}}).rows.empty());
  BOOST_TEST(all("principal", {{"count", "1"}}) == all("principal", {}));
}

BOOST_AUTO_TEST_CASE(looks_at_a_bounded_number_of_records_for_one_page) {
  add_many(most_looked_at + 500);
  const Page first = page("principal", {{"role", "rare"}});
  BOOST_TEST(first.rows.empty());
  BOOST_TEST(!first.next.empty());
  BOOST_TEST(all("principal", {{"role", "rare"}}).size() == 1U);
  BOOST_TEST(all("principal", {}).size() == most_looked_at + 500 + 10);
}

BOOST_AUTO_TEST_CASE(takes_no_other_words) {
  BOOST_TEST(refusal("principal", {{"kind", "robot"}}) == Errc::malformed);
  BOOST_TEST(refusal("principal", {{"disabled", "perhaps"}}) == Errc::malformed);
  BOOST_TEST(refusal("principal", {{"count", "0"}}) == Errc::malformed);
  BOOST_TEST(refusal("principal", {{"owner", "alice"}}) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_list_of_queues, Fixture)

BOOST_AUTO_TEST_CASE(shows_those_that_all_filters_let_through) {
  add_queue("queue-late", "erin", true);
  add_queue("alices-other", "alice");
  disable("queue-bob");
  BOOST_TEST((all("queue", {{"owner", "alice"}}) == Names{"alices-other", "queue-alice"}));
  BOOST_TEST((all("queue", {{"owner", "erin@DEMO.TEST"}}) == Names{"queue-late"}));
  BOOST_TEST((all("queue", {{"disabled", "yes"}}) == Names{"queue-bob"}));
  BOOST_TEST((all("queue", {{"prefix", "queue-"}, {"owner", "alice"}}) == Names{"queue-alice"}));
  BOOST_TEST(all("queue", {{"count", "1"}}).size() == 4U);
  BOOST_TEST(refusal("queue", {{"owner", "alice@OTHER.TEST"}}) == Errc::wrong_realm);
  BOOST_TEST(refusal("queue", {{"kind", "queue"}}) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_list_of_grants, Fixture)

BOOST_AUTO_TEST_CASE(shows_those_that_all_filters_let_through) {
  GrantRecord by_role = some_grant("clerk", "queue-*", "invoice-*");
  by_role.holder = GrantRecord::Holder::role;
  const std::string of_role = std::to_string(grant(by_role));
  const std::string at_bob = std::to_string(grant(some_grant("carol", "queue-bob", "x")));
  const auto ids = [&](const Fields& filters) { return all("grant", filters, "id"); };
  BOOST_TEST((ids({{"subject", "carol"}}) == Names{"1", at_bob}));
  BOOST_TEST((ids({{"role", "clerk"}}) == Names{of_role}));
  BOOST_TEST((ids({{"trigger", "trigger/rogue"}}) == Names{"3"}));
  BOOST_TEST((ids({{"queue", "queue-bob"}}) == Names{"2", "3", of_role, at_bob}));
  BOOST_TEST((ids({{"queue", "queue-bob"}, {"subject", "carol"}}) == Names{at_bob}));
  BOOST_TEST(ids({{"subject", "nobody"}}).empty());
  BOOST_TEST((ids({{"subject", "carol"}, {"count", "1"}}) == Names{"1", at_bob}));
  BOOST_TEST((ids({{"after", "4"}}) == Names{at_bob}));
  BOOST_TEST(refusal("grant", {{"subject", "carol"}, {"role", "x"}}) == Errc::malformed);
  BOOST_TEST(refusal("grant", {{"after", "x"}}) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::admin_list_test
