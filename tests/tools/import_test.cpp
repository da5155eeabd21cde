#include <boost/test/unit_test.hpp>

#include "tests/tools/desk.h"
#include "ticket/wire/hex.h"

namespace waybill::test::import_test {

using namespace waybill::tools;
using nlohmann::json;

namespace {

struct Fixture : Desk {
  Fixture() { BOOST_TEST_REQUIRE(log_in("operator").status == 0); }

  Seen principal(const Arguments& arguments) const { return run(admin_principal_main, arguments); }
  static std::string some_key() { return to_hex(PrincipalKey::random().public_key().bytes); }
  json row_of(const std::string& name) const { return principal({"show", name, "--json"}).json(); }
  std::string key_of(const std::string& name) const { return row_of(name)["public_key"]; }
  bool is_there(const std::string& name) const { return principal({"show", name}).status == 0; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_import_at_the_terminal, Fixture)

BOOST_AUTO_TEST_CASE(registers_and_changes_what_a_file_lists) {
  write("people.csv", "name,kind,public_key,disabled,roles\nerin,user," + some_key() +
                          ",no,clerk auditor\nscan,service," + some_key() + ",,\ncarol,user," +
                          key_of("carol") + ",yes,\n");
  const Seen seen = principal({"import", file("people.csv")});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.says("2 added, 1 changed, 0 unchanged, 0 refused"), seen.err);
  BOOST_TEST(seen.out.empty());
  BOOST_TEST((row_of("erin")["role"] == json{"clerk", "auditor"}));
  BOOST_TEST(row_of("scan")["kind"] == "service");
  BOOST_TEST(row_of("carol")["disabled"] == "yes");
}

BOOST_AUTO_TEST_CASE(lists_what_would_change_and_changes_nothing_in_a_dry_run) {
  write("people.csv", "name,kind,public_key,roles\nerin,user," + some_key() + ",\ncarol,user," +
                          key_of("carol") + ",clerk\nalice,user," + key_of("alice") + ",\n");
  const Seen seen = principal({"import", "-n", file("people.csv")});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.out == "line 2: added erin\nline 3: changed carol: roles\n");
  BOOST_TEST(seen.says("would be: 1 added, 1 changed, 1 unchanged, 0 refused"), seen.err);
  BOOST_TEST(!is_there("erin"));
  BOOST_TEST(!row_of("carol").contains("role"));
  const json told = principal({"import", "-n", "--json", file("people.csv")}).json();
  BOOST_TEST(told["dry_run"] == true);
  BOOST_TEST(told["added"] == 1);
  BOOST_TEST(told["unchanged"] == 1);
  BOOST_TEST_REQUIRE(told["rows"].size() == 2U);
  BOOST_TEST((told["rows"][1] ==
              json{{"line", 3}, {"name", "carol"}, {"verdict", "changed"}, {"why", "roles"}}));
}

BOOST_AUTO_TEST_CASE(names_each_line_that_is_refused_and_then_does_nothing) {
  write("people.csv", "name,kind,public_key\nerin,user," + some_key() + "\nCarol,user," +
                          some_key() + "\nalice,user," + some_key() + "\nbroken\n");
  const Seen seen = principal({"import", file("people.csv")});
  BOOST_TEST(seen.status == 1);
  BOOST_TEST(seen.out.starts_with("line 3: refused Carol: WB-NAME"), seen.out);
  BOOST_TEST(seen.says("line 4: refused alice: WB-EXISTS here it has another key"), seen.out);
  BOOST_TEST(seen.says("line 5: refused: 1 values for 3 columns"), seen.out);
  BOOST_TEST(seen.says("3 of 4 lines are refused, so nothing was changed"), seen.err);
  BOOST_TEST(!is_there("erin"));
  const Seen refused = principal({"import", "--json", file("people.csv")});
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(refused.json()["refused"] == 3);
  BOOST_TEST(refused.json()["rows"][1]["code"] == "WB-NAME");
}

BOOST_AUTO_TEST_CASE(of_an_export_changes_nothing) {
  BOOST_TEST(principal({"change", "carol", "--role", "clerk,auditor"}).status == 0);
  BOOST_TEST(principal({"disable", "alice"}).status == 0);
  for (const char* format : {"csv", "jsonl"}) {
    const Seen exported = principal({"export", "--format", format});
    BOOST_TEST(exported.status == 0, exported.err);
    BOOST_TEST(exported.says("clerk"));
    BOOST_TEST(!exported.says("queue-alice"));
    write("people", exported.out);
    const Seen seen = principal({"import", "--json", file("people")});
    BOOST_TEST(seen.status == 0, seen.err);
    BOOST_TEST(seen.json()["changed"] == 0);
    BOOST_TEST(seen.json()["added"] == 0);
    BOOST_TEST(seen.json()["unchanged"].get<int>() >= 7);
  }
  BOOST_TEST(row_of("alice")["disabled"] == "yes");
}

BOOST_AUTO_TEST_CASE(takes_a_users_key_that_keygen_printed, *boost::unit_test::label("slow")) {
  write("erin.pw", "correct horse battery staple\n");
  const Seen made = run(keygen_main, {"--principal", "erin", "--password-file", file("erin.pw")});
  BOOST_TEST_REQUIRE(made.status == 0, made.err);
  write("people.jsonl",
        R"({"name":"erin","kind":"user","public_key":")" + made.out.substr(0, 64) + "\"}\n");
  BOOST_TEST(principal({"import", file("people.jsonl")}).status == 0);
  const Seen in = run(init_main, {"--password-file", file("erin.pw"), "erin"});
  BOOST_TEST(in.status == 0, in.err);
}

BOOST_AUTO_TEST_CASE(is_larger_than_a_message) {
  std::string text = "name,kind,public_key\n";
  for (int i = 0; i < 1000; ++i) {
    text += "user-" + std::to_string(i) + ",user," + some_key() + "\n";
  }
  write("people.csv", text);
  const Seen seen = principal({"import", file("people.csv")});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.says("1000 added"), seen.err);
  BOOST_TEST(is_there("user-999"));
}

BOOST_AUTO_TEST_CASE(reads_no_secret_and_no_other_file) {
  write("secret.csv", "name,kind,password\nerin,user,swordfish\n");
  const Seen seen = principal({"import", file("secret.csv")});
  BOOST_TEST(seen.status == 5);
  BOOST_TEST(seen.says("there is no column `password`"), seen.err);
  BOOST_TEST(!seen.says("swordfish"));
  BOOST_TEST(principal({"import", file("none.csv")}).status == 5);
  BOOST_TEST(principal({"import"}).status == 2);
  BOOST_TEST(principal({"export", "--format", "xml"}).status == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::import_test
