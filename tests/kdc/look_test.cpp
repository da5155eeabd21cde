#include "kdc/look.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::look_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;

namespace {

// Everything of a look that a test may want wrong. The work is carol's.
struct Wish {
  std::string_view who = "dave";
  Look look;
  LookRequest asked;
  std::string_view by = "trigger/orders";
};

struct Fixture : WholeKdc {
  IssuedTicket work = workflow_ticket();

  Fixture() {
    forget("trigger/orders");
    dave = let_look("dave");
  }
  std::uint64_t let_look(std::string_view who,
                         std::vector<std::string> actions = {"payload:read"}) {
    GrantRecord record = some_grant(who, "queue-alice", "invoice-*");
    record.actions = std::move(actions);
    return grant(record);
  }
  Wish good(std::string_view who = "dave") {
    return {who,
            {{principal("trigger/orders"), InstanceId{1}, Digest{2}}, "invoice-report-1"},
            {{}, work.evidence, PayloadKind::input}};
  }
  Told send(Wish wish) {
    if (wish.asked.presentation.empty()) {
      wish.asked.presentation = *present_look(tgt(wish.who), wish.look, clock.now());
    }
    return ask(wish.by, "look", wish.asked.encode());
  }
  Outcome send_chain(const std::vector<Caveat>& caveats, const Authenticator& authenticator) {
    CaveatChain chain(tgt("dave").ticket, tgt("dave").session);
    BOOST_REQUIRE(bool(chain.add_all(caveats)));
    Wish wish = good();
    wish.asked.presentation = chain.finish(authenticator).wire;
    return send(wish).outcome;
  }
  std::vector<Caveat> complete() const {
    return {caveat::Audience{principal("trigger/orders")},
            caveat::Actions{{std::string(look_action)}}, caveat::WorkflowId{"invoice-report-1"}};
  }
  Authenticator authenticator() const {
    return {principal("trigger/orders"), InstanceId{1}, clock.now(), random_bytes<16>(), Digest{2}};
  }

  std::uint64_t dave = 0;  // the number of his grant
};

struct Row {
  const char* name;
  void (*spoil)(Fixture&, Wish&);
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const Row rows[] = {
    {"somebody who has a grant to look", [](Fixture&, Wish&) {}, accepted},
    {"in the namespace that he named", [](Fixture&, Wish& w) { w.look.space = "default"; },
     accepted},
    {"whose work it is", [](Fixture&, Wish& w) { w.who = "carol"; }, accepted},
    {"the owner of the queue", [](Fixture&, Wish& w) { w.who = "alice"; }, Errc::grant_missing},
    {"an operator", [](Fixture&, Wish& w) { w.who = "operator"; }, Errc::grant_missing},
    {"who may do such work, and not look",
     [](Fixture& f, Wish& w) {
       f.let_look("bob", {"invoice:read", "report:write"});
       w.who = "bob";
     },
     Errc::grant_action},
    {"whose grant was removed",
     [](Fixture& f, Wish&) {
       const Fields gone{{"id", std::to_string(f.dave)}};
       BOOST_TEST(f.ask("operator", "admin.grant.remove", gone).outcome == accepted);
     },
     Errc::grant_missing},
    {"who was disabled",
     [](Fixture& f, Wish& w) {
       w.asked.presentation = *present_look(f.tgt("dave"), w.look, f.clock.now());
       f.disable("dave");
     },
     Errc::revoked},
    {"whose TGT has ended",
     [](Fixture& f, Wish& w) {
       w.asked.presentation = *present_look(f.tgt("dave"), w.look, f.clock.now());
       f.clock.set(f.tgt("dave").times.run_until);
       f.forget("trigger/orders");
     },
     Errc::ticket_expired},
    {"of another workflow", [](Fixture&, Wish& w) { w.look.workflow_id = "invoice-report-2"; },
     Errc::caveat_workflow},
    {"in another namespace", [](Fixture&, Wish& w) { w.look.space = "payroll"; },
     Errc::caveat_namespace},
    {"through a trigger that is not the work's",
     [](Fixture& f, Wish& w) {
       w.by = "trigger/rogue";
       w.look.at.service = f.principal("trigger/rogue");
     },
     Errc::evidence_not_yours},
    {"made for another trigger",
     [](Fixture& f, Wish& w) { w.look.at.service = f.principal("trigger/rogue"); },
     Errc::wrong_addressee},
    {"of a minute too long ago",
     [](Fixture& f, Wish& w) {
       w.asked.presentation = *present_look(f.tgt("dave"), w.look, f.clock.now());
       f.clock.advance(121s);
     },
     Errc::clock_skew},
    {"of two minutes ahead",
     [](Fixture& f, Wish& w) {
       w.asked.presentation = *present_look(f.tgt("dave"), w.look, f.clock.now() + 121s);
     },
     Errc::clock_skew},
    {"at a queue that is disabled", [](Fixture& f, Wish&) { f.disable("queue-alice"); },
     Errc::queue_unknown},
    {"with no evidence", [](Fixture&, Wish& w) { w.asked.evidence.clear(); }, Errc::malformed},
    {"with a delegation",
     [](Fixture& f, Wish& w) {
       Delegation wanted = f.wish();
       wanted.workflow_id = "invoice-report-1";
       w.asked.presentation = f.delegation(wanted);
     },
     Errc::wrong_instance},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_look, Fixture)

// Rules: R6.24, R6.25, R6.26, R6.27, R6.28
BOOST_DATA_TEST_CASE(is_for_the_owner_and_for_who_has_a_grant, bdata::make(rows), row) {
  Wish wish = good();
  row.spoil(*this, wish);
  const Told told = send(wish);
  BOOST_TEST(told.outcome == row.expect);
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "look");
  BOOST_TEST(outcome_of(record) == row.expect);
  BOOST_TEST(record.fields.get("by") == std::string(wish.by) + "@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(by_a_grant_is_recorded_with_it) {
  Wish wish = good();
  wish.asked.payload = PayloadKind::result;
  const Fields told = send(wish).fields();
  BOOST_TEST(told.get("viewer") == "dave@DEMO.TEST");
  BOOST_TEST(told.get("grant") == std::to_string(dave));
  const Fields record = last_record().fields;
  BOOST_TEST(record.get("viewer") == "dave@DEMO.TEST");
  BOOST_TEST(record.get("viewer_tgt") == told.get("tgt"));
  BOOST_TEST(record.get("subject") == "carol@DEMO.TEST");
  BOOST_TEST(record.get("audience") == "queue-alice@DEMO.TEST");
  BOOST_TEST(record.get("ticket") == to_hex(body_of(work).id));
  BOOST_TEST(record.get("workflow") == "invoice-report-1");
  BOOST_TEST(record.get("payload") == "result");
  BOOST_TEST(record.get("grant") == std::to_string(dave));
  BOOST_TEST(record.get("ceiling") == "2");
}

BOOST_AUTO_TEST_CASE(by_the_owner_is_recorded_as_that_and_needs_no_grant) {
  BOOST_TEST(ask("operator", "admin.grant.remove", Fields{{"id", "1"}}).outcome == accepted);
  const Told told = send(good("carol"));
  BOOST_TEST(told.outcome == accepted);
  BOOST_TEST(!told.fields().has("grant"));
  BOOST_TEST(last_record().fields.get("owner") == "yes");
}

BOOST_AUTO_TEST_CASE(leaves_no_ticket_behind) {
  send(good());
  const std::size_t before = store.view().txn().count(store.tables().tickets.table);
  BOOST_TEST(send(good()).outcome == accepted);
  BOOST_TEST(store.view().txn().count(store.tables().tickets.table) == before);
}

// Rules: R5.22
BOOST_AUTO_TEST_CASE(that_leaves_open_what_it_is_for_is_incomplete) {
  const std::vector<Caveat> all = complete();
  BOOST_TEST(send_chain(all, authenticator()) == accepted);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<Caveat> some = all;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(i));
    BOOST_TEST_CONTEXT("caveat " << i) {
      BOOST_TEST(send_chain(some, authenticator()) == Errc::delegation_incomplete);
    }
  }
}

BOOST_AUTO_TEST_CASE(holds_every_other_caveat_too) {
  const auto with = [&](const Caveat& caveat) {
    std::vector<Caveat> more = complete();
    more.push_back(caveat);
    return send_chain(more, authenticator());
  };
  BOOST_TEST(with(caveat::NotAfter{noon}) == Errc::caveat_expired);
  BOOST_TEST(with(caveat::NotAfter{noon + 1s}) == accepted);
  BOOST_TEST(with(caveat::Queue{"queue-bob"}) == Errc::caveat_queue);
  BOOST_TEST(with(caveat::Actions{{"invoice:read"}}) == Errc::caveat_action);
  BOOST_TEST(with(caveat::Audience{principal("dave")}) == Errc::caveat_audience);
}

BOOST_AUTO_TEST_CASE(made_without_the_session_key_is_refused) {
  CaveatChain chain(tgt("dave").ticket, SessionKey::random());
  BOOST_REQUIRE(bool(chain.add_all(complete())));
  Wish wish = good();
  wish.asked.presentation = chain.finish(authenticator()).wire;
  BOOST_TEST(send(wish).outcome == Errc::bad_tag);
}

BOOST_AUTO_TEST_CASE(is_not_asked_about_evidence_that_the_kdc_did_not_sign) {
  Evidence forged = *Evidence::decode(work.evidence);
  Body body = forged.body;
  body.subject = principal("dave");
  forged.body_bytes = body.encode();
  Wish wish = good();
  wish.asked.evidence = forged.encode();
  BOOST_TEST(send(wish).outcome == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(starts_no_work) {
  const Wish wish = good();
  const Buffer shown = *present_look(tgt("dave"), wish.look, clock.now());
  BOOST_TEST(submit(request(shown)).outcome == Errc::delegation_incomplete);
}

// The right to look, written as a grant, must not be one to start: a handler may ask for no action.
BOOST_AUTO_TEST_CASE(may_be_granted_without_the_right_to_start) {
  const auto submitted = [&](std::vector<std::string> actions) {
    Delegation wanted = wish();
    wanted.actions = actions;
    DelegatedTicketRequest asked = request(delegation(wanted, "dave"));
    asked.actions = std::move(actions);
    return submit(asked).outcome;
  };
  BOOST_TEST(submitted({"payload:read"}) == Errc::grant_missing);
  BOOST_TEST(submitted({}) == Errc::grant_missing);
  let_look("dave", {"payload:read", "invoice:read"});
  BOOST_TEST(submitted({"payload:read"}) == Errc::grant_action);
  BOOST_TEST(submitted({"invoice:read", "payload:read"}) == Errc::grant_action);
  BOOST_TEST(submitted({"invoice:read"}) == accepted);
}

BOOST_AUTO_TEST_CASE(with_a_narrowed_tgt_of_the_trigger_is_about_the_work_that_this_names) {
  Wish wish = good();
  wish.asked.presentation = *present_look(tgt("dave"), wish.look, clock.now());
  const auto with = [&](const Caveat& caveat) {
    return ask(tgt("trigger/orders"), "look", wish.asked.encode(), {caveat}).outcome;
  };
  BOOST_TEST(with(caveat::Queue{"queue-alice"}) == accepted);
  BOOST_TEST(with(caveat::Queue{"queue-bob"}) == Errc::caveat_queue);
  BOOST_TEST(with(caveat::Actions{{"invoice:read"}}) == Errc::caveat_action);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::look_test
