#include <boost/test/unit_test.hpp>

#include "tests/tools/desk.h"
#include "ticket/adapters/base64.h"
#include "ticket/wire/hex.h"
#include "tools/text.h"

namespace waybill::test::commands_test {

using namespace tools;

BOOST_FIXTURE_TEST_SUITE(init, Desk)

BOOST_AUTO_TEST_CASE(with_a_keytab_makes_its_principal_the_current_one) {
  BOOST_TEST(log_in("carol").status == 0);
  const Seen seen = run(list_main, {"--json"});
  BOOST_TEST(seen.json()["principal"] == "carol@DEMO.TEST");
  BOOST_TEST(seen.json()["tickets"][0]["run_until"] == print_rfc3339(noon + 8h));
  BOOST_TEST(run(init_main, {"-k", "-t", keytab("operator")}).status == 0);  // name it or not
  BOOST_TEST(run(list_main, {}).says("operator@DEMO.TEST"));
  BOOST_TEST(run(list_main, {"-A", "--json"}).json().size() == 2U);
}

BOOST_AUTO_TEST_CASE(with_a_password_derives_the_key_that_was_registered,
                     *boost::unit_test::label("slow")) {
  write("carol.pw", "correct horse\n");
  write("wrong.pw", "correct house\n");
  BOOST_TEST(log_in("operator").status == 0);
  const Seen added = run(admin_principal_main,
                         {"add", "erin", "--password-file", file("carol.pw"), "--role", "clerk"});
  BOOST_TEST(added.status == 0, added.err);
  BOOST_TEST(run(init_main, {"--password-file", file("carol.pw"), "erin"}).status == 0);
  const Seen wrong = run(init_main, {"--password-file", file("wrong.pw"), "erin"});
  BOOST_TEST(wrong.status == 1);
  BOOST_TEST(wrong.says("refused: WB-LOGIN-FAILED  "));
  BOOST_TEST(run(list_main, {"-s"}).status == 0);  // the ticket that was there stays
}

BOOST_AUTO_TEST_CASE(asks_for_the_life_that_is_wanted_and_says_when_it_is_less) {
  const Seen seen = run(init_main, {"-k", "-t", keytab("carol"), "-l", "2d", "-r", "30d", "carol"});
  BOOST_TEST(seen.says("the realm grants at most 8 h"), seen.err);
  BOOST_TEST(seen.says("(in 7 d)"), seen.err);
}

BOOST_AUTO_TEST_CASE(renews) {
  BOOST_TEST(run(init_main, {"-k", "-t", keytab("carol"), "-r", "7d"}).status == 0);
  kdc.clock.advance(7h);
  BOOST_TEST(run(init_main, {"-R"}).status == 0);
  BOOST_TEST(run(list_main, {"--json"}).json()["tickets"][0]["run_until"] ==
             print_rfc3339(noon + 15h));
  kdc.clock.advance(8h);
  const Seen late = run(init_main, {"-R"});
  BOOST_TEST(late.status == 4);
  BOOST_TEST(late.says("waybill init"));
}

BOOST_AUTO_TEST_CASE(refuses_what_cannot_be) {
  write("two.pw", "x\n", 0644);
  write("no.keytab", "x");
  struct Row {
    const char* name;
    Arguments arguments;
    int status;
    const char* says;
  };
  const Row rows[] = {
      {"a keytab and a password", {"-k", "-t", "a", "--password-file", "b"}, 2, "not both"},
      {"-R and a principal", {"-R", "carol"}, 2, "-R"},
      {"-k without a keytab", {"-k"}, 2, "-t KEYTAB"},
      {"somebody else's keytab", {"-t", keytab("alice"), "carol"}, 2, "alice@DEMO.TEST"},
      {"no principal", {"-t", keytab("alice"), "Carol!"}, 2, "not a principal"},
      {"another realm", {"--password-file", "-", "carol@OTHER.TEST"}, 1, "WB-REALM"},
      {"a password that others may read", {"--password-file", file("two.pw"), "x"}, 5, "chmod"},
      {"no keytab", {"-t", file("no.keytab"), "carol"}, 5, "is not a keytab"},
      {"a keytab that is not there", {"-t", file("none"), "carol"}, 5, "none"},
      {"nothing to renew", {"-R"}, 4, "waybill init"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Seen seen = run(init_main, row.arguments);
      BOOST_TEST(seen.status == row.status, seen.err);
      BOOST_TEST(seen.says(row.says), seen.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(says_when_the_clocks_differ) {
  BOOST_TEST(log_in("carol").status == 0);
  ManualClock ours(noon + 10min);
  std::ostringstream out, err;
  Ui ui(out, err, {});
  Context context{ui, ours};
  BOOST_TEST(finish(ui, tickets_main(context, {})) == 1);
  BOOST_TEST(err.str().find("WB-AUTH-SKEW") != std::string::npos, err.str());
  BOOST_TEST(err.str().find("600 seconds ahead") != std::string::npos, err.str());
}

BOOST_AUTO_TEST_CASE(says_when_there_is_no_kdc, *boost::unit_test::label("slow")) {
  BOOST_TEST(log_in("carol").status == 0);
  kdc.stop();
  for (const Seen& seen : {log_in("carol"), run(tickets_main, {}), run(init_main, {"-R"})}) {
    BOOST_TEST(seen.status == 3);
    BOOST_TEST(seen.says(kdc.url), seen.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(passwd, Desk)

BOOST_AUTO_TEST_CASE(changes_a_password_more_than_once, *boost::unit_test::label("slow")) {
  write("one.pw", "one\n");
  write("two.pw", "two\n");
  BOOST_TEST(log_in("operator").status == 0);
  BOOST_TEST(run(admin_principal_main, {"add", "erin", "--password-file", file("one.pw")}).status ==
             0);
  BOOST_TEST(run(init_main, {"--password-file", file("one.pw"), "erin"}).status == 0);
  const Seen changed =
      run(passwd_main, {"--password-file", file("one.pw"), "--new-password-file", file("two.pw")});
  BOOST_TEST(changed.status == 0, changed.err);
  kdc.clock.advance(1s);
  BOOST_TEST(run(tickets_main, {}).status == 0);  // the cache has a ticket of the new password
  BOOST_TEST(run(init_main, {"--password-file", file("one.pw"), "erin"}).status == 1);
  BOOST_TEST(run(passwd_main,
                 {"--password-file", file("two.pw"), "--new-password-file", file("one.pw"), "erin"})
                 .status == 0);
  BOOST_TEST(run(init_main, {"--password-file", file("one.pw"), "erin"}).status == 0);
  const Seen same = run(passwd_main, {"--password-file", file("one.pw"), "--new-password-file",
                                      file("one.pw"), "erin"});
  BOOST_TEST(same.status == 2);
}

BOOST_AUTO_TEST_CASE(tells_the_kdc_of_a_keytabs_next_key) {
  const Seen one = run(passwd_main, {"-t", keytab("queue-alice")});
  BOOST_TEST(one.status == 2);
  BOOST_TEST(one.says("--add"), one.err);
  const Arguments add{"--principal", "queue-alice", "--out", keytab("queue-alice"), "--add"};
  BOOST_TEST(run(keygen_main, add).status == 0);
  const Seen told = run(passwd_main, {"-t", keytab("queue-alice")});
  BOOST_TEST(told.status == 0, told.err);
  BOOST_TEST(told.says("version 2"), told.err);
  const Seen again = run(passwd_main, {"-t", keytab("queue-alice")});
  BOOST_TEST(again.status == 2);
  BOOST_TEST(again.says("next version"), again.err);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(rekey, Desk)

BOOST_AUTO_TEST_CASE(lets_an_owner_give_a_queue_its_next_key_and_retire_the_one_before) {
  BOOST_TEST(log_in("alice").status == 0);
  const Arguments give{"rekey", "queue-alice", "--keytab", keytab("queue-alice")};
  const Seen early = run(admin_queue_main, give);
  BOOST_TEST(early.status == 2);
  BOOST_TEST(early.says("--add"), early.err);
  BOOST_TEST(
      run(keygen_main, {"--principal", "queue-alice", "--out", keytab("queue-alice"), "--add"})
          .status == 0);
  const Seen given = run(admin_queue_main, give);
  BOOST_TEST(given.status == 0, given.err);
  BOOST_TEST(given.says("version 2 of queue-alice@DEMO.TEST is the key"), given.err);
  BOOST_TEST(given.says("version 1 can still log in until"), given.err);
  BOOST_TEST(run(admin_queue_main, {"show", "queue-alice", "--json"}).json()["older_kvno"] == 1);
  BOOST_TEST(run(admin_queue_main, give).status == 2);
  const Seen retired = run(admin_queue_main, {"rekey", "queue-alice", "--retire-old"});
  BOOST_TEST(retired.status == 0, retired.err);
  BOOST_TEST(retired.says("nobody logs in"), retired.err);
  BOOST_TEST(run(admin_queue_main, {"rekey", "queue-alice"}).status == 2);
  BOOST_TEST(
      run(admin_queue_main, {"rekey", "queue-bob", "--retire-old"}).says("WB-NOT-PERMITTED"));
}

BOOST_AUTO_TEST_CASE(lets_an_operator_give_a_service_its_next_key_and_says_how_to_force_a_third) {
  BOOST_TEST(log_in("operator").status == 0);
  const std::string path = keytab("trigger/orders");
  const Arguments add{"--principal", "trigger/orders", "--out", path, "--add"};
  const Arguments give{"rekey", "trigger/orders", "--keytab", path};
  BOOST_TEST(run(keygen_main, add).status == 0);
  BOOST_TEST(run(admin_principal_main, give).status == 0);
  const Seen third = run(keygen_main, add);
  BOOST_TEST(third.status == 2);
  BOOST_TEST(third.says("--drop-old"), third.err);
  BOOST_TEST(
      run(keygen_main, {"--principal", "trigger/orders", "--out", path, "--add", "--drop-old"})
          .status == 0);
  const Seen refused = run(admin_principal_main, give);
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(refused.says("hint: --retire-old"), refused.err);
  BOOST_TEST(
      run(admin_principal_main, {"rekey", "trigger/orders", "--keytab", path, "--retire-old"})
          .status == 0);
  BOOST_TEST(log_in("trigger/orders").status == 0);
}

BOOST_AUTO_TEST_CASE(lets_an_operator_set_a_password_anew, *boost::unit_test::label("slow")) {
  write("one.pw", "one\n");
  BOOST_TEST(log_in("operator").status == 0);
  const Seen set = run(admin_principal_main, {"rekey", "carol", "--password-file", file("one.pw")});
  BOOST_TEST(set.status == 0, set.err);
  BOOST_TEST(
      run(admin_principal_main, {"rekey", "operator", "--keytab", keytab("operator")}).status == 2);
  kdc.clock.advance(1s);
  BOOST_TEST(run(init_main, {"--password-file", file("one.pw"), "carol"}).status == 0);
  BOOST_TEST(log_in("carol").status == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(admin, Desk)

BOOST_AUTO_TEST_CASE(adds_shows_and_lists) {
  BOOST_TEST(log_in("operator").status == 0);
  BOOST_TEST(run(keygen_main, {"--principal", "queue-erin", "--out", file("q.keytab")}).status ==
             0);
  const Seen queue =
      run(admin_queue_main, {"add", "queue-erin", "--owner", "erin", "--keytab", file("q.keytab")});
  BOOST_TEST(queue.status == 0, queue.err);
  BOOST_TEST(queue.says("--with-queues"), queue.err);
  BOOST_TEST(run(keygen_main, {"--principal", "erin", "--out", file("e.keytab")}).status == 0);
  const Seen taken = run(admin_principal_main, {"add", "erin", "--keytab", file("e.keytab")});
  BOOST_TEST(taken.status == 1);
  BOOST_TEST(taken.says("add --with-queues"), taken.err);
  BOOST_TEST(
      run(admin_principal_main, {"add", "erin", "--keytab", file("e.keytab"), "--with-queues"})
          .status == 0);
  BOOST_TEST(run(admin_principal_main, {"show", "erin", "--json"}).json()["queue"] == "queue-erin");
  BOOST_TEST(run(admin_queue_main, {"show", "queue-erin", "--json"}).json()["owner"] == "erin");
  BOOST_TEST(run(admin_queue_main, {"list", "--json"}).json().size() == 3U);
  BOOST_TEST(run(admin_principal_main, {"list"}).says("NAME"));
}

BOOST_AUTO_TEST_CASE(grants_and_takes_back) {
  BOOST_TEST(log_in("operator").status == 0);
  const Seen added =
      run(admin_grant_main, {"add", "--subject", "dave", "--queue", "queue-bob", "--workflow",
                             "x-*", "--action", "a", "--action", "b,c", "--max-run", "1d"});
  BOOST_TEST(added.status == 0, added.err);
  const auto rows = run(admin_grant_main, {"list", "--json"}).json();
  const auto& last = rows.back();
  BOOST_TEST(last["action"] == nlohmann::json({"a", "b", "c"}));
  BOOST_TEST(last["max_run"] == 86400);
  const std::string id = last["id"];
  BOOST_TEST(run(admin_grant_main, {"show", id, "--json"}).json() == last);
  BOOST_TEST(run(admin_grant_main, {"show", id}).says("queue-bob"));
  BOOST_TEST(run(admin_grant_main, {"show", "0"}).status == 2);
  BOOST_TEST(run(admin_grant_main, {"show", "-1"}).status == 2);
  BOOST_TEST(run(admin_grant_main, {"remove", id}).status == 0);
  BOOST_TEST(run(admin_grant_main, {"show", id}).says("WB-NOT-FOUND"));
  BOOST_TEST(run(admin_grant_main, {"remove", id}).says("WB-NOT-FOUND"));
}

BOOST_AUTO_TEST_CASE(refuses_a_grant_that_says_too_little_or_too_much) {
  BOOST_TEST(log_in("operator").status == 0);
  const Arguments whole{"add",      "--queue", "q",         "--workflow", "w",
                        "--action", "a",       "--max-run", "1h"};
  struct Row {
    const char* name;
    Arguments arguments;
    const char* says;
  };
  const Row rows[] = {
      {"no holder", whole, "--subject, --role and --trigger"},
      {"two holders",
       {"add", "--queue", "q", "--subject", "a", "--role", "r", "--workflow", "w"},
       "--subject, --role and --trigger"},
      {"no workflow", {"add", "--queue", "q", "--subject", "a"}, "--workflow"},
      {"no action", {"add", "--queue", "q", "--subject", "a", "--workflow", "w"}, "--action"},
      {"no length",
       {"add", "--queue", "q", "--subject", "a", "--workflow", "w", "--action", "x"},
       "--max-run"},
      {"no queue", {"add", "--subject", "a"}, "--queue"},
      {"a ceiling with actions",
       {"add", "--trigger", "t", "--queue", "q", "--action", "x"},
       "ceiling"},
      {"no pattern", {"add", "--trigger", "t", "--queue", "*-q"}, "not a name"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Seen seen = run(admin_grant_main, row.arguments);
      BOOST_TEST(seen.status == 2, seen.err);
      BOOST_TEST(seen.says(row.says), seen.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(is_for_operators) {
  BOOST_TEST(log_in("carol").status == 0);
  for (const Seen& seen :
       {run(admin_principal_main, {"list"}), run(admin_principal_main, {"disable", "alice"}),
        run(admin_queue_main, {"show", "queue-alice"}), run(admin_grant_main, {"remove", "1"}),
        run(audit_main, {"tail"}), run(audit_main, {"verify"})}) {
    BOOST_TEST(seen.status == 1);
    BOOST_TEST(seen.says("refused: WB-NOT-PERMITTED  "), seen.err);
    BOOST_TEST(seen.out == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(revoke, Desk)

BOOST_AUTO_TEST_CASE(says_what_it_reaches) {
  BOOST_TEST(log_in("carol").status == 0);
  BOOST_TEST(log_in("carol").status == 0);
  const Seen seen = run(revoke_main, {"--subject", "carol", "--reason", "left the company"});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.says("every ticket of carol@DEMO.TEST, issued until now"), seen.err);
  BOOST_TEST(seen.says("2 live tickets"), seen.err);
  const Seen after = run(tickets_main, {});
  BOOST_TEST(after.status == 1);
  BOOST_TEST(after.says("WB-TICKET-REVOKED"), after.err);
  BOOST_TEST(after.says("waybill init"), after.err);
}

BOOST_AUTO_TEST_CASE(wants_just_one_target) {
  BOOST_TEST(log_in("carol").status == 0);
  for (const Arguments& arguments :
       {Arguments{}, Arguments{"--subject", "carol", "--queue", "queue-alice"},
        Arguments{"--ticket", "12"}, Arguments{"--ticket", std::string(32, 'A')},
        Arguments{"--workflow", "a b"}, Arguments{"--subject", "Carol"},
        Arguments{"--subject", "carol", "--reason", std::string(257, 'x')}}) {
    BOOST_TEST(run(revoke_main, arguments).status == 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(audit, Desk)

BOOST_AUTO_TEST_CASE(is_shown_and_verified) {
  BOOST_TEST(log_in("operator").status == 0);
  const auto tail = run(audit_main, {"tail", "-n", "3", "--json"}).json();
  BOOST_TEST_REQUIRE(tail.size() == 3U);
  BOOST_TEST(tail[2]["event"] == "login");
  const Seen verified = run(audit_main, {"verify", "--json"});
  BOOST_TEST(verified.status == 0, verified.err);
  BOOST_TEST(verified.json()["records"] == verified.json()["signed_until"]);
  const RootPublic root = kdc.root.public_key();  // names of realms recur, keys do not
  const std::string state = "audit-DEMO.TEST-" + to_hex(Bytes(root.bytes).first(8));
  BOOST_TEST(std::filesystem::exists(file(".local/state/waybill/" + state)));
  BOOST_TEST(log_in("carol").status == 0);
  BOOST_TEST(log_in("operator").status == 0);
  BOOST_TEST(run(audit_main, {"verify"}).says("which was verified before"));
}

BOOST_AUTO_TEST_CASE(that_was_cut_off_or_rewritten_is_noticed_by_the_checkpoint_that_was_kept) {
  BOOST_TEST(log_in("operator").status == 0);
  const auto checkpoint = kdc::Audit::newest_checkpoint(kdc.store.view());
  const auto known = *kdc::AuditCheckpoint::parse(checkpoint->statement);
  struct Row {
    const char* name;
    kdc::AuditCheckpoint kept;
    const char* says;
  };
  kdc::AuditCheckpoint longer = known;
  longer.sequence += 100;
  kdc::AuditCheckpoint other = known;
  other.link[0] ^= 1;
  for (const Row& row :
       {Row{"cut off", longer, "were cut off"}, Row{"rewritten", other, "signed"}}) {
    BOOST_TEST_CONTEXT(row.name) {
      const kdc::SignedCheckpoint kept{checkpoint->signer, row.kept.statement(), {}};
      write("state", text_of(kept.encode()));
      const Seen seen = run(audit_main, {"verify", "--state", file("state")});
      BOOST_TEST(seen.status == 1, seen.err);
      BOOST_TEST(seen.says(row.says), seen.err);
      BOOST_TEST(read("state") == text_of(kept.encode()));  // what was verified stays the measure
    }
  }
}

BOOST_AUTO_TEST_CASE(is_not_verified_against_a_state_that_is_none) {
  BOOST_TEST(log_in("operator").status == 0);
  write("state", "nonsense");
  BOOST_TEST(run(audit_main, {"verify", "--state", file("state")}).status == 5);
  write("state", "", 0644);
  BOOST_TEST(run(audit_main, {"verify", "--state", file("state")}).status == 5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::commands_test
