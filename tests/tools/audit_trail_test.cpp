#include <algorithm>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "kdc/audit.h"
#include "tests/tools/desk.h"
#include "ticket/wire/hex.h"
#include "tools/audit_story.h"

namespace waybill::test::audit_trail_test {

using namespace tools;

namespace {

struct Fixture : Desk {
  std::string refused() {
    DelegatedTicketRequest asked;
    Delegation wanted = kdc.wish();
    wanted.actions = {"invoice:read", "payroll:read"};
    asked = kdc.request(kdc.delegation(wanted));
    asked.actions = wanted.actions;
    BOOST_TEST_REQUIRE(kdc.submit(asked).outcome == Errc::grant_action);
    return std::to_string(kdc.records());
  }
  static bool fits_a_terminal(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      if (line.size() > 80) return false;
    }
    return true;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(searching_the_audit_trail, Fixture)

BOOST_AUTO_TEST_CASE(finds_records_and_prints_them_within_80_columns) {
  kdc.workflow_ticket();
  BOOST_TEST(log_in("operator").status == 0);
  const Seen found = run(audit_main, {"search", "--subject", "carol", "--event", "tgs.delegate"});
  BOOST_TEST(found.status == 0, found.err);
  BOOST_TEST(found.says("workflow=invoice-report-1"), found.out);
  BOOST_TEST(fits_a_terminal(found.out), found.out);
  const auto rows = run(audit_main, {"search", "--workflow", "invoice-report-1", "--json"}).json();
  BOOST_TEST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(rows[0]["by"] == "trigger/orders@DEMO.TEST");
  BOOST_TEST(run(audit_main, {"search", "--workflow", "none"}).says("there are none"));
}

BOOST_AUTO_TEST_CASE(is_as_narrow_where_the_newest_are_shown) {
  kdc.workflow_ticket();
  BOOST_TEST(log_in("operator").status == 0);
  const Seen newest = run(audit_main, {"tail"});
  BOOST_TEST(newest.status == 0, newest.err);
  BOOST_TEST(newest.says("workflow=invoice-report-1"), newest.out);
  BOOST_TEST(fits_a_terminal(newest.out), newest.out);
}

BOOST_AUTO_TEST_CASE(goes_on_where_it_stopped) {
  BOOST_TEST(log_in("operator").status == 0);
  const auto first = run(audit_main, {"search", "-n", "300", "--json"}).json();
  BOOST_TEST(first.size() == kdc.records());
  const Seen one = run(audit_main, {"search", "-n", "1", "--json"});
  const std::string number = std::to_string(one.json()[0]["sequence"].get<int>());
  BOOST_TEST(one.says("--after " + number), one.err);
  const auto next = run(audit_main, {"search", "-n", "1", "--after", number, "--json"}).json();
  BOOST_TEST(next[0]["sequence"] == first[1]["sequence"]);
}

BOOST_AUTO_TEST_CASE(takes_times_as_people_write_them) {
  BOOST_TEST(log_in("operator").status == 0);
  kdc.clock.advance(2h);
  kdc.issuer.record({"test", std::nullopt, {}});
  for (const char* from : {"1h", "2026-09-21T15:00:00Z"}) {
    const auto rows = run(audit_main, {"search", "--from", from, "--json"}).json();
    BOOST_TEST(rows.size() == 1U, from);
  }
  BOOST_TEST(run(audit_main, {"search", "--to", "2026-09-21", "--json"}).json().empty());
  for (const Arguments& wrong :
       {Arguments{"--from", "noon"}, Arguments{"--to", "yesterday"}, Arguments{"-n", "0"}}) {
    Arguments arguments{"search"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    BOOST_TEST(run(audit_main, arguments).status == 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(tracing_a_piece_of_work, Fixture)

BOOST_AUTO_TEST_CASE(tells_its_life_to_the_one_whose_it_is) {
  const IssuedTicket ticket = kdc.workflow_ticket();
  const EvidenceRequest evidence{ticket.evidence};
  kdc.ask("queue-alice", "renew", evidence.encode());
  kdc.ask("queue-alice", "verdict",
          Fields{{"log", to_hex(random_bytes<16>())},
                 {"position", "90"},
                 {"time", "1790000000"},
                 {"said", "verdict"},
                 {"verdict", "accepted"},
                 {"ticket", to_hex(WholeKdc::body_of(ticket).id)},
                 {"attempt", "1"}});
  kdc.ask("trigger/orders", "complete", evidence.encode());
  BOOST_TEST(log_in("carol").status == 0);
  const Seen told = run(audit_main, {"trace", "invoice-report-1"});
  BOOST_TEST(told.status == 0, told.err);
  BOOST_TEST(fits_a_terminal(told.out), told.out);
  std::string text = told.out;
  std::ranges::replace(text, '\n', ' ');
  std::string words;
  std::ranges::unique_copy(text, std::back_inserter(words),
                           [](char a, char b) { return a == ' ' && b == ' '; });
  std::size_t at = 0;
  for (const char* part :
       {"ended, by record", "carol logged in", "trigger/orders was given a ticket in carol's name",
        "by grant 1 under ceiling 2", "queue-alice renewed the ticket",
        "the worker of queue-alice says: verified, and accepted for work",
        "trigger/orders said that the work has ended"}) {
    const std::size_t found = words.find(part, at);
    BOOST_TEST(found != std::string::npos, part << " in " << told.out);
    at = found == std::string::npos ? at : found;
  }
}

BOOST_AUTO_TEST_CASE(gives_scripts_the_records_and_how_it_stands) {
  kdc.workflow_ticket();
  kdc.ask("operator", "revoke", Fields{{"kind", "workflow"}, {"value", "invoice-report-1"}});
  BOOST_TEST(log_in("alice").status == 0);
  const auto told = run(audit_main, {"trace", "invoice-report-1", "--json"}).json();
  BOOST_TEST(told["state"] == "revoked, by record " + std::to_string(kdc.records() - 1));
  BOOST_TEST_REQUIRE(told["records"].size() == 3U);
  BOOST_TEST(told["records"][2]["event"] == "revoke");
}

BOOST_AUTO_TEST_CASE(knows_nothing_of_other_people_s_work) {
  kdc.workflow_ticket();
  BOOST_TEST(log_in("trigger/orders").status == 0);
  BOOST_TEST(run(audit_main, {"trace", "invoice-report-1"}).status == 0);
  kdc.add("mallory", kdc::PrincipalKind::user);
  write_file_atomic(keytab("mallory"), kdc.keytab("mallory").encode(), 0600);
  BOOST_TEST(log_in("mallory").status == 0);
  const Seen told = run(audit_main, {"trace", "invoice-report-1"});
  BOOST_TEST(told.status == 1);
  BOOST_TEST(told.says("WB-NOT-FOUND"), told.err);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(asking_why, Fixture)

BOOST_AUTO_TEST_CASE(explains_a_refusal_by_the_number_of_its_record_or_by_the_work) {
  const std::string number = refused();
  BOOST_TEST(log_in("carol").status == 0);
  for (const std::string& id : {number, std::string("invoice-report-1")}) {
    const auto why = run(why_main, {id, "--json"}).json();
    BOOST_TEST_REQUIRE(why["reasons"].size() == 1U, id);
    const std::string text = why["reasons"][0]["explanation"];
    for (const char* part : {"WB-GRANT-ACTION", "Grant 1 came nearest",
                             "invoice:read, report:write", "It lacks: action payroll:read"}) {
      BOOST_TEST(text.find(part) != std::string::npos, text);
    }
  }
  const Seen told = run(why_main, {number});
  BOOST_TEST(fits_a_terminal(told.out), told.out);
}

BOOST_AUTO_TEST_CASE(says_so_when_there_is_nothing_to_explain) {
  const IssuedTicket ticket = kdc.workflow_ticket();
  kdc.ask("trigger/orders", "renew", EvidenceRequest{ticket.evidence}.encode());
  BOOST_TEST(log_in("carol").status == 0);
  const Seen told = run(why_main, {to_hex(WholeKdc::body_of(ticket).id)});
  BOOST_TEST(told.status == 0, told.err);
  BOOST_TEST(told.says("Nothing about it was refused"), told.out);
}

BOOST_AUTO_TEST_CASE(is_about_ones_own_work_unless_one_is_an_operator) {
  const std::string number = refused();
  BOOST_TEST(log_in("alice").status == 0);
  BOOST_TEST(run(why_main, {"1"}).status == 1);
  BOOST_TEST(run(why_main, {"none"}).status == 1);
  BOOST_TEST(log_in("operator").status == 0);
  BOOST_TEST(run(why_main, {"1"}).status == 0);
  BOOST_TEST(run(why_main, {number}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(exporting_the_audit_trail, Fixture)

BOOST_AUTO_TEST_CASE(gives_each_record_as_an_event_of_a_class_that_others_know) {
  kdc.workflow_ticket();
  const std::string number = refused();
  BOOST_TEST(log_in("operator").status == 0);
  const Seen all = run(audit_main, {"export"});
  BOOST_TEST(all.status == 0, all.err);
  std::istringstream in(all.out);
  std::vector<nlohmann::json> events;
  for (std::string line; std::getline(in, line);) events.push_back(nlohmann::json::parse(line));
  BOOST_TEST_REQUIRE(events.size() == kdc.records());
  for (std::size_t n = 0; n < events.size(); ++n) {
    BOOST_TEST(events[n]["metadata"]["uid"] == std::to_string(n + 1));
  }
  const auto& login = events.back();
  BOOST_TEST(login["type_uid"] == 300201);
  BOOST_TEST(login["user"]["name"] == "operator@DEMO.TEST");
  BOOST_TEST(login["time"] == 1790000000000);
  const auto& refusal = events.at(std::stoul(number) - 1);
  BOOST_TEST(refusal["class_uid"] == 3003);
  BOOST_TEST(refusal["status_id"] == 2);
  BOOST_TEST(refusal["status_code"] == "WB-GRANT-ACTION");
  BOOST_TEST(refusal["actor"]["user"]["name"] == "trigger/orders@DEMO.TEST");
  BOOST_TEST(refusal["user"]["name"] == "carol@DEMO.TEST");
  BOOST_TEST(refusal["unmapped"]["lacks"] == "action payroll:read");
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_record) {
  BOOST_TEST(log_in("operator").status == 0);
  const std::string last = std::to_string(kdc.records() - 1);
  const Seen rest = run(audit_main, {"export", "--after", last});
  BOOST_TEST(rest.json()["metadata"]["uid"] == std::to_string(kdc.records()));
  const Seen two = run(audit_main, {"export", "-n", "2"});
  BOOST_TEST(std::ranges::count(two.out, '\n') == 2);
  BOOST_TEST(log_in("carol").status == 0);
  BOOST_TEST(run(audit_main, {"export"}).says("WB-NOT-PERMITTED"));
}

BOOST_AUTO_TEST_CASE(says_which_records_were_pruned_before_it_could_read_them) {
  BOOST_TEST(log_in("operator").status == 0);
  const auto row = kdc::Audit::row(kdc.store.view(), 5);
  BOOST_TEST(kdc.change([&](kdc::StoreChange& change, Fields&) {
    kdc::Audit::prune(change, {5, row->link});
    return ok();
  }) == accepted);
  const Seen seen = run(audit_main, {"export", "--after", "2", "-n", "1"});
  BOOST_TEST(seen.json()["metadata"]["uid"] == "6");
  BOOST_TEST(seen.says("records 3 to 5 were pruned"), seen.err);
  BOOST_TEST(!run(audit_main, {"export", "--after", "5"}).says("were pruned"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_record_in_words)

BOOST_AUTO_TEST_CASE(is_safe_on_a_terminal_whatever_it_holds) {
  const std::string evil = "x\x1b[2J\nrecord 1";
  for (const char* event : {"login", "tgs.delegate", "renew", "look", "complete", "revoke",
                            "verdict", "something.else"}) {
    Fields row{{"sequence", evil}, {"event", event}, {"outcome", evil}};
    for (const char* name :
         {"by",      "subject",       "audience",   "workflow_type", "action",  "grant",
          "ceiling", "kind",          "value",      "reason",        "viewer",  "payload",
          "cause",   "verdict",       "said",       "attempt",       "covers",  "lacks",
          "caveat",  "nearest_grant", "revocation", "inactive",      "narrowed"}) {
      row.add(name, evil);
    }
    const std::string text = explain(row) + fate_of({row}, Time{});
    BOOST_TEST((text.find('\x1b') == std::string::npos && text.find('\n') == std::string::npos),
               event);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_trail_test
