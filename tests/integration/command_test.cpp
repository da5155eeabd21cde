#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"

namespace waybill::test::command_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Words = std::vector<std::string>;

bool says(const Ended& outcome, std::string_view words) {
  return (outcome.out + outcome.err).find(words) != std::string::npos;
}

json parsed(const Ended& outcome) {
  BOOST_TEST(outcome.status == 0, outcome.err);
  const json value = json::parse(outcome.out, nullptr, false);
  BOOST_TEST(!value.is_discarded(), outcome.out);
  return value;
}

const Words submit_words{"submit",   "invoice-report", "--queue", "queue-alice",
                         "--action", "invoice:read",   "--input", "invoices.csv"};
Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_command)

BOOST_AUTO_TEST_CASE(ends_with_the_status_that_says_what_kind_of_trouble_it_was) {
  LiveRealm realm;
  realm.write("invoices.csv", "number,amount\n1,10\n");
  realm.init("carol");
  realm.init("mallory");
  struct Row {
    const char* name;
    Words words;
    const char* cache;
    int status;
    const char* says;
  };
  const Row rows[] = {
      {"done", {"list"}, "carol", 0, "carol@TEST.WAYBILL"},
      {"done, silently", {"list", "-s"}, "carol", 0, ""},
      {"help", {"submit", "--help"}, "carol", 0, "--queue"},
      {"not an operator", {"admin", "principal", "list"}, "carol", 1, "WB-NOT-PERMITTED"},
      {"somebody else's subject",
       {"revoke", "--subject", "carol"},
       "mallory",
       1,
       "WB-NOT-PERMITTED"},
      {"the audit", {"audit", "tail"}, "carol", 1, "WB-NOT-PERMITTED"},
      {"an unknown command", {"sbumit"}, "carol", 2, ""},
      {"an unknown option", {"list", "--jsno"}, "carol", 2, ""},
      {"no argument", {"submit"}, "carol", 2, ""},
      {"no such unit", {"init", "-l", "8x", "carol"}, "carol", 2, ""},
      {"nobody is there", submit_words, "carol", 1, "trigger"},
      {"no credentials", {"list"}, "nobody", 4, "waybill init"},
      {"no credentials to submit", submit_words, "nobody", 4, "waybill init"},
      {"no credentials, silently", {"list", "-s"}, "nobody", 4, ""},
      {"no such keytab", {"init", "-k", "-t", "none.keytab", "carol"}, "carol", 5, "none.keytab"},
      {"no such input",
       {"submit", "invoice-report", "--queue", "queue-alice", "--action", "invoice:read", "--input",
        "none.csv"},
       "carol",
       5,
       "none.csv"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Ended outcome = realm.waybill(row.words, row.cache);
      BOOST_TEST(outcome.status == row.status, outcome.out << outcome.err);
      BOOST_TEST(says(outcome, row.says), outcome.out << outcome.err);
    }
  }
  realm.kdc().kill();
  for (const Words& words :
       {Words{"init", "-k", "-t", "carol.keytab", "carol"}, Words{"tickets"}, submit_words}) {
    const Ended outcome = realm.waybill(words, "carol");
    BOOST_TEST(outcome.status == 3, outcome.out << outcome.err);
  }
}

BOOST_AUTO_TEST_CASE(prints_json_where_data_is_printed) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  const LiveWorker worker(realm, trigger.url(), {.handlers = {{"invoice-report", "cat"}}});
  realm.write("invoices.csv", "number,amount\n1,10\n");
  realm.init("carol");
  realm.init("operator");
  const json sent = parsed(realm.waybill(with(submit_words, {"--json"}), "carol"));
  const std::string id = sent.value("workflow_id", "");
  BOOST_TEST_REQUIRE(id != "");
  BOOST_TEST(realm.waybill({"wait", id}, "carol").out == "number,amount\n1,10\n");
  BOOST_TEST(parsed(realm.waybill({"status", id, "--json"}, "carol")).value("status", "") ==
             "completed");
  BOOST_TEST(parsed(realm.waybill({"list", "--json"}, "carol")).value("principal", "") ==
             "carol@TEST.WAYBILL");
  for (const Words& words :
       {Words{"tickets"}, Words{"audit", "tail"}, Words{"admin", "principal", "list"},
        Words{"admin", "queue", "list"}, Words{"admin", "grant", "list"}}) {
    const json value = parsed(realm.waybill(with(words, {"--json"}), "operator"));
    BOOST_TEST(value.is_array(), value.dump());
    BOOST_TEST(value.size() > 0U);
  }
}

// One password login costs a second; so one case shows both the change of a password and that a
// wrong one looks like an unknown user.
BOOST_AUTO_TEST_CASE(changes_a_password_and_does_not_tell_a_wrong_one_from_an_unknown_user) {
  LiveRealm realm;
  realm.init("operator");
  realm.write("old.pw", "the old password of erin\n");
  realm.write("new.pw", "the new password of erin\n");
  const auto init = [&](const char* file, const char* who) {
    return realm.waybill({"init", "--password-file", file, who}, "erin");
  };
  const Ended added =
      realm.waybill({"admin", "principal", "add", "erin", "--password-file", "old.pw"}, "operator");
  BOOST_TEST_REQUIRE(added.status == 0, added.err);
  const Ended changed = realm.waybill(
      {"passwd", "--password-file", "old.pw", "--new-password-file", "new.pw", "erin"}, "erin");
  BOOST_TEST(changed.status == 0, changed.err);
  const Ended right = init("new.pw", "erin");
  BOOST_TEST(right.status == 0, right.err);
  const Ended wrong = init("old.pw", "erin");
  Ended unknown = init("old.pw", "eric");
  BOOST_TEST(wrong.status == 1);
  BOOST_TEST(says(wrong, "WB-LOGIN-FAILED"), wrong.err);
  for (std::size_t at = 0; (at = unknown.err.find("eric", at)) != std::string::npos;) {
    unknown.err.replace(at, 4, "erin");
  }
  BOOST_TEST(unknown.status == wrong.status);
  BOOST_TEST(unknown.err == wrong.err);
  BOOST_TEST(unknown.out == wrong.out);
}

BOOST_AUTO_TEST_CASE(renews_a_ticket_and_keeps_what_it_is) {
  LiveRealm realm;
  const Ended first =
      realm.waybill({"init", "-k", "-t", "carol.keytab", "-l", "1h", "-r", "1d", "carol"}, "carol");
  BOOST_TEST_REQUIRE(first.status == 0, first.err);
  const json before = parsed(realm.waybill({"list", "--json"}, "carol"));
  std::this_thread::sleep_for(1100ms);
  const Ended renewed = realm.waybill({"init", "-R"}, "carol");
  BOOST_TEST(renewed.status == 0, renewed.err);
  const json after = parsed(realm.waybill({"list", "--json"}, "carol"));
  BOOST_TEST(after["tickets"][0]["run_until"] > before["tickets"][0]["run_until"]);
  BOOST_TEST(after["tickets"][0]["renew_until"] == before["tickets"][0]["renew_until"]);
  BOOST_TEST(realm.waybill({"tickets"}, "carol").status == 0);
  const Ended plain = realm.waybill({"init", "-k", "-t", "mallory.keytab", "mallory"}, "mallory");
  BOOST_TEST(plain.status == 0, plain.err);
  const Ended not_renewable = realm.waybill({"init", "-R"}, "mallory");
  BOOST_TEST(not_renewable.status == 1);
  BOOST_TEST(says(not_renewable, "WB-TICKET-RENEW"), not_renewable.err);
}

BOOST_AUTO_TEST_CASE(cancels_work_that_waits) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  realm.write("invoices.csv", "number,amount\n1,10\n");
  realm.init("carol");
  realm.init("mallory");
  const json sent = parsed(realm.waybill(with(submit_words, {"--json"}), "carol"));
  const std::string id = sent.value("workflow_id", "");
  const Ended foreign = realm.waybill({"cancel", id}, "mallory");
  BOOST_TEST(foreign.status == 1);
  BOOST_TEST(says(foreign, "WB-NOT-OWNER"), foreign.err);
  BOOST_TEST(realm.waybill({"cancel", id}, "carol").status == 0);
  BOOST_TEST(parsed(realm.waybill({"status", id, "--json"}, "carol")).value("status", "") ==
             "cancelled");
  const Ended waited = realm.waybill({"wait", id}, "carol");
  BOOST_TEST(waited.status == 1);
  const Ended again = realm.waybill({"cancel", id}, "carol");
  BOOST_TEST(again.status == 1);
  BOOST_TEST(says(again, "WB-ENDED"), again.err);
}

BOOST_AUTO_TEST_CASE(disables_a_principal_and_all_of_its_tickets) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  realm.write("invoices.csv", "number,amount\n1,10\n");
  realm.init("carol");
  realm.init("operator");
  BOOST_TEST(realm.waybill(submit_words, "carol").status == 0);
  const auto states = [&] {
    std::map<std::string, int> all;
    const json rows =
        parsed(realm.waybill({"tickets", "--subject", "carol", "--json"}, "operator"));
    for (const json& row : rows) ++all[row.value("state", "")];
    return all;
  };
  BOOST_TEST(states().contains("live"));
  const Ended disabled = realm.waybill({"admin", "principal", "disable", "carol"}, "operator");
  BOOST_TEST(disabled.status == 0, disabled.err);
  BOOST_TEST(!states().contains("live"));
  const Ended refused = realm.waybill(submit_words, "carol");
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(says(refused, "WB-TICKET-REVOKED"), refused.err);
  const Ended login = realm.waybill({"init", "-k", "-t", "carol.keytab", "carol"}, "carol");
  BOOST_TEST(login.status == 1);
  BOOST_TEST(says(login, "WB-LOGIN-FAILED"), login.err);
  BOOST_TEST(realm.waybill({"admin", "principal", "enable", "carol"}, "operator").status == 0);
  std::this_thread::sleep_for(1100ms);
  realm.init("carol");
  BOOST_TEST(realm.waybill(submit_words, "carol").status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::command_test
