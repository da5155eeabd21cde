#include <stdlib.h>

#include <filesystem>
#include <sstream>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/file_server.h"
#include "tests/adapters/scratch.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "tools/commands.h"
#include "tools/failure.h"

namespace waybill::test::feed_test {

using namespace tools;

namespace {

namespace fs = std::filesystem;

struct Seen {
  int status;
  std::string out, err;
  bool says(std::string_view words) const { return (out + err).find(words) != out.npos; }
  nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

/// A place without a KDC: a realm file, and a feed as files behind a web server.
struct FeedDesk {
  FeedDesk() {
    write_file_atomic(scratch / "realm.toml", bytes_of(realm_file_of(realm).print()), 0644);
    ::setenv("WAYBILL_REALM", (scratch / "realm.toml").c_str(), 1);
    ::setenv("HOME", scratch.path().c_str(), 1);
    feed.revoke(RevokedBy::subject, "mallory@DEMO.TEST", noon);
    feed.revoke_many(600, noon);
    publish();
  }
  FeedDesk(const FeedDesk&) = delete;
  FeedDesk& operator=(const FeedDesk&) = delete;
  ~FeedDesk() { ::unsetenv("WAYBILL_REALM"); }

  void publish() {
    feed.publish(clock.now());
    feed.write_to((scratch / "www/feed").string());
  }
  Seen run(Command& command, const Arguments& arguments) const {
    std::ostringstream out, err;
    Ui ui(out, err, {});
    Context context{ui, clock};
    int status = 0;
    try {
      status = finish(ui, command(context, arguments));
    } catch (const std::exception& error) {
      status = finish(ui, failure(error));
    }
    return {status, out.str(), err.str()};
  }
  Seen run(const Arguments& arguments) const { return run(feed_main, arguments); }
  std::string file(const char* name) const { return (scratch / name).string(); }
  std::string web() const { return server.url() + "/feed"; }
  Seen export_it(const char* to = "copy") const {
    return run({"export", file(to), "--from", web(), "--json"});
  }
  bool has(const char* name) const { return fs::exists(scratch / name); }

  ManualClock clock;
  TestRealm realm;
  FeedFiles feed{realm};
  Scratch scratch;
  FileServer server{scratch / "www"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_exported_feed, FeedDesk)

BOOST_AUTO_TEST_CASE(is_a_feed_for_anybody) {
  const Seen seen = export_it();
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.json()["sequence"] == 601);
  BOOST_TEST(seen.json()["fetched"] == 3);
  for (const char* name : {"copy/head", "copy/realm", "copy/0/0", "copy/0/1", "copy/0/2.89"}) {
    BOOST_TEST(has(name), name);
  }
  const auto mode = fs::status(scratch / "copy/head").permissions();
  BOOST_TEST(((mode & fs::perms::others_read) == fs::perms::others_read));
  BOOST_TEST(run({"verify", file("copy")}).status == 0);
  BOOST_TEST(run({"export", file("again"), "--from", file("copy")}).status == 0);
  BOOST_TEST(run({"export", file("copy"), "--from", web()}).says("fetched 0, kept 3"));
}

BOOST_AUTO_TEST_CASE(is_brought_up_to_date_by_what_is_missing_alone) {
  BOOST_TEST(export_it().status == 0);
  clock.advance(10s);
  feed.revoke_many(200, clock.now());
  publish();
  const Seen second = export_it();
  BOOST_TEST(second.json()["fetched"] == 2);
  BOOST_TEST(second.json()["kept"] == 2);
  BOOST_TEST(server.count("/feed/0/0") == 1);
  BOOST_TEST(has("copy/0/2.89"));  // somebody may have the head before
  clock.advance(10s);
  publish();
  BOOST_TEST(export_it().json()["removed"] == 1);
  BOOST_TEST(!has("copy/0/2.89"));
  BOOST_TEST(run({"verify", file("copy"), "--json"}).json()["entries"] == 801);
}

BOOST_AUTO_TEST_CASE(goes_over_large_segments_and_a_base_that_moved) {
  feed.revoke_many(20'000, clock.now(), 60s);
  publish();
  BOOST_TEST(export_it().status == 0);
  BOOST_TEST(has("copy/1/0"));
  BOOST_TEST(run({"verify", file("copy"), "--json"}).json()["entries"] == 20'601);
  clock.advance(100s);
  feed.revoke_many(20'000, clock.now());
  feed.compact(18'000, clock.now());
  publish();
  const Seen moved = export_it();
  BOOST_TEST(moved.status == 0, moved.err);
  const Seen verified = run({"verify", file("copy"), "--json"});
  BOOST_TEST(verified.status == 0, verified.err);
  BOOST_TEST(verified.json()["head"]["base"] == 18'000);
  BOOST_TEST(verified.json()["kinds"]["subject"] == 1);
  clock.advance(5s);
  publish();
  BOOST_TEST(export_it().json()["removed"] > 0);
  BOOST_TEST(!has("copy/1/0"));
  BOOST_TEST(run({"verify", file("copy")}).status == 0);
}

BOOST_AUTO_TEST_CASE(has_nothing_of_a_source_that_lies) {
  FeedSegment segment = *FeedSegment::decode(read_file(scratch / "www/feed/0/1", 1 << 20));
  std::swap(segment.entries[7], segment.entries[8]);
  write_file_atomic(scratch / "www/feed/0/1", segment.encode(), 0644);
  const Seen seen = export_it();
  BOOST_TEST(seen.status == 1);
  BOOST_TEST(seen.says("WB-FEED-INVALID"), seen.err);
  BOOST_TEST(has("copy/0/0"));
  BOOST_TEST(!has("copy/0/1"));
  BOOST_TEST(!has("copy/head"));
  feed.write_to(file("honest"));
  BOOST_TEST(run({"export", file("copy"), "--from", file("honest")}).status == 0);
  BOOST_TEST(run({"verify", file("copy")}).status == 0);
}

BOOST_AUTO_TEST_CASE(does_not_go_back) {
  feed.write_to(file("old"));
  clock.advance(10s);
  feed.revoke_many(1, clock.now());
  publish();
  BOOST_TEST(export_it().status == 0);
  const Seen back = run({"export", file("copy"), "--from", file("old")});
  BOOST_TEST(back.status == 1);
  BOOST_TEST(back.says("WB-FEED-INVALID"), back.err);
  BOOST_TEST(run({"verify", file("copy"), "--json"}).json()["entries"] == 602);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_imported_feed, FeedDesk)

BOOST_AUTO_TEST_CASE(is_what_the_hosts_workers_know_from_then_on) {
  BOOST_TEST(export_it().status == 0);
  const Seen seen = run({"import", file("copy"), "--mirror", file("mirror")});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.says("knows all up to entry 601"), seen.err);
  {
    const FeedMirror mirror(scratch / "mirror", realm_file_of(realm), clock, quick_mirror());
    BOOST_TEST(mirror.head().sequence == 601U);
    BOOST_TEST(mirror.concerns(realm.service_body("mallory", "queue-alice")));
    BOOST_TEST(!mirror.concerns(realm.service_body("carol", "queue-alice")));
  }
  clock.advance(10s);
  feed.revoke_many(2, clock.now());
  publish();
  BOOST_TEST(export_it().status == 0);
  const Seen more = run({"import", file("copy"), "--mirror", file("mirror"), "--json"});
  BOOST_TEST(more.json()["sequence"] == 603);
  BOOST_TEST(more.json()["new"] == 2);
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_went_back_or_is_of_another_realm) {
  feed.write_to(file("old"));
  clock.advance(10s);
  publish();
  BOOST_TEST(run({"import", web(), "--mirror", file("mirror")}).status == 0);
  const Seen back = run({"import", file("old"), "--mirror", file("mirror")});
  BOOST_TEST(back.status == 1);
  BOOST_TEST(back.says("WB-FEED-INVALID"), back.err);
  TestRealm other;  // of the same name
  FeedFiles others(other);
  others.publish(clock.now());
  others.write_to(file("other"));
  const Seen strange = run({"import", file("other"), "--mirror", file("mirror")});
  BOOST_TEST(strange.status == 1);
  BOOST_TEST(strange.says("WB-REALM-DOCUMENT"), strange.err);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_look_at_a_feed, FeedDesk)

BOOST_AUTO_TEST_CASE(shows_how_far_it_goes_and_how_old_it_is) {
  clock.advance(3s);
  const auto head = run({"show", web(), "--json"}).json();
  BOOST_TEST(head["realm"] == "DEMO.TEST");
  BOOST_TEST(head["last"] == 601);
  BOOST_TEST(head["base"] == 0);
  BOOST_TEST(head["age"] == 3);
  BOOST_TEST(!run({"show", web()}).says("overdue"));
  clock.advance(1h);
  BOOST_TEST(run({"show", web()}).says("overdue"));
}

BOOST_AUTO_TEST_CASE(shows_each_entry) {
  feed.revoke(RevokedBy::ticket, value_of(TicketId{0xab}), noon);
  publish();
  const Seen seen = run({"show", web(), "--entries", "--json"});
  std::istringstream lines(seen.out);
  std::vector<nlohmann::json> entries;
  for (std::string line; std::getline(lines, line);) {
    entries.push_back(nlohmann::json::parse(line));
  }
  BOOST_TEST_REQUIRE(entries.size() == 602U);
  BOOST_TEST(entries.front()["sequence"] == 1);
  BOOST_TEST(entries.front()["kind"] == "subject");
  BOOST_TEST(entries.front()["value"] == "mallory@DEMO.TEST");
  BOOST_TEST(entries.front()["reason"] == "for a test");
  BOOST_TEST(entries.back()["sequence"] == 602);
  BOOST_TEST(entries.back()["value"] == "ab" + std::string(30, '0'));
  BOOST_TEST(run({"show", web(), "--entries"}).says("mallory@DEMO.TEST  for a test"));
}

BOOST_AUTO_TEST_CASE(says_what_is_in_it) {
  clock.advance(8 * 24h);
  const auto found = run({"verify", web(), "--json"}).json();
  BOOST_TEST(found["entries"] == 601);
  BOOST_TEST(found["kinds"]["completed"] == 600);
  BOOST_TEST(found["kinds"]["subject"] == 1);
  BOOST_TEST(found["over"] == 601);
  BOOST_TEST(run({"verify", web()}).says("601, all in their chain"));
}

BOOST_AUTO_TEST_CASE(fails_with_the_status_that_says_why) {
  write_file_atomic(scratch / "www/feed/0/1", bytes_of("nonsense"), 0644);
  struct Row {
    const char* name;
    Arguments arguments;
    int status;
    std::string says;
  };
  const Row rows[] = {
      {"forged", {"verify", web()}, 1, "WB-"},
      {"no folder", {"verify", file("none")}, 5, "none/head"},
      {"no file", {"show", server.url()}, 3, "/head is answered with status 404"},
      {"no server", {"show"}, 3, "cannot connect"},
      {"no mirror named", {"import", web()}, 2, "--mirror"},
      {"nothing", {}, 2, "wants one of"},
      {"what it does not know", {"exprt"}, 2, "did you mean `waybill feed export`?"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Seen seen = run(row.arguments);
      BOOST_TEST(seen.status == row.status, seen.err);
      BOOST_TEST(seen.says(row.says), seen.err);
    }
  }
  fs::remove(scratch / "www/feed/0/1");
  BOOST_TEST(run({"verify", file("www/feed")}).status == 5);  // a hole, on this machine
  BOOST_TEST(run({"verify", web()}).status == 3);             // and on a server
}

BOOST_AUTO_TEST_CASE(has_help_with_examples) {
  for (const char* command : {"show", "verify", "export", "import"}) {
    const Seen seen = run({command, "--help"});
    BOOST_TEST(seen.status == 0);
    BOOST_TEST(seen.says(std::string("waybill feed ") + command), seen.out);
    BOOST_TEST(seen.says("Examples:"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_ticket_without_a_kdc)

namespace {

struct WithTicket : FeedDesk {
  WithTicket() {
    write_file_atomic(scratch / "keytab", realm.keytab("queue-alice").encode(), 0600);
    body = realm.workflow_body("carol", "queue-alice", work_of("invoice-report", "x"));
    write_file_atomic(scratch / "ticket", realm.issue(body).ticket, 0600);
  }
  Seen verify(Arguments more) const {
    more.insert(more.begin(), {"-t", file("keytab"), file("ticket"), "--json"});
    return run(verify_main, more);
  }
  Body body = realm.workflow_body("carol", "queue-alice", work_of("invoice-report", "x"));
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(is_judged_by_any_feed, WithTicket) {
  for (const std::string& place : {web(), file("www/feed")}) {
    const Seen seen = verify({"--feed", place});
    BOOST_TEST(seen.status == 0, seen.err);
  }
  clock.advance(90s);
  const Seen stale = verify({"--feed", web()});
  BOOST_TEST(stale.json()["code"] == "WB-FEED-STALE");
  BOOST_TEST(stale.json()["detail"] == "the feed is 90 s old, this ticket allows 60 s");
  BOOST_TEST(stale.says(": the feed is 90 s old, this ticket allows 60 s"), stale.err);
  feed.revoke(RevokedBy::ticket, value_of(body.id), clock.now());
  publish();
  BOOST_TEST(verify({"--feed", web()}).json()["code"] == "WB-TICKET-REVOKED");
}

BOOST_FIXTURE_TEST_CASE(is_judged_by_what_was_imported, WithTicket) {
  BOOST_TEST(run({"import", web(), "--mirror", file("mirror")}).status == 0);
  const Seen seen = verify({"--mirror", file("mirror")});
  BOOST_TEST(seen.status == 0, seen.err);
  clock.advance(30s);
  feed.revoke(RevokedBy::completed, value_of(body.id), clock.now());
  publish();
  BOOST_TEST(verify({"--mirror", file("mirror")}).status == 0);  // it is not known there yet
  BOOST_TEST(run({"import", web(), "--mirror", file("mirror")}).status == 0);
  BOOST_TEST(verify({"--mirror", file("mirror")}).json()["code"] == "WB-TICKET-REVOKED");
  clock.set(noon - 100s);
  BOOST_TEST(verify({"--mirror", file("mirror")}).json()["code"] == "WB-CLOCK-BEHIND");
  BOOST_TEST(verify({"--mirror", file("mirror"), "--feed", web()}).status == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_test
