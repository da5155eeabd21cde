#include <boost/test/unit_test.hpp>

#include "kdc/tgs_exchange.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::renew_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  Told renew(const IssuedTicket& ticket, std::string_view who) {
    return ask(who, "renew", EvidenceRequest{ticket.evidence}.encode());
  }
  Told renew_tgt(const IssuedTicket& ticket) {
    return ask(ticket, "renew", EvidenceRequest{}.encode());
  }
  void replace_grant(std::vector<std::string> actions, Seconds max_run) {
    change([&](StoreChange& c, Fields&) {
      c.remove_grant(1);
      return ok();
    });
    GrantRecord record = some_grant("carol", "queue-alice", "invoice-*", max_run);
    record.actions = std::move(actions);
    grant(record);
  }
  Outcome revoke(const Fields& wish) { return ask("operator", "revoke", wish).outcome; }
  // Renewals come late: everybody logs in anew.
  void pass(Seconds time) {
    clock.advance(time);
    for (const char* who :
         {"carol", "trigger/orders", "trigger/rogue", "queue-alice", "operator"}) {
      forget(who);
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_renewal_of_a_workflow_s_ticket, Fixture)

BOOST_AUTO_TEST_CASE(moves_the_times_and_keeps_the_rest) {
  const IssuedTicket first = workflow_ticket();
  pass(48h);
  const Told told = renew(first, "trigger/orders");
  BOOST_REQUIRE(told.outcome == accepted);
  const Body old = body_of(first);
  const Body now = body_of(told.ticket());
  BOOST_TEST((now.id == old.id));
  BOOST_TEST((now.lineage == old.lineage));
  BOOST_TEST((now.work == old.work));
  BOOST_TEST(now.actions == old.actions);
  BOOST_TEST((now.issued_at == noon + 48h));
  BOOST_TEST((now.run_until == noon + 49h));
  BOOST_TEST((now.start_by == old.start_by));
  BOOST_TEST((now.renew_until == old.renew_until));
  BOOST_TEST(now.flags == old.flags);
  Audience queue(keytab("queue-alice"), epochs.document());
  BOOST_TEST(outcome(queue.accept(told.ticket().ticket, clock.now())) == accepted);
  BOOST_TEST(last_record().event == "renew");
}

// Rules: R6.30
BOOST_AUTO_TEST_CASE(is_for_its_holder_and_its_audience) {
  const IssuedTicket ticket = workflow_ticket();
  BOOST_TEST(renew(ticket, "queue-alice").outcome == accepted);
  BOOST_TEST(renew(ticket, "trigger/orders").outcome == accepted);
  for (const char* who : {"carol", "alice", "trigger/rogue", "queue-bob", "operator"}) {
    BOOST_TEST(renew(ticket, who).outcome == Errc::evidence_not_yours);
  }
}

BOOST_AUTO_TEST_CASE(narrows_to_what_is_still_granted) {
  const IssuedTicket first = workflow_ticket();
  replace_grant({"report:write"}, 10min);
  const Told told = renew(first, "trigger/orders");
  BOOST_REQUIRE(told.outcome == accepted);
  BOOST_TEST(body_of(told.ticket()).actions == std::vector<std::string>{"report:write"});
  BOOST_TEST((told.ticket().times.run_until == noon + 10min));
}

BOOST_AUTO_TEST_CASE(minds_a_stale_feed_when_its_grant_does_so_now_and_never_the_other_way_round) {
  const IssuedTicket strict = workflow_ticket();
  change([&](StoreChange& c, Fields&) {
    c.remove_grant(1);
    return ok();
  });
  GrantRecord soft = some_grant("carol", "queue-alice", "invoice-*");
  soft.soft_feed = true;
  grant(soft);
  const IssuedTicket marked = workflow_ticket();
  BOOST_TEST(body_of(marked).flags == (flags::delegated | flags::soft_feed));
  BOOST_TEST(body_of(renew(strict, "trigger/orders").ticket()).flags == flags::delegated);
  BOOST_TEST(body_of(renew(marked, "trigger/orders").ticket()).flags == body_of(marked).flags);
  change([&](StoreChange& c, Fields&) {
    c.remove_grant(4);
    return ok();
  });
  grant(some_grant("carol", "queue-alice", "invoice-*"));
  BOOST_TEST(body_of(renew(marked, "trigger/orders").ticket()).flags == flags::delegated);
}

BOOST_AUTO_TEST_CASE(never_gives_more_than_the_ticket_had) {
  DelegatedTicketRequest small = request(delegation(wish()));
  small.actions = {"invoice:read"};
  small.run_for = 5min;
  const IssuedTicket first = submit(small).ticket();
  const Told told = renew(first, "trigger/orders");
  BOOST_TEST(body_of(told.ticket()).actions == small.actions);
  BOOST_TEST((told.ticket().times.run_until == noon + 5min));
}

// Rules: R6.33
BOOST_AUTO_TEST_CASE(is_refused_when_nothing_is_left) {
  const IssuedTicket first = workflow_ticket();
  replace_grant({"something:else"}, 1h);
  BOOST_TEST(renew(first, "trigger/orders").outcome == Errc::grant_action);
  change([&](StoreChange& c, Fields&) {
    c.remove_grant(4);
    return ok();
  });
  BOOST_TEST(renew(first, "trigger/orders").outcome == Errc::grant_missing);
}

// Rules: R6.33
BOOST_AUTO_TEST_CASE(is_refused_without_the_trigger_s_ceiling_or_the_queue) {
  const IssuedTicket first = workflow_ticket();
  disable("queue-alice");
  BOOST_TEST(renew(first, "trigger/orders").outcome == Errc::queue_unknown);
  change([&](StoreChange& c, Fields&) {
    c.remove_grant(2);
    return ok();
  });
  BOOST_TEST(renew(first, "trigger/orders").outcome == Errc::ceiling_missing);
}

// Rules: R6.31
BOOST_AUTO_TEST_CASE(stops_at_the_last_time_and_is_refused_from_then_on) {
  const IssuedTicket first = workflow_ticket();
  pass(24h * 7 - 1min);
  const Told last = renew(first, "trigger/orders");
  BOOST_REQUIRE(last.outcome == accepted);
  BOOST_TEST((last.ticket().times.run_until == first.times.renew_until));
  pass(1min);
  BOOST_TEST(renew(first, "trigger/orders").outcome == Errc::not_renewable);
  BOOST_TEST(renew(last.ticket(), "trigger/orders").outcome == Errc::not_renewable);
}

// Rules: R6.32
BOOST_AUTO_TEST_CASE(is_refused_once_anything_that_it_stands_on_is_revoked) {
  const auto of = [](const char* kind, std::string value) {
    return Fields{{"kind", kind}, {"value", std::move(value)}};
  };
  const auto refused_after = [&](auto wish_for) {
    clock.advance(1s);
    for (const char* who : {"carol", "trigger/orders"}) forget(who);
    const IssuedTicket ticket = workflow_ticket();
    BOOST_TEST(revoke(wish_for(body_of(ticket))) == accepted);
    clock.advance(1s);
    for (const char* who : {"carol", "trigger/orders"}) forget(who);
    return renew(ticket, "trigger/orders").outcome;
  };
  using B = const Body&;
  BOOST_TEST(refused_after([&](B b) { return of("ticket", to_hex(b.id)); }) == Errc::revoked);
  BOOST_TEST(refused_after([&](B b) { return of("ticket", to_hex(b.lineage[0])); }) ==
             Errc::revoked);
  BOOST_TEST(refused_after([&](B) { return of("subject", "carol"); }) == Errc::revoked);
  BOOST_TEST(refused_after([&](B) { return of("actor", "trigger/orders"); }) == Errc::revoked);
  BOOST_TEST(refused_after([&](B) { return of("queue", "queue-alice"); }) == Errc::revoked);
  BOOST_TEST(refused_after([&](B b) { return of("workflow", b.work->id); }) == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(is_refused_when_its_subject_is_disabled) {
  const IssuedTicket ticket = workflow_ticket();
  disable("carol");
  BOOST_TEST(renew(ticket, "trigger/orders").outcome == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(takes_no_evidence_that_the_kdc_did_not_sign) {
  const Evidence good = *Evidence::decode(workflow_ticket().evidence);
  const auto with = [&](Evidence evidence) {
    return ask("queue-alice", "renew", EvidenceRequest{evidence.encode()}.encode()).outcome;
  };
  BOOST_TEST(with(good) == accepted);
  Evidence forged = good;
  Body body = good.body;
  body.actions.emplace_back("invoice:delete");
  forged.body_bytes = body.encode();
  BOOST_TEST(with(forged) == Errc::bad_proof);
  forged = good;
  forged.proof.signature[0] ^= 1U;
  BOOST_TEST(with(forged) == Errc::bad_proof);
  WholeKdc elsewhere;
  BOOST_TEST(with(*Evidence::decode(elsewhere.workflow_ticket().evidence)) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(is_not_for_service_tickets_without_work) {
  const IssuedTicket own =
      ask("carol", "tgs", ServiceTicketRequest{"archive", 0s}.encode()).ticket();
  BOOST_TEST(renew(own, "carol").outcome == Errc::not_renewable);
  BOOST_TEST(renew(own, "archive").outcome == Errc::not_renewable);
  BOOST_TEST(renew(own, "dave").outcome == Errc::evidence_not_yours);
}

BOOST_AUTO_TEST_CASE(under_a_narrowed_tgt_is_about_its_work) {
  const Buffer arguments = EvidenceRequest{workflow_ticket().evidence}.encode();
  const auto with = [&](const Caveat& caveat) {
    return ask(tgt("trigger/orders"), "renew", arguments, {caveat}).outcome;
  };
  BOOST_TEST(with(caveat::WorkflowId{"invoice-report-1"}) == accepted);
  BOOST_TEST(with(caveat::WorkflowId{"invoice-report-2"}) == Errc::caveat_workflow);
  BOOST_TEST(with(caveat::Actions{{"invoice:read"}}) == Errc::caveat_action);
  BOOST_TEST(with(caveat::Namespace{"default"}) == accepted);
  BOOST_TEST(with(caveat::Namespace{"payroll"}) == Errc::caveat_namespace);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_renewal_of_a_tgt, Fixture)

BOOST_AUTO_TEST_CASE(moves_the_times_and_is_no_login_any_more) {
  const IssuedTicket& first = tgt("carol");
  clock.advance(7h);
  const Told told = renew_tgt(first);
  BOOST_REQUIRE(told.outcome == accepted);
  const IssuedTicket second = told.ticket();
  BOOST_TEST((second.times.issued_at == noon + 7h));
  BOOST_TEST((second.times.run_until == noon + 15h));
  BOOST_TEST((second.times.renew_until == first.times.renew_until));
  BOOST_TEST(ask(second, "self", Fields{}.encode()).outcome == accepted);
  BOOST_TEST(ask(second, "passwd", Fields{}.encode()).outcome == Errc::login_not_fresh);
  const auto kept = store.view().tickets_by(TicketIndex::subject, "carol@DEMO.TEST", {}, 10);
  BOOST_REQUIRE(kept->size() == 1U);  // the same authority
  BOOST_TEST(kept->front().ticket.body.flags == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_the_life_that_was_asked_for) {
  const auto login_done = login(keytab("carol").newest().key, "carol", {1h, 24h});
  clock.advance(30min);
  BOOST_TEST((renew_tgt(login_done->tgt).ticket().times.run_until == noon + 90min));
}

BOOST_AUTO_TEST_CASE(ends_with_the_renewable_life) {
  const auto done = login(keytab("carol").newest().key, "carol", {8h, 10h});
  clock.advance(7h);
  const IssuedTicket second = renew_tgt(done->tgt).ticket();
  BOOST_TEST((second.times.run_until == noon + 10h));
  BOOST_TEST(renew_tgt(second).outcome == Errc::not_renewable);
}

// Rules: R6.31
BOOST_AUTO_TEST_CASE(is_refused_for_one_that_was_never_renewable) {
  const auto done = login(keytab("carol").newest().key, "carol", {8h, 0s});
  BOOST_TEST(renew_tgt(done->tgt).outcome == Errc::not_renewable);
}

BOOST_AUTO_TEST_CASE(is_refused_when_its_time_is_over) {
  const IssuedTicket& ticket = tgt("carol");
  clock.set(ticket.times.run_until);
  BOOST_TEST(renew_tgt(ticket).outcome == Errc::ticket_expired);
}

BOOST_AUTO_TEST_CASE(is_revoked_with_the_first_form) {
  const IssuedTicket& first = tgt("carol");
  const IssuedTicket second = renew_tgt(first).ticket();
  const auto rows = ask("operator", "tickets", Fields{{"subject", "carol"}}).page().rows;
  BOOST_TEST(revoke({{"kind", "ticket"}, {"value", std::string(rows[0].get("id"))}}) == accepted);
  BOOST_TEST(renew_tgt(first).outcome == Errc::revoked);
  BOOST_TEST(renew_tgt(second).outcome == Errc::revoked);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::renew_test
