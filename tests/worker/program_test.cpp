#include <sys/stat.h>

#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/scratch.h"
#include "tests/support/daemon.h"
#include "tests/worker/small_kdc.h"
#include "tests/worker/small_trigger.h"
#include "ticket/adapters/base64.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/system_clock.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test::program_test {
namespace {

using nlohmann::json;

const std::string program = WAYBILL_WORKER_PROGRAM;

// The program has no other clock than the system's.
TestRealm realm_of_today(Time now) {
  TestRealm realm;
  realm.document.issued_at = now;
  realm.document.epochs.front().from = realm.document.signers.front().from = now - 1h;
  realm.document.epochs.front().until = realm.document.signers.front().until = now + 24h;
  return realm;
}

/// The program itself between a KDC and a trigger that a test holds in its hands.
struct Fixture {
  Fixture() {
    const std::string text = kdc.realm_file().print();
    create_file(scratch / "realm.toml", bytes_of(text), 0644);
    write_keytab(realm.keytab("queue-alice"));
  }
  SystemClock clock;
  Scratch scratch;
  TestRealm realm = realm_of_today(clock.now());
  TestFeed feed{realm};
  SmallKdc kdc{realm, feed, clock};
  SmallTrigger trigger{realm, clock};

  void write_keytab(const Keytab& keytab) const {
    write_file_atomic(scratch / "alice.keytab", keytab.encode(), 0600);
  }
  Command command(const std::string& handler, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"run",          "--dir",        "worker",
                                       "--keytab",     "alice.keytab", "--trigger",
                                       trigger.url(),  "--handler",    "invoice-report=" + handler,
                                       "--realm-file", "realm.toml"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {program, arguments, scratch.path()};
  }
  struct Sent {
    IssuedTicket issued;
    Body body;
  };
  Sent send_job(std::string_view input = "some input") {
    const Time now = clock.now();
    Body body = realm.workflow_body("carol", "queue-alice", work_of("invoice-report", input), now);
    Sent sent{realm.issue(body), body};
    hand_out(sent, "run-1", input);
    return sent;
  }
  void hand_out(const Sent& sent, const char* run_id, std::string_view input = "some input") {
    const Work& work = *sent.body.work;
    const Buffer sealed = seal_input(
        sent.issued.session, {work.space, "queue-alice", work.type, work.id}, bytes_of(input));
    trigger.hand_out({{"namespace", work.space},
                      {"workflow_id", work.id},
                      {"workflow_type", work.type},
                      {"run_id", run_id},
                      {"attempt", 1},
                      {"started_at", clock.now().time_since_epoch().count()},
                      {"ticket", to_base64(sent.issued.ticket)},
                      {"input", to_base64(sealed)},
                      {"lease", "00ff"},
                      {"lease_seconds", 30}});
  }
  std::string text_in(const char* name) const {
    std::ifstream file(scratch / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

struct BadStart {
  const char* name;
  int status;
  const char* says;
  void (*spoil)(Fixture&, Command&);
};
const BadStart bad_starts[] = {
    {"no command", 2, "subcommand", [](Fixture&, Command& c) { c.arguments = {}; }},
    {"no handler", 2, "--handler",
     [](Fixture&, Command& c) {
       c.arguments.erase(c.arguments.begin() + 7, c.arguments.begin() + 9);
     }},
    {"a handler without a command", 2, "type=command",
     [](Fixture&, Command& c) { c.arguments.at(8) = "invoice-report"; }},
    {"an action of no handler", 2, "--require-action",
     [](Fixture&, Command& c) {
       c.arguments.insert(c.arguments.end(), {"--require-action", "other=x"});
     }},
    {"no keytab there", 5, "alice.keytab",
     [](Fixture& f, Command&) { std::filesystem::remove(f.scratch / "alice.keytab"); }},
    {"a keytab that others can read", 5, "chmod 600",
     [](Fixture& f, Command&) { ::chmod((f.scratch / "alice.keytab").c_str(), 0644); }},
    {"a keytab that is none", 5, "is not a keytab",
     [](Fixture& f, Command&) {
       write_file_atomic(f.scratch / "alice.keytab", bytes_of("x"), 0600);
     }},
    {"a keytab of another realm", 5, "OTHER.TEST",
     [](Fixture& f, Command&) { f.write_keytab(TestRealm("OTHER.TEST").keytab("queue-alice")); }},
    {"no realm file there", 5, "nowhere.toml",
     [](Fixture&, Command& c) { c.arguments.back() = "nowhere.toml"; }},
    {"no realm file at all", 5, "no realm file",
     [](Fixture&, Command& c) { c.arguments.resize(c.arguments.size() - 2); }},
    {"a key that the KDC does not take", 4, "does not take the key",
     [](Fixture& f, Command&) {
       f.write_keytab(
           Keytab(f.realm.principal("queue-alice"), {Kvno{1}, noon, PrincipalKey::random()}));
     }},
    {"a trigger that is no address", 3, "http://",
     [](Fixture&, Command& c) { c.arguments.at(6) = "orders"; }},
    {"a realm document that somebody else signed", 1, "WB-REALM-DOCUMENT",
     [](Fixture& f, Command&) { f.kdc.change([&] { f.realm.root = RootKey::random(); }); }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_worker_program, Fixture)

BOOST_AUTO_TEST_CASE(does_a_job_and_ends_when_it_is_told_to_do_one) {
  const Sent sent = send_job();
  const auto ended = run(command("tr a-z A-Z", {"--once"}));
  BOOST_TEST(ended.status == 0, ended.err);
  const auto report = trigger.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->path == "run-1/complete");
  const auto sealed = from_base64(report->body.at("result").get<std::string>());
  BOOST_TEST_REQUIRE(bool(sealed));
  const auto result =
      open_result(sent.issued.session, {sent.body.id, sent.body.work->id, "run-1"}, *sealed);
  BOOST_TEST_REQUIRE(bool(result));
  BOOST_TEST(text_of(*result) == "SOME INPUT");
  const json verdict = json::parse(text_in("worker/verdicts.jsonl"));
  BOOST_TEST(verdict.at("verdict") == "accepted");
  BOOST_TEST(verdict.at("ticket") == to_hex(sent.body.id));
  BOOST_TEST(verdict.at("subject") == "carol@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(puts_forged_tickets_to_its_verifier_before_it_takes_work) {
  send_job();
  const auto ended = run(command("cat", {"--once"}));
  const auto canary = ended.err.find("canary");
  BOOST_TEST_REQUIRE(canary != std::string::npos, ended.err);
  BOOST_TEST(canary < ended.err.find("ready"), ended.err);
}

BOOST_AUTO_TEST_CASE(says_by_its_status_that_the_one_job_was_refused) {
  const Sent sent = send_job();
  kdc.change([&] { feed.revoke(RevokedBy::ticket, value_of(sent.body.id), clock.now()); });
  const auto ended = run(command("touch ran", {"--once"}));
  BOOST_TEST(ended.status == 1, ended.err);
  const auto report = trigger.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->path == "run-1/refuse");
  BOOST_TEST(report->body.at("code") == "WB-TICKET-REVOKED");
  BOOST_TEST(!std::filesystem::exists(scratch / "ran"));
}

BOOST_AUTO_TEST_CASE(gives_its_handler_nothing_of_its_own) {
  const Sent sent = send_job();
  Command with_secrets = command("env; cat $WAYBILL_CLAIMS_FILE; ls /proc/self/fd", {"--once"});
  with_secrets.environment["WAYBILL_OPERATOR_PASSWORD"] = "hunter2";
  BOOST_TEST(run(with_secrets).status == 0);
  const auto report = trigger.report();
  BOOST_TEST_REQUIRE(report.has_value());
  const auto sealed = from_base64(report->body.at("result").get<std::string>());
  const auto result =
      open_result(sent.issued.session, {sent.body.id, sent.body.work->id, "run-1"}, *sealed);
  BOOST_TEST_REQUIRE(bool(result));
  const std::string seen(text_of(*result));
  BOOST_TEST(seen.find("hunter2") == std::string::npos);
  BOOST_TEST(seen.find(to_hex(sent.issued.session.secret().expose())) == std::string::npos);
  BOOST_TEST(seen.find("WAYBILL_SUBJECT=carol@DEMO.TEST") != std::string::npos);
  BOOST_TEST(seen.ends_with("\n0\n1\n2\n3\n"), seen);
}

BOOST_AUTO_TEST_CASE(hands_its_job_back_when_it_is_ended, *boost::unit_test::label("slow")) {
  Daemon daemon(command("touch ran; trap 'touch asked; exit 1' TERM; sleep 100 & wait"),
                scratch / "log");
  daemon.start();
  send_job();
  BOOST_TEST_REQUIRE(eventually([&] { return std::filesystem::exists(scratch / "ran"); }));
  BOOST_TEST(daemon.terminate(30s) == 0, daemon.log());
  const auto report = trigger.report();
  BOOST_TEST_REQUIRE(report.has_value(), daemon.log());
  BOOST_TEST(report->path == "run-1/fail");
  BOOST_TEST(report->body.at("retry") == true);
  BOOST_TEST(std::filesystem::exists(scratch / "asked"));
}

BOOST_AUTO_TEST_CASE(waits_for_a_kdc_that_is_away_when_it_has_worked_before) {
  send_job();
  BOOST_TEST(run(command("cat", {"--once"})).status == 0);
  BOOST_TEST(trigger.report().has_value());
  kdc.is_away = true;
  Daemon daemon(command("cat"), scratch / "log");
  daemon.start();
  send_job();
  BOOST_TEST(daemon.says("poll_failed"));
  kdc.is_away = false;
  BOOST_TEST(trigger.report().has_value(), daemon.log());
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(uses_no_ticket_again_that_another_one_of_its_queue_has_used) {
  Daemon busy(command("touch ran; sleep 100", {"--concurrency", "1"}), scratch / "log");
  busy.start();
  const Sent sent = send_job();
  BOOST_TEST_REQUIRE(eventually([&] { return std::filesystem::exists(scratch / "ran"); }));
  hand_out(sent, "run-2");
  const auto other = run(command("cat", {"--once"}));
  BOOST_TEST(other.status == 1, other.err);
  const auto report = trigger.report();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(report->path == "run-2/refuse");
  BOOST_TEST(report->body.at("code") == "WB-TICKET-REPLAY");
}

// Two workers of a host, with one mirror; the feed is in a folder, and no KDC has it.
BOOST_AUTO_TEST_CASE(follows_the_feed_for_its_host_when_the_one_that_did_is_killed,
                     *boost::unit_test::label("slow")) {
  FeedFiles files(realm);
  const auto publish = [&] {
    files.publish(clock.now());
    files.write_to((scratch / "feed").string());
  };
  publish();
  const std::vector<std::string> more{"--feed",          "feed", "--mirror", "mirror",
                                      "--feed-interval", "1"};
  Command first = command("cat", more);
  first.arguments.at(2) = "first";
  Daemon leader(first, scratch / "log");
  leader.start();
  BOOST_TEST_REQUIRE(leader.says("ready"), leader.log());
  BOOST_TEST_REQUIRE(eventually([&] { return !try_lock_folder(scratch / "mirror"); }));
  Daemon other(command("touch ran", more), scratch / "other-log");
  other.start();
  BOOST_TEST_REQUIRE(other.says("ready"), other.log());
  leader.kill();
  const FeedMirror mirror(scratch / "mirror", kdc.realm_file(), clock);
  const Time now = clock.now();
  Body body =
      realm.workflow_body("carol", "queue-alice", work_of("invoice-report", "some input"), now);
  files.revoke(RevokedBy::lineage, value_of(body.lineage.front()), now);
  publish();
  BOOST_TEST_REQUIRE(eventually([&] { return mirror.head().sequence == 1; }), other.log());
  hand_out({realm.issue(body), body}, "run-1");
  const auto report = trigger.report();
  BOOST_TEST_REQUIRE(report.has_value(), other.log());
  BOOST_TEST(report->body.at("code") == "WB-TICKET-REVOKED");
  BOOST_TEST(!std::filesystem::exists(scratch / "ran"));
  BOOST_TEST(kdc.count_below("/v1/feed/") == 0);
}

BOOST_AUTO_TEST_CASE(ends_with_a_sentence_and_its_own_status_when_it_cannot_start) {
  for (const BadStart& row : bad_starts) {
    BOOST_TEST_CONTEXT(row.name) {
      Fixture fresh;
      Command spoilt = fresh.command("cat", {});
      row.spoil(fresh, spoilt);
      const auto ended = run(spoilt);
      BOOST_TEST(ended.status == row.status, ended.err);
      BOOST_TEST(ended.err.find(row.says) != std::string::npos, ended.err);
      BOOST_TEST(ended.out.empty(), ended.out);
    }
  }
}

BOOST_AUTO_TEST_CASE(explains_itself) {
  const auto all = run({program, {"--help"}});
  BOOST_TEST(all.status == 0);
  BOOST_TEST(all.out.find("Exit status") != std::string::npos);
  const auto help = run({program, {"run", "--help"}});
  BOOST_TEST(help.status == 0);
  BOOST_TEST(help.out.find("Examples:") != std::string::npos);
  BOOST_TEST(help.out.find("WAYBILL_CLAIMS_FILE") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::program_test
