#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "kdc/tgs_exchange.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::delegate_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;

namespace {

// Everything of a submission that a test may want wrong.
struct Submission {
  Delegation user;                 // what the user's caveats say
  DelegatedTicketRequest trigger;  // what the trigger asks
  std::string_view by = "trigger/orders";
};

struct Fixture : WholeKdc {
  Submission good() { return {wish(), request({})}; }
  Told send(Submission one) {
    one.trigger.presentation = delegation(one.user);
    return submit(one.trigger, one.by);
  }
  // A chain of the user's own making.
  Told send_chain(const std::vector<Caveat>& caveats, const Authenticator& authenticator) {
    CaveatChain chain(tgt("carol").ticket, tgt("carol").session);
    BOOST_REQUIRE(bool(chain.add_all(caveats)));
    return submit(request(chain.finish(authenticator).wire));
  }
  std::vector<Caveat> complete() const {
    return {caveat::Delegation{random_bytes<16>()},
            caveat::Audience{principal("trigger/orders")},
            caveat::NotAfter{clock.now() + 15min},
            caveat::Actions{{"invoice:read", "report:write"}},
            caveat::Queue{"queue-alice"},
            caveat::WorkflowType{"invoice-report"},
            caveat::Input{input}};
  }
  Authenticator authenticator() const {
    return {principal("trigger/orders"), std::nullopt, clock.now(), random_bytes<16>(), input};
  }
};

struct Row {
  const char* name;
  void (*spoil)(Submission&);
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const Row rows[] = {
    {"all is right", [](Submission&) {}, accepted},
    {"fewer actions than the caveat", [](Submission& s) { s.trigger.actions = {"invoice:read"}; },
     accepted},
    {"an id that the user named", [](Submission& s) { s.user.workflow_id = s.trigger.work.id; },
     accepted},
    {"another queue", [](Submission& s) { s.trigger.queue = "queue-bob"; }, Errc::caveat_queue},
    {"another type", [](Submission& s) { s.trigger.work.type = "invoice-purge"; },
     Errc::caveat_workflow_type},
    {"one action more", [](Submission& s) { s.trigger.actions.emplace_back("invoice:delete"); },
     Errc::caveat_action},
    {"another workflow id than the user named",
     [](Submission& s) { s.user.workflow_id = "invoice-report-2"; }, Errc::caveat_workflow},
    {"the namespace that the user named", [](Submission& s) { s.user.space = "default"; },
     accepted},
    {"another namespace than the user named", [](Submission& s) { s.user.space = "payroll"; },
     Errc::caveat_namespace},
    {"another input", [](Submission& s) { s.trigger.work.input[0] ^= 1U; }, Errc::wrong_request},
    {"a downstream that the caveat does not name",
     [](Submission& s) {
       s.trigger.downstreams = {{"archive", {"x"}}};
     },
     Errc::caveat_downstream},
    {"a downstream that the caveat names: none are issued yet",
     [](Submission& s) {
       s.user.downstreams = s.trigger.downstreams = {{"archive", {"x"}}};
     },
     Errc::policy_denied},
    {"an action that the caveat names and no grant holds",
     [](Submission& s) {
       s.user.actions.emplace_back("invoice:delete");
       s.trigger.actions = s.user.actions;
     },
     Errc::grant_action},
    {"a queue that the caveat names and no grant covers",
     [](Submission& s) { s.user.queue = s.trigger.queue = "queue-bob"; }, Errc::grant_missing},
    {"longer than the grant", [](Submission& s) { s.trigger.run_for = 1h + 1s; },
     Errc::grant_duration},
    {"as long as the grant", [](Submission& s) { s.trigger.run_for = 1h; }, accepted},
    {"made for another trigger",
     [](Submission& s) { s.user.trigger = *Principal::parse("trigger/rogue@DEMO.TEST"); },
     Errc::wrong_addressee},
    {"sent by another trigger, which stole it", [](Submission& s) { s.by = "trigger/rogue"; },
     Errc::wrong_addressee},
    {"a not-after more than 15 minutes ahead", [](Submission& s) { s.user.not_after += 1s; },
     Errc::limit_exceeded},
    {"a not-after that is over", [](Submission& s) { s.user.not_after = noon; },
     Errc::caveat_expired},
    {"something that is no presentation", [](Submission&) {}, Errc::malformed},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_delegation, Fixture)

// Rules: R6.13, R6.15, R6.16, R6.17, R6.18
BOOST_DATA_TEST_CASE(gives_what_the_user_said_and_no_more, bdata::make(rows), row) {
  Submission one = good();
  row.spoil(one);
  const bool garbage = std::string_view(row.name) == "something that is no presentation";
  const Told told = garbage ? submit(request({0x90})) : send(one);
  BOOST_TEST(told.outcome == row.expect);
  if (row.expect == accepted) return;
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "tgs.delegate");
  BOOST_TEST(outcome_of(record) == row.expect);
  BOOST_TEST(record.fields.get("by") == std::string(one.by) + "@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(gives_a_ticket_that_the_queue_accepts_and_that_says_all) {
  const IssuedTicket ticket = workflow_ticket();
  Audience queue(keytab("queue-alice"), epochs.document());
  const auto verified = queue.accept(ticket.ticket, clock.now());
  BOOST_REQUIRE(outcome(verified) == accepted);
  const Body& body = verified->body();
  BOOST_TEST(body.subject.text() == "carol@DEMO.TEST");
  BOOST_REQUIRE(body.actors.size() == 1U);
  BOOST_TEST(body.actors[0].text() == "trigger/orders@DEMO.TEST");
  BOOST_TEST((body.work.value() == Work{"default", "invoice-report-1", "invoice-report", input}));
  BOOST_TEST(body.actions == (std::vector<std::string>{"invoice:read", "report:write"}));
  BOOST_TEST((body.issued_at == noon));
  BOOST_TEST((body.start_by == noon + 15min));
  BOOST_TEST((body.run_until == noon + 1h));
  BOOST_TEST((body.renew_until == noon + 24h * 7));
  BOOST_TEST(body.flags == flags::delegated);
  BOOST_TEST((body.max_staleness == 60s));
  BOOST_REQUIRE(body.lineage.size() == 1U);
  const auto tgt = store.view().ticket(body.lineage[0]);
  BOOST_REQUIRE(tgt.has_value());
  BOOST_TEST((tgt->kind == Kind::tgt));
  BOOST_TEST((tgt->body.subject == body.subject));
}

BOOST_AUTO_TEST_CASE(is_recorded_with_the_rules_that_allowed_it) {
  workflow_ticket();
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "tgs.delegate");
  BOOST_TEST(outcome_of(record) == accepted);
  BOOST_TEST(record.fields.get("by") == "trigger/orders@DEMO.TEST");
  BOOST_TEST(record.fields.get("subject") == "carol@DEMO.TEST");
  BOOST_TEST(record.fields.get("grant") == "1");
  BOOST_TEST(record.fields.get("ceiling") == "2");
}

BOOST_AUTO_TEST_CASE(without_any_one_of_its_caveats_is_incomplete) {
  const std::vector<Caveat> all = complete();
  BOOST_TEST(send_chain(all, authenticator()).outcome == accepted);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<Caveat> some = all;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(i));
    BOOST_TEST_CONTEXT("caveat " << i) {
      BOOST_TEST(send_chain(some, authenticator()).outcome == Errc::delegation_incomplete);
    }
  }
}

BOOST_AUTO_TEST_CASE(that_does_not_start_with_its_own_id_is_incomplete) {
  std::vector<Caveat> turned = complete();
  std::swap(turned[0], turned[1]);
  BOOST_TEST(send_chain(turned, authenticator()).outcome == Errc::delegation_incomplete);
}

BOOST_AUTO_TEST_CASE(holds_every_caveat_of_a_repeated_type) {
  std::vector<Caveat> twice = complete();
  twice.emplace_back(caveat::Queue{"queue-bob"});
  BOOST_TEST(send_chain(twice, authenticator()).outcome == Errc::caveat_queue);
  twice = complete();
  twice.emplace_back(caveat::NotAfter{noon + 5min});
  const Told told = send_chain(twice, authenticator());
  BOOST_REQUIRE(told.outcome == accepted);
  BOOST_TEST((told.ticket().times.start_by == noon + 5min));
  twice.emplace_back(caveat::Audience{principal("trigger/rogue")});
  BOOST_TEST(send_chain(twice, authenticator()).outcome == Errc::caveat_audience);
}

// Rules: R6.10, R6.11, R6.12, R6.13, R6.14
BOOST_AUTO_TEST_CASE(with_a_wrong_authenticator_is_refused) {
  const auto refused = [&](auto spoil) {
    Authenticator a = authenticator();
    spoil(a);
    return send_chain(complete(), a).outcome;
  };
  BOOST_TEST(refused([&](Authenticator& a) { a.addressee = parts.krbtgt; }) ==
             Errc::wrong_addressee);
  BOOST_TEST(refused([&](Authenticator& a) { a.instance = instance; }) == Errc::wrong_instance);
  BOOST_TEST(refused([](Authenticator& a) { a.time += 121s; }) == Errc::clock_skew);
  BOOST_TEST(refused([](Authenticator& a) { a.time -= 1s; }) == Errc::limit_exceeded);
  BOOST_TEST(refused([](Authenticator& a) { a.request[31] ^= 1U; }) == Errc::wrong_request);
}

BOOST_AUTO_TEST_CASE(may_be_made_by_a_clock_that_is_a_little_ahead) {
  Authenticator a = authenticator();
  a.time += 120s;
  BOOST_TEST(send_chain(complete(), a).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(made_without_the_session_key_is_refused) {
  CaveatChain chain(tgt("carol").ticket, SessionKey::random());
  BOOST_REQUIRE(bool(chain.add_all(complete())));
  BOOST_TEST(submit(request(chain.finish(authenticator()).wire)).outcome == Errc::bad_tag);
  BOOST_TEST(last_record().fields.get("subject") == "carol@DEMO.TEST");
}

// Rules: R6.9
BOOST_AUTO_TEST_CASE(under_an_ended_or_revoked_tgt_is_refused) {
  Submission one = good();
  one.trigger.presentation = delegation(one.user);
  BOOST_TEST(ask("operator", "revoke", Fields{{"kind", "subject"}, {"value", "carol"}}).outcome ==
             accepted);
  BOOST_TEST(submit(one.trigger).outcome == Errc::revoked);
  forget("carol");
  clock.advance(1s);
  clock.advance(tgt("carol").times.run_until - clock.now());
  forget("trigger/orders");
  one = good();
  BOOST_TEST(send(one).outcome == Errc::ticket_expired);
}

// Rules: R6.9
BOOST_AUTO_TEST_CASE(of_somebody_disabled_is_refused) {
  Submission one = good();
  one.trigger.presentation = delegation(one.user);
  disable("carol");
  BOOST_TEST(submit(one.trigger).outcome == Errc::revoked);
}

// Rules: R6.20
BOOST_AUTO_TEST_CASE(to_a_disabled_queue_is_refused) {
  disable("queue-alice");
  BOOST_TEST(send(good()).outcome == Errc::queue_unknown);
}

// Rules: R6.19
BOOST_AUTO_TEST_CASE(through_a_trigger_without_a_ceiling_is_refused) {
  add("trigger/new", PrincipalKind::service);
  Submission one = good();
  one.by = "trigger/new";
  one.user.trigger = principal("trigger/new");
  BOOST_TEST(send(one).outcome == Errc::ceiling_missing);
}

BOOST_AUTO_TEST_CASE(as_large_as_its_caveats_can_be_still_fits_into_a_ticket) {
  const std::string queue(128, 'q');
  const std::string type(128, 't');
  add_queue(queue, "alice");
  GrantRecord wide = some_grant("carol", "*", "*");
  wide.actions.clear();
  for (int i = 10; i < 27; ++i) wide.actions.push_back(std::to_string(i) + std::string(110, 'a'));
  grant(wide);
  grant(ceiling("trigger/orders", "*"));
  Submission one = good();
  one.user.queue = one.trigger.queue = queue;
  one.user.workflow_type = one.trigger.work.type = type;
  one.user.actions = one.trigger.actions = wide.actions;
  one.trigger.work.id = std::string(200, 'w');
  one.trigger.work.space = std::string(128, 'n');
  const Told told = send(one);
  BOOST_REQUIRE(told.outcome == accepted);
  Audience audience(keytab(queue), epochs.document());
  BOOST_TEST(outcome(audience.accept(told.ticket().ticket, clock.now())) == accepted);
}

// --- Asked again ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(asked_again_gives_the_same_authority_under_a_new_session_key) {
  Submission one = good();
  one.trigger.presentation = delegation(one.user);
  const IssuedTicket first = submit(one.trigger).ticket();
  clock.advance(10min);
  const Told again = submit(one.trigger);
  BOOST_REQUIRE(again.outcome == accepted);
  const IssuedTicket second = again.ticket();
  BOOST_TEST((body_of(first).id == body_of(second).id));
  BOOST_TEST((second.times.run_until == first.times.run_until));
  BOOST_TEST((second.times.renew_until == first.times.renew_until));
  BOOST_TEST(!(first.session == second.session));
  const auto rows = store.view().tickets_by(TicketIndex::workflow, "invoice-report-1", {}, 10);
  BOOST_TEST(rows->size() == 1U);
}

// Rules: R6.21
BOOST_AUTO_TEST_CASE(asked_again_for_other_work_is_refused) {
  Submission one = good();
  one.trigger.presentation = delegation(one.user);
  BOOST_TEST(submit(one.trigger).outcome == accepted);
  DelegatedTicketRequest other = one.trigger;
  other.work.id = "invoice-report-2";
  BOOST_TEST(submit(other).outcome == Errc::request_replayed);
  other = one.trigger;
  other.work.space = "elsewhere";
  BOOST_TEST(submit(other).outcome == Errc::request_replayed);
  other = one.trigger;
  other.actions = {"invoice:read"};
  BOOST_TEST(submit(other).outcome == Errc::request_replayed);
}

// Rules: R6.22
BOOST_AUTO_TEST_CASE(asked_again_after_its_end_is_refused) {
  Submission one = good();
  one.trigger.run_for = 60s;
  one.trigger.presentation = delegation(one.user);
  const IssuedTicket first = submit(one.trigger).ticket();
  clock.advance(61s);
  BOOST_TEST(submit(one.trigger).outcome == Errc::ticket_expired);
}

// Rules: R6.23
BOOST_AUTO_TEST_CASE(asked_again_when_the_work_is_done_is_refused) {
  Submission one = good();
  one.trigger.presentation = delegation(one.user);
  const IssuedTicket first = submit(one.trigger).ticket();
  BOOST_TEST(ask("queue-alice", "complete", EvidenceRequest{first.evidence}.encode()).outcome ==
             accepted);
  BOOST_TEST(submit(one.trigger).outcome == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(made_twice_alike_gives_two_authorities) {
  const Told first = send(good());
  Submission second = good();
  second.trigger.work.id = "invoice-report-2";
  BOOST_TEST((body_of(first.ticket()).id != body_of(send(second).ticket()).id));
}

BOOST_AUTO_TEST_CASE(by_a_trigger_that_narrowed_its_own_tgt_keeps_to_that) {
  const auto with = [&](const Caveat& caveat) {
    const Buffer arguments = request(delegation(wish())).encode();
    return ask(tgt("trigger/orders"), "tgs.delegate", arguments, {caveat}).outcome;
  };
  BOOST_TEST(with(caveat::Queue{"queue-alice"}) == accepted);
  BOOST_TEST(with(caveat::Queue{"queue-bob"}) == Errc::caveat_queue);
  BOOST_TEST(with(caveat::Actions{{"invoice:read"}}) == Errc::caveat_action);
  BOOST_TEST(with(caveat::Audience{principal("trigger/orders")}) == Errc::caveat_audience);
  BOOST_TEST(with(caveat::Namespace{"default"}) == accepted);
  BOOST_TEST(with(caveat::Namespace{"payroll"}) == Errc::caveat_namespace);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::delegate_test
