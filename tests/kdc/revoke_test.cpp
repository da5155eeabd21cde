#include "kdc/revoke.h"

#include <latch>
#include <thread>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "kdc/call.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::test::revoke_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;

namespace {

struct Fixture : WholeKdc {
  // Carol's work at queue-alice, dave's at queue-bob.
  IssuedTicket carols = workflow_ticket();
  IssuedTicket daves = dave_works();

  IssuedTicket dave_works(std::string id = "payroll-1") {
    if (store.view().grants_of(GrantRecord::Holder::subject, "dave").empty()) {
      grant(some_grant("dave", "queue-bob", "*"));
    }
    Delegation wanted = wish();
    wanted.queue = "queue-bob";
    wanted.workflow_type = "payroll";
    DelegatedTicketRequest asked = request(delegation(wanted, "dave"));
    asked.queue = "queue-bob";
    asked.work.type = "payroll";
    asked.work.id = std::move(id);
    const Told told = submit(asked);
    BOOST_REQUIRE(told.outcome == accepted);
    return told.ticket();
  }
  std::string value(std::string_view name) const {
    if (name == "carol's ticket") return to_hex(body_of(carols).id);
    if (name == "dave's ticket") return to_hex(body_of(daves).id);
    if (name == "carol's TGT") return to_hex(body_of(carols).lineage[0]);
    if (name == "no ticket") return std::string(32, 'a');
    return std::string(name);
  }
  Told revoke(std::string_view who, std::string_view kind, std::string_view what) {
    return ask(who, "revoke",
               Fields{{"kind", std::string(kind)}, {"value", value(what)}, {"reason", "a test"}});
  }
  bool dead(const IssuedTicket& ticket) const { return store.view().revoked(body_of(ticket)); }
};

struct Row {
  const char* who;
  const char* kind;
  const char* what;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << row.who << " revokes " << row.kind << " " << row.what;
  }
};

const Row rows[] = {
    // A subject: itself and its own.
    {"carol", "ticket", "carol's ticket", accepted},
    {"carol", "ticket", "carol's TGT", accepted},
    {"carol", "ticket", "dave's ticket", Errc::not_found},
    {"carol", "ticket", "no ticket", Errc::not_found},
    {"carol", "lineage", "carol's TGT", accepted},
    {"carol", "lineage", "dave's ticket", Errc::not_found},
    {"carol", "completed", "carol's ticket", Errc::malformed},
    {"carol", "realm", "DEMO.TEST", Errc::not_permitted},
    {"carol", "subject", "carol", accepted},
    {"carol", "subject", "carol@DEMO.TEST", accepted},
    {"carol", "subject", "dave", Errc::not_permitted},
    {"carol", "subject", "nobody", Errc::not_permitted},
    {"carol", "subject", "carol@OTHER.TEST", Errc::not_permitted},
    {"carol", "actor", "carol", Errc::not_permitted},
    {"carol", "actor", "trigger/orders", Errc::not_permitted},
    {"carol", "queue", "queue-alice", Errc::not_permitted},
    {"carol", "queue", "no-queue", Errc::not_permitted},
    {"carol", "workflow", "invoice-report-1", accepted},
    {"carol", "workflow", "payroll-1", Errc::not_found},
    {"carol", "workflow", "nothing-1", Errc::not_found},
    // A queue's owner: what is at the queue.
    {"alice", "ticket", "carol's ticket", accepted},
    {"alice", "ticket", "carol's TGT", Errc::not_found},
    {"alice", "ticket", "dave's ticket", Errc::not_found},
    {"alice", "lineage", "carol's ticket", accepted},
    {"alice", "lineage", "carol's TGT", Errc::not_found},
    {"alice", "realm", "DEMO.TEST", Errc::not_permitted},
    {"alice", "subject", "carol", Errc::not_permitted},
    {"alice", "actor", "trigger/orders", Errc::not_permitted},
    {"alice", "queue", "queue-alice", accepted},
    {"alice", "queue", "queue-bob", Errc::not_permitted},
    {"alice", "workflow", "invoice-report-1", accepted},
    {"alice", "workflow", "payroll-1", Errc::not_found},
    // The queue itself, and the trigger, own nothing.
    {"queue-alice", "ticket", "carol's ticket", Errc::not_found},
    {"queue-alice", "queue", "queue-alice", Errc::not_permitted},
    {"trigger/orders", "ticket", "carol's ticket", Errc::not_found},
    {"trigger/orders", "actor", "trigger/orders", Errc::not_permitted},
    // An operator: all, but nothing that is not there.
    {"operator", "ticket", "carol's ticket", accepted},
    {"operator", "ticket", "no ticket", accepted},
    {"operator", "ticket", "not hex", Errc::malformed},
    {"operator", "ticket", "abcd", Errc::malformed},
    {"operator", "subject", "dave", accepted},
    {"operator", "subject", "nobody", Errc::principal_unknown},
    {"operator", "subject", "dave@OTHER.TEST", Errc::principal_unknown},
    {"operator", "subject", "Not A Name", Errc::bad_name},
    {"operator", "actor", "trigger/orders", accepted},
    {"operator", "actor", "nobody", Errc::principal_unknown},
    {"operator", "queue", "queue-bob", accepted},
    {"operator", "queue", "dave", Errc::queue_unknown},
    {"operator", "workflow", "payroll-1", accepted},
    {"operator", "workflow", "never-seen-9", accepted},
    {"operator", "workflow", "not an id", Errc::bad_name},
    {"operator", "lineage", "no ticket", accepted},
    {"operator", "lineage", "abcd", Errc::malformed},
    {"operator", "realm", "DEMO.TEST", accepted},
    {"operator", "realm", "demo.test", Errc::wrong_realm},
    {"operator", "realm", "OTHER.TEST", Errc::wrong_realm},
    {"operator", "realm", "", Errc::wrong_realm},
    {"operator", "completed", "carol's ticket", Errc::malformed},
    {"operator", "everything", "carol", Errc::malformed},
    {"operator", "", "carol", Errc::malformed},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_revocation, Fixture)

BOOST_DATA_TEST_CASE(is_for_those_whose_tickets_they_are, bdata::make(rows), row) {
  const std::uint64_t before = store.view().feed_position().sequence;
  const Told told = revoke(row.who, row.kind, row.what);
  BOOST_TEST(told.outcome == row.expect);
  const std::uint64_t after = store.view().feed_position().sequence;
  BOOST_TEST(after == before + (row.expect == accepted ? 1 : 0));
  BOOST_TEST(last_record().event == "revoke");
  BOOST_TEST(outcome_of(last_record()) == row.expect);
  if (row.expect == accepted) {
    BOOST_TEST(told.fields().get("sequence") == std::to_string(after));
  }
}

BOOST_AUTO_TEST_CASE(reaches_what_it_names_and_nothing_else) {
  BOOST_TEST(revoke("operator", "workflow", "invoice-report-1").outcome == accepted);
  BOOST_TEST(dead(carols));
  BOOST_TEST(!dead(daves));
  BOOST_TEST(revoke("operator", "actor", "trigger/orders").outcome == accepted);
  BOOST_TEST(dead(daves));
}

BOOST_AUTO_TEST_CASE(by_name_ends_what_was_issued_until_this_second_and_no_later_login) {
  BOOST_TEST(revoke("operator", "subject", "dave").outcome == accepted);
  BOOST_TEST(dead(daves));
  BOOST_TEST(ask("dave", "self", Fields{}).outcome == Errc::revoked);
  forget("dave");
  BOOST_TEST(ask("dave", "self", Fields{}).outcome == Errc::revoked);  // in the same second
  forget("dave");
  clock.advance(1s);
  BOOST_TEST(ask("dave", "self", Fields{}).outcome == accepted);
  BOOST_TEST(!dead(dave_works("payroll-2")));
}

BOOST_AUTO_TEST_CASE(of_an_operator_s_workflow_closes_its_id_for_good) {
  BOOST_TEST(revoke("operator", "workflow", "invoice-report-1").outcome == accepted);
  clock.advance(1h);
  BOOST_TEST(submit(request(delegation(wish()))).outcome == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(of_one_s_own_workflow_does_not_close_its_id_to_others) {
  const IssuedTicket twin = dave_works("invoice-report-1");  // dave chose the same id
  BOOST_TEST(revoke("dave", "workflow", "invoice-report-1").outcome == accepted);
  BOOST_TEST(dead(twin));
  BOOST_TEST(!dead(carols));
  BOOST_TEST(submit(request(delegation(wish()))).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(gives_nothing_to_an_owner_who_is_pending) {
  add_queue("queue-erin", "erin", true);
  add("erin", PrincipalKind::user);
  BOOST_TEST(revoke("erin", "queue", "queue-erin").outcome == Errc::not_permitted);
}

BOOST_AUTO_TEST_CASE(carries_its_reason_and_matters_as_long_as_a_ticket_may_live) {
  BOOST_TEST(revoke("carol", "subject", "carol").outcome == accepted);
  const auto entry = store.view().revocation(RevokedBy::subject, "carol@DEMO.TEST");
  BOOST_REQUIRE(entry.has_value());
  BOOST_TEST(entry->reason == "a test");
  BOOST_TEST((entry->time == noon));
  BOOST_TEST((entry->issued_until == noon));
  BOOST_TEST((entry->matters_until == noon + limits::max_ticket_life));
}

BOOST_AUTO_TEST_CASE(by_a_service_ticket_matters_until_that_ticket_s_own_end) {
  BOOST_TEST(revoke("carol", "ticket", "carol's ticket").outcome == accepted);
  BOOST_TEST(revoke("dave", "workflow", "payroll-1").outcome == accepted);
  const auto until = [&](std::string_view what) {
    const auto id = fixed_from_hex<sizeof(TicketId)>(value(what));
    return store.view().revocation(RevokedBy::ticket, value_of(*id)).value().matters_until;
  };
  BOOST_TEST((until("carol's ticket") == carols.times.renew_until + limits::clock_skew));
  BOOST_TEST((until("dave's ticket") == daves.times.renew_until + limits::clock_skew));
}

// What was derived from a TGT outlives it, and a ticket that is not known may be one.
BOOST_AUTO_TEST_CASE(by_a_tgt_or_a_ticket_nobody_knows_matters_as_long_as_any_may_live) {
  BOOST_TEST(revoke("operator", "ticket", "carol's TGT").outcome == accepted);
  BOOST_TEST(revoke("operator", "ticket", "no ticket").outcome == accepted);
  BOOST_TEST(revoke("operator", "lineage", "carol's ticket").outcome == accepted);
  std::size_t entries = 0;
  store.view().each_standing([&](const Standing& standing) {
    BOOST_TEST((standing.entry.matters_until == noon + limits::max_ticket_life));
    return ++entries != 0;
  });
  BOOST_TEST(entries == 3U);
}

BOOST_AUTO_TEST_CASE(by_lineage_ends_what_was_derived_and_leaves_the_ticket_itself) {
  BOOST_TEST(revoke("carol", "lineage", "carol's TGT").outcome == accepted);
  BOOST_TEST(dead(carols));
  BOOST_TEST(!dead(daves));
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == accepted);
  BOOST_TEST(submit(request(delegation(wish()))).outcome == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(by_realm_ends_all_that_was_issued_until_this_second) {
  BOOST_TEST(revoke("operator", "realm", "DEMO.TEST").outcome == accepted);
  BOOST_TEST(dead(carols));
  BOOST_TEST(dead(daves));
  for (const char* who : {"operator", "carol", "queue-alice"}) {
    BOOST_TEST(ask(who, "self", Fields{}).outcome == Errc::revoked);
    forget(who);
  }
  clock.advance(1s);
  forget("trigger/orders");
  BOOST_TEST(ask("operator", "self", Fields{}).outcome == accepted);
  BOOST_TEST(!dead(workflow_ticket()));
}

BOOST_AUTO_TEST_CASE(refuses_what_it_does_not_know) {
  BOOST_TEST(
      ask("carol", "revoke", Fields{{"kind", "subject"}, {"value", "carol"}, {"force", "yes"}})
          .outcome == Errc::malformed);
  BOOST_TEST(ask("carol", "revoke",
                 Fields{{"kind", "subject"}, {"value", "carol"}, {"reason", std::string(257, 'x')}})
                 .outcome == Errc::limit_exceeded);
  BOOST_TEST(ask("carol", "revoke", Fields{{"value", "carol"}, {"value", "dave"}}).outcome ==
             Errc::malformed);
  BOOST_TEST(ask("carol", "revoke", Buffer{0xc0}).outcome == Errc::not_canonical);
}

BOOST_AUTO_TEST_SUITE_END()

// --- Between check and commit ---------------------------------------------------------------

namespace {

/// Two calls that wait for the same commit: each was checked before the other was done.
struct Race : Fixture {
  Race() {
    tgt("operator");  // nobody logs in while the writer is held
    tgt("trigger/orders");
  }
  // Gives what became of the second.
  Told second_of(const std::function<void()>& first, const std::function<Told()>& second) {
    std::latch entered{1};
    std::latch opened{1};
    auto gate = issuer.submit({{"gate", std::nullopt, {}},
                               [&](StoreChange&, Fields&) {
                                 entered.count_down();
                                 opened.wait();
                                 return ok();
                               },
                               std::nullopt});
    entered.wait();
    std::thread one(first);
    wait_for(1);
    Told told;
    std::thread two([&] { told = second(); });
    wait_for(2);
    opened.count_down();
    one.join();
    two.join();
    BOOST_TEST(outcome(gate.wait()) == accepted);
    return told;
  }
  void wait_for(std::size_t waiting) {
    while (issuer.counts().waiting < waiting) std::this_thread::yield();
  }
  Outcome delegated_while(std::string_view operation, const Fields& arguments) {
    const DelegatedTicketRequest asked = request(delegation(wish()));
    Told first;
    const Told told = second_of([&] { first = ask("operator", operation, arguments); },
                                [&] { return submit(asked); });
    BOOST_TEST(first.outcome == accepted);
    return told.outcome;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(what_changes_between_check_and_commit, Race)

BOOST_AUTO_TEST_CASE(stops_the_ticket_of_a_subject_who_was_revoked) {
  BOOST_TEST(delegated_while("revoke", {{"kind", "subject"}, {"value", "carol"}}) == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(stops_the_ticket_of_a_workflow_that_was_revoked) {
  BOOST_TEST(delegated_while("revoke", {{"kind", "workflow"}, {"value", "invoice-report-1"}}) ==
             Errc::revoked);
}

BOOST_AUTO_TEST_CASE(stops_the_ticket_whose_grant_was_removed) {
  BOOST_TEST(delegated_while("admin.grant.remove", {{"id", "1"}}) == Errc::grant_missing);
}

BOOST_AUTO_TEST_CASE(stops_the_ticket_to_a_queue_that_was_disabled) {
  BOOST_TEST(delegated_while("admin.principal.disable", {{"name", "queue-alice"}}) ==
             Errc::queue_unknown);
}

BOOST_AUTO_TEST_CASE(stops_the_trigger_that_was_disabled) {
  BOOST_TEST(delegated_while("admin.principal.disable", {{"name", "trigger/orders"}}) ==
             Errc::revoked);
}

BOOST_AUTO_TEST_CASE(stops_a_renewal_of_work_that_was_completed) {
  tgt("queue-alice");
  const EvidenceRequest evidence{carols.evidence};
  const Told told = second_of([&] { ask("queue-alice", "complete", evidence.encode()); },
                              [&] { return ask("trigger/orders", "renew", evidence.encode()); });
  BOOST_TEST(told.outcome == Errc::revoked);
}

// Rules: R6.34
BOOST_AUTO_TEST_CASE(asks_for_another_try_when_it_narrows_a_renewal) {
  GrantRecord narrow = some_grant("carol", "queue-alice", "invoice-*");
  narrow.actions = {"report:write"};
  grant(narrow);
  const EvidenceRequest evidence{carols.evidence};
  const Told told = second_of(
      [&] {
        ask("operator", "admin.grant.remove", Fields{{"id", "1"}});
      },
      [&] { return ask("trigger/orders", "renew", evidence.encode()); });
  BOOST_TEST(told.outcome == Errc::busy);
}

BOOST_AUTO_TEST_CASE(stops_a_login_of_somebody_who_was_disabled) {
  Told told = second_of(
      [&] {
        ask("operator", "admin.principal.disable", Fields{{"name", "carol"}});
      },
      [&]() -> Told {
        return {outcome(login(keytab("carol").newest().key, "carol")), {}, {}};
      });
  BOOST_TEST(told.outcome == Errc::login_failed);
}

BOOST_AUTO_TEST_CASE(gives_one_of_two_different_works_to_one_delegation) {
  const DelegatedTicketRequest one = request(delegation(wish()));
  DelegatedTicketRequest other = one;
  other.work.id = "invoice-report-2";
  const Told told = second_of([&] { submit(one); }, [&] { return submit(other); });
  BOOST_TEST(told.outcome == Errc::request_replayed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::revoke_test
