#include <boost/test/unit_test.hpp>

#include "tests/tools/desk.h"

namespace waybill::test::admin_change_test {

using namespace waybill::tools;

namespace {

struct Fixture : Desk {
  Fixture() { BOOST_TEST_REQUIRE(log_in("operator").status == 0); }
  nlohmann::json roles_of(const std::string& name) const {
    const auto row = run(admin_principal_main, {"show", name, "--json"}).json();
    return row.contains("role") ? row["role"] : nlohmann::json::array();
  }
  std::string owner_of(const std::string& queue) const {
    return run(admin_queue_main, {"show", queue, "--json"}).json()["owner"];
  }
};

using nlohmann::json;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_change_at_the_terminal, Fixture)

BOOST_AUTO_TEST_CASE(gives_and_takes_roles) {
  const Seen set = run(admin_principal_main, {"change", "carol", "--role", "clerk,auditor"});
  BOOST_TEST(set.status == 0, set.err);
  BOOST_TEST(set.says("clerk, auditor"), set.err);
  BOOST_TEST((roles_of("carol") == json{"clerk", "auditor"}));
  BOOST_TEST(run(admin_principal_main, {"change", "carol", "--add-role", "manager"}).status == 0);
  BOOST_TEST((roles_of("carol") == json{"clerk", "auditor", "manager"}));
  BOOST_TEST(run(admin_principal_main, {"change", "carol", "--remove-role", "clerk"}).status == 0);
  BOOST_TEST((roles_of("carol") == json{"auditor", "manager"}));
  const Seen none = run(admin_principal_main, {"change", "carol", "--no-roles"});
  BOOST_TEST(none.status == 0, none.err);
  BOOST_TEST(none.says("no roles"), none.err);
  BOOST_TEST((roles_of("carol") == json::array()));
}

BOOST_AUTO_TEST_CASE(is_one_at_a_time) {
  for (const Arguments& words :
       {Arguments{"change", "carol"}, Arguments{"change", "carol", "--role", "a", "--no-roles"},
        Arguments{"change", "carol", "--add-role", "a", "--remove-role", "b"}}) {
    BOOST_TEST(run(admin_principal_main, words).status == 2);
  }
}

BOOST_AUTO_TEST_CASE(hands_a_queue_to_another_owner) {
  const Seen seen = run(admin_queue_main, {"change", "queue-alice", "--owner", "carol"});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(owner_of("queue-alice") == "carol");
  BOOST_TEST(run(admin_queue_main, {"change", "queue-alice", "--owner", "nobody"})
                 .says("WB-PRINCIPAL-UNKNOWN"));
}

BOOST_AUTO_TEST_CASE(disables_and_enables_a_queue) {
  const Seen seen = run(admin_queue_main, {"disable", "queue-alice"});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.says("disabled queue-alice@DEMO.TEST"), seen.err);
  BOOST_TEST(run(admin_queue_main, {"show", "queue-alice", "--json"}).json()["disabled"] == "yes");
  BOOST_TEST(run(admin_queue_main, {"enable", "queue-alice"}).status == 0);
  BOOST_TEST(run(admin_queue_main, {"show", "queue-alice", "--json"}).json()["disabled"] == "no");
  BOOST_TEST(run(admin_queue_main, {"disable", "carol"}).says("WB-QUEUE-UNKNOWN"));
}

BOOST_AUTO_TEST_CASE(removes_a_user_and_a_queue_with_their_grants) {
  const Seen user = run(admin_principal_main, {"remove", "carol"});
  BOOST_TEST(user.status == 0, user.err);
  BOOST_TEST(user.says("removed carol@DEMO.TEST, and with it the grants 1"), user.err);
  BOOST_TEST(run(admin_principal_main, {"show", "carol"}).says("WB-PRINCIPAL-UNKNOWN"));
  const Seen owner = run(admin_principal_main, {"remove", "alice"});
  BOOST_TEST(owner.status == 1);
  BOOST_TEST(owner.says("it owns queue-alice"), owner.err);
  BOOST_TEST(run(admin_queue_main, {"remove", "queue-alice"}).status == 0);
  BOOST_TEST(run(admin_principal_main, {"remove", "alice"}).status == 0);
}

BOOST_AUTO_TEST_CASE(unlocks_who_typed_wrong_passwords) {
  for (int i = 0; i < 5; ++i) (void)kdc.login(PrincipalKey::random(), "carol");
  const Seen locked = run(admin_principal_main, {"show", "carol"});
  BOOST_TEST(locked.says("locked_until"), locked.out);
  BOOST_TEST(run(admin_principal_main, {"show", "carol", "--json"}).json()["failures"] == 5);
  BOOST_TEST(log_in("carol").status == 1);
  BOOST_TEST(run(admin_principal_main, {"list", "--locked"}).says("carol"));
  const Seen seen = run(admin_principal_main, {"unlock", "carol"});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.says("unlocked carol@DEMO.TEST"), seen.err);
  BOOST_TEST(run(admin_principal_main, {"unlock", "carol"}).says("was not locked"));
  BOOST_TEST(log_in("carol").status == 0);
}

BOOST_AUTO_TEST_CASE(of_a_queues_grants_is_its_owners_too) {
  BOOST_TEST_REQUIRE(log_in("alice").status == 0);
  const auto add = [&](const char* queue) {
    return run(admin_grant_main, {"add", "--subject", "carol", "--queue", queue, "--workflow",
                                  "payroll", "--action", "ledger:write", "--max-run", "1h"});
  };
  const Seen added = add("queue-alice");
  BOOST_TEST(added.status == 0, added.err);
  BOOST_TEST(add("queue-bob").says("WB-NOT-PERMITTED"));
  BOOST_TEST(add("queue-*").says("WB-NOT-PERMITTED"));
  const json listed = run(admin_grant_main, {"list", "--subject", "carol", "--json"}).json();
  BOOST_TEST_REQUIRE(listed.size() == 2U);
  BOOST_TEST(listed[1]["workflow"] == "payroll");
  const std::string id = listed[1]["id"];
  BOOST_TEST(run(admin_grant_main, {"remove", id}).status == 0);
  BOOST_TEST(run(admin_grant_main, {"remove", "2"}).says("WB-NOT-PERMITTED"));
  BOOST_TEST(run(admin_principal_main, {"list"}).says("WB-NOT-PERMITTED"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::admin_change_test
