#include "kdc/tickets.h"

#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::tickets_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  IssuedTicket carols = workflow_ticket();

  std::vector<Fields> listed(std::string_view who, const Fields& filter) {
    const Told told = ask(who, "tickets", filter);
    BOOST_REQUIRE(told.outcome == accepted);
    return told.page().rows;
  }
  std::set<std::string> subjects(std::string_view who, const Fields& filter) {
    std::set<std::string> out;
    for (const Fields& row : listed(who, filter)) out.emplace(row.get("subject"));
    return out;
  }
  // The one ticket with work in a list.
  Fields work(std::string_view who, const Fields& filter) {
    for (const Fields& row : listed(who, filter)) {
      if (row.has("workflow")) return row;
    }
    BOOST_FAIL("no ticket with work");
    return {};
  }
  using Names = std::set<std::string>;
  const Names only_carol{"carol@DEMO.TEST"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_list_of_tickets, Fixture)

BOOST_AUTO_TEST_CASE(shows_a_subject_its_own_and_no_others) {
  tgt("dave");
  BOOST_TEST(subjects("carol", {}) == only_carol);
  BOOST_TEST(listed("carol", {}).size() == 2U);  // her TGT and her work
  BOOST_TEST(listed("dave", {{"queue", "queue-alice"}}).empty());
  BOOST_TEST(listed("dave", {{"workflow", "invoice-report-1"}}).empty());
  for (const char* someone : {"carol", "nobody"}) {
    BOOST_TEST(ask("dave", "tickets", Fields{{"subject", someone}}).outcome == Errc::not_permitted);
  }
}

BOOST_AUTO_TEST_CASE(shows_a_queue_s_owner_what_is_at_the_queue) {
  BOOST_TEST(subjects("alice", {{"queue", "queue-alice"}}) == only_carol);
  BOOST_TEST(subjects("alice", {{"queue", "queue-alice"}, {"subject", "carol"}}) == only_carol);
  BOOST_TEST(listed("alice", {{"queue", "queue-alice"}, {"subject", "dave"}}).empty());
  BOOST_TEST(listed("bob", {{"queue", "queue-alice"}}).empty());
  BOOST_TEST(
      ask("bob", "tickets", Fields{{"queue", "queue-alice"}, {"subject", "carol"}}).outcome ==
      Errc::not_permitted);
  BOOST_TEST(listed("queue-alice", {{"queue", "queue-alice"}}).empty());  // the queue owns nothing
}

BOOST_AUTO_TEST_CASE(shows_a_pending_owner_nothing) {
  add_queue("queue-erin", "erin", true);
  grant(some_grant("carol", "queue-erin", "*"));
  Delegation wanted = wish();
  wanted.queue = "queue-erin";
  DelegatedTicketRequest asked = request(delegation(wanted));
  asked.queue = "queue-erin";
  BOOST_TEST(submit(asked).outcome == accepted);
  add("erin", PrincipalKind::user);
  BOOST_TEST(listed("erin", {{"queue", "queue-erin"}}).empty());
}

BOOST_AUTO_TEST_CASE(shows_an_operator_all) {
  tgt("dave");
  const std::set<std::string> seen = subjects("operator", {});
  for (const char* name : {"carol@DEMO.TEST", "dave@DEMO.TEST", "operator@DEMO.TEST"}) {
    BOOST_TEST(seen.contains(name));
  }
  BOOST_TEST(subjects("operator", {{"subject", "carol@DEMO.TEST"}}) == only_carol);
  BOOST_TEST(subjects("operator", {{"queue", "queue-alice"}}) == only_carol);
  BOOST_TEST(subjects("operator", {{"workflow", "invoice-report-1"}}) == only_carol);
  BOOST_TEST(listed("operator", {{"workflow", "invoice-report-1"}, {"subject", "dave"}}).empty());
}

BOOST_AUTO_TEST_CASE(says_all_about_a_ticket_but_its_keys) {
  const Fields row = work("carol", {});
  BOOST_TEST(row.get("id") == to_hex(body_of(carols).id));
  BOOST_TEST(row.get("kind") == "service");
  BOOST_TEST(row.get("actor") == "trigger/orders@DEMO.TEST");
  BOOST_TEST(row.get("queue") == "queue-alice");
  BOOST_TEST(row.get("workflow") == "invoice-report-1");
  BOOST_TEST(row.get("type") == "invoice-report");
  BOOST_TEST(row.all("action") == (std::vector<std::string>{"invoice:read", "report:write"}));
  BOOST_TEST(row.get("issued_at") == "1790000000");
  BOOST_TEST(row.get("start_by") == "1790000900");
  BOOST_TEST(row.get("run_until") == "1790003600");
  BOOST_TEST(row.get("renew_until") == "1790604800");
  BOOST_TEST(row.get("state") == "live");
  BOOST_TEST(row.entries().size() == 14U);
}

BOOST_AUTO_TEST_CASE(tells_live_from_expired_from_ended) {
  clock.set(carols.times.run_until - 1s);
  BOOST_TEST(work("carol", {}).get("state") == "live");
  clock.advance(1s);
  BOOST_TEST(work("carol", {}).get("state") == "expired");
  ask("trigger/orders", "complete", EvidenceRequest{carols.evidence}.encode());
  BOOST_TEST(work("carol", {}).get("state") == "ended");
  const Fields all_of_hers{{"kind", "subject"}, {"value", "carol@DEMO.TEST"}};
  BOOST_TEST(ask("operator", "revoke", all_of_hers).outcome == accepted);
  BOOST_TEST(work("operator", {{"subject", "carol@DEMO.TEST"}}).get("state") == "ended");
}

BOOST_AUTO_TEST_CASE(tells_revoked_from_ended) {
  const Fields this_one{{"kind", "ticket"}, {"value", to_hex(body_of(carols).id)}};
  BOOST_TEST(ask("carol", "revoke", this_one).outcome == accepted);
  BOOST_TEST(work("carol", {}).get("state") == "revoked");
  ask("trigger/orders", "complete", EvidenceRequest{carols.evidence}.encode());
  BOOST_TEST(work("carol", {}).get("state") == "revoked");  // the feed has that one entry
}

BOOST_AUTO_TEST_CASE(goes_on_from_page_to_page_without_a_gap) {
  for (int i = 0; i < 600; ++i) {
    Body one = body("carol", "archive");
    one.issued_at = noon + Seconds(i / 7);
    BOOST_REQUIRE(outcome(issuer.commit(order(std::move(one)))) == accepted);
  }
  std::set<std::string> ids;
  std::string after;
  std::size_t pages = 0;
  do {
    Fields filter{{"queue", "archive"}};
    if (!after.empty()) filter.add("after", after);
    const Page page = ask("carol", "tickets", filter).page();
    BOOST_TEST(page.rows.size() <= limits::max_page);
    for (const Fields& row : page.rows) BOOST_TEST(ids.emplace(row.get("id")).second);
    after = page.next;
    ++pages;
  } while (!after.empty());
  BOOST_TEST(ids.size() == 600U);
  BOOST_TEST(pages == 3U);
}

BOOST_AUTO_TEST_CASE(refuses_what_it_does_not_know) {
  BOOST_TEST(ask("carol", "tickets", Fields{{"colour", "red"}}).outcome == Errc::malformed);
  BOOST_TEST(ask("carol", "tickets", Fields{{"after", "zz"}}).outcome == Errc::malformed);
  BOOST_TEST(ask("carol", "tickets", Fields{{"after", "abcd"}}).outcome == Errc::malformed);
  BOOST_TEST(ask("carol", "tickets", Fields{{"subject", "Not A Name"}}).outcome == Errc::bad_name);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::tickets_test
