#include <boost/test/unit_test.hpp>

#include "tests/tools/desk.h"
#include "ticket/adapters/base64.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"
#include "tools/ticket_view.h"

namespace waybill::test::offline_test {

using namespace tools;

namespace {

using json = nlohmann::json;

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

// A job of that ticket, as a trigger hands it out.
struct WithJob : WithTicket {
  json job{{"namespace", "default"},
           {"workflow_id", "invoice-report-1"},
           {"workflow_type", "invoice-report"},
           {"run_id", "first-run"},
           {"attempt", 1},
           {"started_at", number_of(kdc.clock.now())},
           {"ticket", to_base64(ticket.ticket)},
           {"input", to_base64(seal("invoices"))}};

  static std::int64_t number_of(Time time) { return time.time_since_epoch().count(); }
  Buffer seal(std::string_view input) const {
    return seal_input(ticket.session,
                      {"default", "queue-alice", "invoice-report", "invoice-report-1"},
                      bytes_of(input));
  }
  Seen ask(const json& about, const Arguments& more = {}) {
    write("job.json", about.dump());
    Arguments all{"-t", keytab("queue-alice"), "--job", file("job.json"), "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return run(verify_main, all);
  }
  json with(const char* name, const json& value) const {
    json changed = job;
    changed[name] = value;
    return changed;
  }
};

BOOST_FIXTURE_TEST_SUITE(verify_of_a_job, WithJob)

BOOST_AUTO_TEST_CASE(gives_its_input_and_seals_its_result) {
  write("result", "a report");
  const Seen seen = ask(job, {"--action", "invoice:read", "--seal", file("result")});
  BOOST_TEST(seen.status == 0, seen.err);
  const json verdict = seen.json();
  BOOST_TEST(verdict["accepted"] == true);
  BOOST_TEST(verdict["input"] == to_base64(bytes_of("invoices")));
  BOOST_TEST(verdict["claims"]["subject"] == "carol@DEMO.TEST");
  for (const char* step : {"shape", "times", "binding", "start", "revocation", "actions"}) {
    BOOST_TEST(result_of(verdict, step) == "passed", step);
  }
  BOOST_TEST(result_of(verdict, "first use") == "not checked");
  const auto sealed = from_base64(verdict["sealed_result"].get<std::string>());
  BOOST_TEST_REQUIRE(bool(sealed));
  const auto opened =
      open_result(ticket.session, {body.id, "invoice-report-1", "first-run"}, *sealed);
  BOOST_TEST_REQUIRE(bool(opened));
  BOOST_TEST(text_of(*opened) == "a report");
}

BOOST_AUTO_TEST_CASE(gives_nothing_when_anything_about_it_is_wrong) {
  struct Row {
    const char* name;
    json value;
    const char* code;
    const char* step;
  };
  Buffer flipped = seal("invoices");
  flipped.back() ^= 1;
  const Row rows[] = {
      {"namespace", "other", "WB-TICKET-NAMESPACE", "binding"},
      {"workflow_id", "invoice-report-2", "WB-TICKET-WORKFLOW", "binding"},
      {"workflow_type", "invoice-delete", "WB-TICKET-TYPE", "binding"},
      {"input", to_base64(flipped), "WB-SEAL-INTEGRITY", "binding"},
      {"input", to_base64(seal("invoices!")), "WB-TICKET-INPUT", "binding"},
      {"started_at", number_of(body.start_by), "WB-TICKET-START", "start"},
      {"ticket", to_base64(bytes_of("nonsense")), "WB-MALFORMED", "shape"},
  };
  write("result", "a report");
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name << " " << row.code) {
      const Seen seen = ask(with(row.name, row.value), {"--seal", file("result")});
      BOOST_TEST(seen.status == 1, seen.err);
      const json verdict = seen.json();
      BOOST_TEST(verdict["accepted"] == false);
      BOOST_TEST(verdict["code"] == row.code);
      BOOST_TEST(result_of(verdict, row.step) == "REFUSED");
      BOOST_TEST(!verdict.contains("input"));
      BOOST_TEST(!verdict.contains("sealed_result"));
    }
  }
  BOOST_TEST(ask(job, {"--action", "invoice:delete"}).json()["code"] == "WB-TICKET-ACTION");
}

BOOST_AUTO_TEST_CASE(pins_the_ticket_to_its_first_run_when_it_is_asked_to) {
  const json copy = with("run_id", "another-run");
  BOOST_TEST(ask(copy).status == 0);
  const Arguments uses{"--uses", file("uses")};
  BOOST_TEST(result_of(ask(job, uses).json(), "first use") == "passed");
  BOOST_TEST(ask(with("attempt", 2), uses).status == 0);
  const json refused = ask(copy, uses).json();
  BOOST_TEST(refused["code"] == "WB-TICKET-REPLAY");
  BOOST_TEST(result_of(refused, "first use") == "REFUSED");
  BOOST_TEST(!refused.contains("input"));
}

BOOST_AUTO_TEST_CASE(says_how_it_is_asked) {
  write("job.json", job.dump());
  const std::string queue = keytab("queue-alice"), whole = file("job.json");
  for (const Arguments& wrong :
       {Arguments{"-t", queue}, Arguments{"-t", queue, file("ticket"), "--job", whole},
        Arguments{"-t", queue, "--job", whole, "--type", "invoice-report"},
        Arguments{"-t", queue, file("ticket"), "--uses", file("uses")},
        Arguments{"-t", queue, "--job", whole, "--seal", whole},
        Arguments{"-t", queue, "--job", "-", "--seal", "-", "--json"}}) {
    BOOST_TEST(run(verify_main, wrong).status == 2);
  }
  BOOST_TEST(ask(json::array()).status == 1);
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
