#include <boost/test/unit_test.hpp>

#include "tests/tools/desk.h"
#include "ticket/wire/hex.h"
#include "tools/admin.h"

namespace waybill::test::admin_list_test {

using namespace waybill::tools;
using nlohmann::json;

namespace {

struct Fixture : Desk {
  Fixture() { BOOST_TEST_REQUIRE(log_in("operator").status == 0); }
  std::vector<std::string> names(tools::Command& command, Arguments words,
                                 const char* column = "name") const {
    words.insert(words.begin(), "list");
    words.emplace_back("--json");
    const Seen seen = run(command, words);
    BOOST_TEST_REQUIRE(seen.status == 0, seen.err);
    std::vector<std::string> out;
    for (const json& row : seen.json()) {
      const json& value = row.at(column);
      out.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    return out;
  }
};

using Names = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_list_at_the_terminal, Fixture)

BOOST_AUTO_TEST_CASE(shows_what_is_asked_for) {
  BOOST_TEST(run(admin_principal_main, {"disable", "dave"}).status == 0);
  BOOST_TEST((names(admin_principal_main, {"--kind", "service"}) ==
              Names{"archive", "trigger/orders", "trigger/rogue"}));
  BOOST_TEST((names(admin_principal_main, {"--disabled"}) == Names{"dave"}));
  BOOST_TEST((names(admin_principal_main, {"--enabled", "--prefix", "d"}) == Names{}));
  BOOST_TEST((names(admin_principal_main, {"--role", "operator"}) == Names{"operator"}));
  BOOST_TEST((names(admin_queue_main, {"--owner", "bob"}) == Names{"queue-bob"}));
  BOOST_TEST((names(admin_grant_main, {"--subject", "carol"}, "queue") == Names{"queue-alice"}));
  BOOST_TEST((names(admin_grant_main, {"--queue", "queue-bob"}, "trigger") ==
              Names{"trigger/orders", "trigger/rogue"}));
}

BOOST_AUTO_TEST_CASE(ends_where_the_limit_says_and_says_how_to_go_on) {
  const Seen seen = run(admin_principal_main, {"list", "--limit", "2"});
  BOOST_TEST(seen.status == 0);
  BOOST_TEST(seen.says("archive"));
  BOOST_TEST(!seen.says("bob"));
  BOOST_TEST(seen.says("there are more: --after archive goes on"), seen.err);
  BOOST_TEST((names(admin_principal_main, {"--limit", "1", "--after", "archive"}) == Names{"bob"}));
  const Seen all = run(admin_queue_main, {"list", "--limit", "2"});
  BOOST_TEST(!all.says("there are more"), all.err);
  BOOST_TEST(run(admin_grant_main, {"list", "-n", "1"}).says("--after 1 goes on"));
}

BOOST_AUTO_TEST_CASE(follows_the_pages) {
  std::string text = "name,kind,public_key\n";
  for (int i = 0; i < 600; ++i) {
    const auto key = PrincipalKey::random().public_key();
    text += "user-" + std::to_string(1000 + i) + ",user," + to_hex(key.bytes) + "\n";
  }
  write("people.csv", text);
  BOOST_TEST_REQUIRE(run(admin_principal_main, {"import", file("people.csv")}).status == 0);
  BOOST_TEST(names(admin_principal_main, {"--prefix", "user-"}).size() == 600U);
  const Names some = names(admin_principal_main, {"--prefix", "user-", "--limit", "300"});
  BOOST_TEST_REQUIRE(some.size() == 300U);
  BOOST_TEST(some.back() == "user-1299");
}

BOOST_AUTO_TEST_CASE(is_of_one_mind) {
  BOOST_TEST(run(admin_principal_main, {"list", "--disabled", "--enabled"}).status == 2);
  BOOST_TEST(run(admin_principal_main, {"list", "--limit", "0"}).status == 2);
  BOOST_TEST(run(admin_grant_main, {"list", "--subject", "a", "--role", "b"}).status == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_role_at_the_terminal, Fixture)

BOOST_AUTO_TEST_CASE(is_what_principals_have_and_grants_are_for) {
  BOOST_TEST(run(admin_principal_main, {"change", "carol", "--role", "clerk,auditor"}).status == 0);
  BOOST_TEST(run(admin_principal_main, {"change", "dave", "--role", "clerk"}).status == 0);
  const Seen granted =
      run(admin_grant_main, {"add", "--role", "clerk", "--queue", "queue-*", "--workflow", "x",
                             "--action", "ledger:read", "--max-run", "1h"});
  BOOST_TEST_REQUIRE(granted.status == 0, granted.err);
  const json roles = run(admin_role_main, {"list", "--json"}).json();
  BOOST_TEST((roles == json{{{"role", "auditor"}, {"principals", 1}, {"grants", 0}},
                            {{"role", "clerk"}, {"principals", 2}, {"grants", 1}},
                            {{"role", "operator"}, {"principals", 1}, {"grants", 0}}}));
  BOOST_TEST(run(admin_role_main, {"list"}).says("clerk"));
  const Seen shown = run(admin_role_main, {"show", "clerk"});
  BOOST_TEST(shown.status == 0, shown.err);
  BOOST_TEST(shown.says("dave"), shown.out);
  BOOST_TEST(shown.says("ledger:read"), shown.out);
  const json clerk = run(admin_role_main, {"show", "clerk", "--json"}).json();
  BOOST_TEST(clerk["principals"].size() == 2U);
  BOOST_TEST(clerk["principals"][0]["name"] == "carol");
  BOOST_TEST(clerk["grants"][0]["queue"] == "queue-*");
}

BOOST_AUTO_TEST_CASE(that_nobody_has_is_none) {
  const Seen seen = run(admin_role_main, {"show", "clrek"});
  BOOST_TEST(seen.status == 1);
  BOOST_TEST(seen.says("nobody has the role clrek"), seen.err);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::admin_list_test
