#include <boost/test/unit_test.hpp>

#include "tests/tools/desk.h"
#include "ticket/adapters/base64.h"
#include "ticket/hex.h"
#include "tools/ticket_view.h"

namespace waybill::test::offline_test {

using namespace tools;

namespace {

// A workflow's ticket, addressed to queue-alice, in a file.
struct WithTicket : Desk {
  IssuedTicket ticket = kdc.workflow_ticket();
  Body body = WholeKdc::body_of(ticket);

  WithTicket() { write("ticket", text_of(ticket.ticket)); }
  Seen inspect(const Arguments& more = {}) {
    Arguments all{"-t", keytab("queue-alice"), file("ticket")};
    all.insert(all.end(), more.begin(), more.end());
    return run(inspect_main, all);
  }
  Seen verify(const Arguments& more = {}) {
    Arguments all{"-t", keytab("queue-alice"), file("ticket")};
    all.insert(all.end(), more.begin(), more.end());
    return run(verify_main, all);
  }
};

std::string result_of(const nlohmann::json& verdict, const std::string& step) {
  for (const auto& row : verdict["steps"]) {
    if (row["step"] == step) return row["result"];
  }
  return "";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(inspect, WithTicket)

BOOST_AUTO_TEST_CASE(shows_the_envelope_to_everybody) {
  const Seen seen = run(inspect_main, {file("ticket"), "--json"});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.json()["envelope"]["audience"] == "queue-alice");
  BOOST_TEST(seen.json()["envelope"]["kvno"] == 1);
  BOOST_TEST(!seen.json().contains("claims"));
  BOOST_TEST(run(inspect_main, {file("ticket")}).says("-t KEYTAB opens them"));
}

BOOST_AUTO_TEST_CASE(shows_the_claims_to_who_has_the_key_and_never_the_session_key) {
  const auto claims = inspect({"--json"}).json()["claims"];
  BOOST_TEST(claims["subject"] == "carol@DEMO.TEST");
  BOOST_TEST(claims["actors"][0] == "trigger/orders@DEMO.TEST");
  BOOST_TEST(claims["id"] == to_hex(body.id));
  BOOST_TEST(claims["work"]["workflow_type"] == "invoice-report");
  const Seen text = inspect();
  BOOST_TEST(text.says("(hidden)"));
  const std::string secret = to_hex(ticket.session.secret().expose());
  BOOST_TEST(!text.says(secret));
  BOOST_TEST(claims.dump().find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(reads_a_ticket_in_all_its_forms) {
  const std::vector<std::string> forms{
      to_base64(ticket.ticket), to_base64url(ticket.ticket) + "\n", to_hex(ticket.ticket),
      " Waybill " + to_base64url(ticket.ticket),
      "Authorization: Waybill " + to_base64url(ticket.ticket) + "\r\n"};
  for (const std::string& form : forms) {
    write("ticket", form);
    BOOST_TEST(inspect({"--json"}).json()["claims"]["id"] == to_hex(body.id));
  }
}

BOOST_AUTO_TEST_CASE(reads_a_presentation_and_an_evidence) {
  write("shown", to_base64url(kdc.delegation(kdc.wish())));
  const auto shown = run(inspect_main, {file("shown"), "--json"}).json();
  BOOST_TEST(shown["form"] == "presentation");
  BOOST_TEST(shown["presentation"]["addressee"] == "trigger/orders@DEMO.TEST");
  BOOST_TEST(shown["presentation"]["caveats"][3]["queue"] == "queue-alice");
  BOOST_TEST(run(inspect_main, {file("shown")}).says("caveat not_after"));
  write("evidence", to_base64(ticket.evidence));
  const auto evidence = run(inspect_main, {file("evidence"), "--json"}).json();
  BOOST_TEST(evidence["form"] == "evidence");
  BOOST_TEST(evidence["claims"]["id"] == to_hex(body.id));
}

BOOST_AUTO_TEST_CASE(shows_what_the_cache_holds) {
  BOOST_TEST(run(inspect_main, {}).status == 4);
  BOOST_TEST(log_in("carol").status == 0);
  const auto all = run(inspect_main, {"--json"}).json();
  BOOST_TEST_REQUIRE(all.size() == 1U);
  BOOST_TEST(all[0]["envelope"]["kind"] == "tgt");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_ticket) {
  Buffer flipped = ticket.ticket;
  flipped.back() ^= 1;
  write("flipped", text_of(flipped));
  write("text", "not a ticket");
  write("cut", text_of(Bytes(ticket.ticket).first(40)));
  struct Row {
    const char* name;
    Arguments arguments;
    int status;
    const char* says;
  };
  const Row rows[] = {
      {"text", {file("text")}, 1, "WB-MALFORMED"},
      {"cut off", {file("cut")}, 1, "WB-MALFORMED"},
      {"one bit", {"-t", keytab("queue-alice"), file("flipped")}, 1, "WB-SEAL-INTEGRITY"},
      {"another's keytab", {"-t", keytab("alice"), file("ticket")}, 1, "WB-TICKET-QUEUE"},
      {"a keytab", {keytab("alice")}, 2, "is a keytab"},
      {"nothing", {file("none")}, 5, "none"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Seen seen = run(inspect_main, row.arguments);
      BOOST_TEST(seen.status == row.status, seen.err);
      BOOST_TEST(seen.says(row.says), seen.err);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(verify, WithTicket)

BOOST_AUTO_TEST_CASE(shows_each_step) {
  const Seen seen = verify({"--json"});
  BOOST_TEST(seen.status == 0, seen.err);
  const auto verdict = seen.json();
  BOOST_TEST(verdict["accepted"] == true);
  for (const char* step : {"shape", "audience", "seal", "proof", "times", "feed", "revocation"}) {
    BOOST_TEST(result_of(verdict, step) == "passed", step);
  }
  for (const char* step : {"binding", "start", "first use", "actions"}) {
    BOOST_TEST(result_of(verdict, step) == "not checked", step);
  }
  BOOST_TEST(verdict["claims"]["id"] == to_hex(body.id));
  BOOST_TEST(verify().says("the KDC signed it"));
}

BOOST_AUTO_TEST_CASE(checks_what_is_said_of_the_job) {
  write("input", "invoices");
  write("other", "invoices!");
  struct Row {
    const char* name;
    Arguments arguments;
    int status;
    const char* says;
  };
  const Row rows[] = {
      {"all of it",
       {"--namespace", "default", "--workflow-id", "invoice-report-1", "--type", "invoice-report",
        "--input", file("input"), "--action", "invoice:read"},
       0,
       "passed"},
      {"the digest", {"--input-digest", to_hex(input_digest(bytes_of("invoices")))}, 0, "passed"},
      {"namespace", {"--namespace", "other"}, 1, "WB-TICKET-NAMESPACE"},
      {"workflow", {"--workflow-id", "invoice-report-2"}, 1, "WB-TICKET-WORKFLOW"},
      {"type", {"--type", "invoice-delete"}, 1, "WB-TICKET-TYPE"},
      {"input", {"--input", file("other")}, 1, "WB-TICKET-INPUT"},
      {"digest", {"--input-digest", std::string(64, '0')}, 1, "WB-TICKET-INPUT"},
      {"action", {"--action", "invoice:read,invoice:delete"}, 1, "WB-TICKET-ACTION"},
      {"no digest", {"--input-digest", "00"}, 2, "64 digits"},
      {"both", {"--input-digest", "00", "--input", "x"}, 2, "not both"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Seen seen = verify(row.arguments);
      BOOST_TEST(seen.status == row.status, seen.err);
      BOOST_TEST(seen.says(row.says), seen.out << seen.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_as_a_worker_does) {
  const auto refused_at = [&](const std::string& step, const char* code) {
    const auto verdict = verify({"--json"}).json();
    BOOST_TEST(result_of(verdict, step) == "REFUSED", verdict.dump());
    BOOST_TEST(verdict["code"] == code);
  };
  Buffer flipped = ticket.ticket;
  flipped.back() ^= 1;
  write("ticket", text_of(flipped));
  refused_at("seal", "WB-SEAL-INTEGRITY");
  write("ticket", "nonsense");
  refused_at("shape", "WB-MALFORMED");
  write("ticket", text_of(ticket.ticket));
  BOOST_TEST(kdc.ask("operator", "revoke",
                     Fields{{"kind", "ticket"}, {"value", to_hex(body.id)}, {"reason", ""}})
                 .outcome == accepted);
  refused_at("revocation", "WB-TICKET-REVOKED");
  kdc.clock.advance(1h);
  refused_at("times", "WB-TICKET-EXPIRED");
}

BOOST_AUTO_TEST_CASE(needs_the_kdc_for_realm_document_and_feed_but_no_login) {
  BOOST_TEST(verify().status == 0);
  BOOST_TEST(!std::filesystem::exists(file("cache")));
  kdc.stop();
  BOOST_TEST(verify().status == 3);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(random_bytes_in_a_file)

BOOST_AUTO_TEST_CASE(are_refused_and_nothing_else) {
  int found = 0;
  for (int i = 0; i < 20'000; ++i) {
    Buffer bytes(static_cast<std::size_t>(i % 300));
    fill_random(bytes);
    if (!bytes.empty()) bytes[0] = static_cast<std::uint8_t>(0x90 + i % 16);
    found += find_ticket(bytes) ? 1 : 0;
  }
  BOOST_TEST(found == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::offline_test
