#include "kdc/call.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "kdc/operations.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::call_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;

namespace {

struct Fixture : WholeKdc {
  const std::vector<Operation> harmless{{"self", Fields{}.encode()}};

  // Whatever the caller's context is wrong in; the answer as its sender would read it.
  Told told(const CallContext& context, const std::vector<Operation>& operations) {
    const PendingCall pending =
        *make_call(tgt("carol").ticket, tgt("carol").session, operations, context);
    const auto reply = kdc::call(parts, pending.wire);
    if (!reply) return {reply.error().code, {}, {}};
    auto answers = pending.open_reply(*reply);
    if (!answers) return {answers.error().code, {}, {}};
    Outcome outcome;
    outcome.refusal = answers->front().refusal;
    return {outcome, answers->front().detail, std::move(answers->front().value)};
  }
  CallContext right() const { return {parts.krbtgt, instance, clock.now()}; }

  // A call of carol's, to be spoilt.
  PendingCall good_call() {
    return *make_call(tgt("carol").ticket, tgt("carol").session, harmless, right());
  }
  Outcome sent(Bytes wire) { return outcome(kdc::call(parts, wire)); }
  Outcome answered(const IssuedTicket& ticket) {
    return ask(ticket, "self", Fields{}.encode()).outcome;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_call, Fixture)

BOOST_AUTO_TEST_CASE(is_answered_under_the_key_of_its_sender_alone) {
  const PendingCall mine = good_call();
  const auto reply = kdc::call(parts, mine.wire);
  BOOST_REQUIRE(outcome(reply) == accepted);
  BOOST_TEST(outcome(mine.open_reply(*reply)) == accepted);
  BOOST_TEST(outcome(good_call().open_reply(*reply)) == Errc::bad_integrity);
}

// Rules: R6.2
BOOST_AUTO_TEST_CASE(answers_its_operations_in_their_order) {
  const auto answers = call(tgt("carol"), {{"self", Fields{}.encode()},
                                           {"nonsense", {}},
                                           {"tgs", ServiceTicketRequest{"archive", 0s}.encode()},
                                           {"tgs", ServiceTicketRequest{"nobody", 0s}.encode()},
                                           {"tgs", ServiceTicketRequest{"archive", 60s}.encode()},
                                           {"tickets", Fields{}.encode()}});
  BOOST_REQUIRE(outcome(answers) == accepted);
  BOOST_REQUIRE(answers->size() == 6U);
  BOOST_TEST(!(*answers)[0].refusal);
  BOOST_TEST((*answers)[1].refusal.value() == Errc::unknown_operation);
  BOOST_TEST(!(*answers)[2].refusal);
  BOOST_TEST((*answers)[3].refusal.value() == Errc::service_unknown);
  const auto last = IssuedTicket::decode((*answers)[4].value);
  BOOST_TEST((last->times.run_until == noon + 60s));
  BOOST_TEST(Page::decode((*answers)[5].value)->rows.size() == 3U);  // it sees what was done before
}

BOOST_AUTO_TEST_CASE(with_a_clock_that_is_wrong_is_told_by_how_much) {
  CallContext context = right();
  context.now += 300s;
  const Told ahead = told(context, harmless);
  BOOST_TEST(ahead.outcome == Errc::clock_skew);
  BOOST_TEST(ahead.detail == "your clock is 300 seconds ahead of the KDC's");
  context.now -= 421s;
  BOOST_TEST(told(context, harmless).detail == "your clock is 121 seconds behind the KDC's");
  context.now += 1s;
  BOOST_TEST(told(context, harmless).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(for_another_instance_is_told_which_one_this_is) {
  CallContext context = right();
  context.instance = random_bytes<16>();
  const Told answer = told(context, harmless);
  BOOST_TEST(answer.outcome == Errc::wrong_instance);
  Reader in(answer.value, 64);
  BOOST_TEST((in.bin<16>() == instance));
  BOOST_TEST(outcome(in.finish()) == accepted);
}

BOOST_AUTO_TEST_CASE(for_another_service_is_refused) {
  CallContext context = right();
  context.kdc = principal("archive");
  BOOST_TEST(told(context, harmless).outcome == Errc::wrong_addressee);
}

BOOST_AUTO_TEST_CASE(is_taken_once) {
  const PendingCall pending = good_call();
  BOOST_TEST(sent(pending.wire) == accepted);
  for (const Seconds later : std::initializer_list<Seconds>{0s, 60s, 60s}) {
    clock.advance(later);
    const auto reply = kdc::call(parts, pending.wire);
    BOOST_REQUIRE(outcome(reply) == accepted);  // sealed for its sender
    BOOST_TEST(pending.open_reply(*reply)->front().refusal.value() == Errc::request_replayed);
  }
  clock.advance(1s);
  const auto reply = kdc::call(parts, pending.wire);
  BOOST_TEST(pending.open_reply(*reply)->front().refusal.value() == Errc::clock_skew);
}

BOOST_AUTO_TEST_CASE(does_nothing_the_second_time) {
  const auto outstanding = [&] {
    return store.view().tickets_by(TicketIndex::subject, "carol@DEMO.TEST", {}, 100)->size();
  };
  const PendingCall pending =
      *make_call(tgt("carol").ticket, tgt("carol").session,
                 {{"tgs", ServiceTicketRequest{"archive", 0s}.encode()}}, right());
  BOOST_TEST(sent(pending.wire) == accepted);
  const std::size_t before = outstanding();
  BOOST_TEST(sent(pending.wire) == accepted);
  BOOST_TEST(outstanding() == before);
}

// --- Changed on the way ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(with_one_flipped_bit_anywhere_is_never_done) {
  const PendingCall pending = good_call();
  for (std::size_t at = 0; at < pending.wire.size(); ++at) {
    Buffer spoilt = pending.wire;
    spoilt[at] ^= 1U;
    BOOST_TEST_CONTEXT("byte " << at) { BOOST_TEST(sent(spoilt) != accepted); }
  }
  BOOST_TEST(sent(pending.wire) == accepted);  // none of them used it up
}

BOOST_AUTO_TEST_CASE(with_a_stolen_tgt_and_without_its_session_key_is_refused_and_audited) {
  const PendingCall forged =
      *make_call(tgt("carol").ticket, SessionKey::random(), harmless, right());
  const std::uint64_t before = records();
  BOOST_TEST(sent(forged.wire) == Errc::bad_tag);
  BOOST_TEST(records() == before + 1);
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "call");
  BOOST_TEST(outcome_of(record) == Errc::bad_tag);
  BOOST_TEST(record.fields.get("subject") == "carol@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(with_the_box_of_another_call_is_refused) {
  const auto parts_of = [](Bytes wire) { return *ReceivedCall::parse(wire); };
  const ReceivedCall one = parts_of(good_call().wire);
  const ReceivedCall other = parts_of(good_call().wire);
  const Buffer mixed = Writer().array(2).bin(one.presentation_bytes).bin(other.box).take();
  BOOST_TEST(sent(mixed) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(with_a_stripped_caveat_is_refused) {
  const PendingCall narrowed =
      *make_call(tgt("carol").ticket, tgt("carol").session, harmless, right(),
                 {caveat::NotAfter{clock.now() + 60s}, caveat::Queue{"queue-alice"}});
  const ReceivedCall received = *ReceivedCall::parse(narrowed.wire);
  Reader in(received.presentation_bytes, limits::max_presentation);
  in.array(4);
  const Bytes ticket = in.bin(limits::max_ticket);
  in.array(2);
  const Bytes first = in.bin(limits::max_caveat);
  in.bin(limits::max_caveat);
  const Bytes authenticator = in.bin(limits::max_caveat);
  const Digest tag = in.bin<32>();
  BOOST_REQUIRE(outcome(in.finish()) == accepted);
  Writer stripped;
  stripped.array(4).bin(ticket).array(1).bin(first).bin(authenticator).bin(tag);
  BOOST_TEST(sent(Writer().array(2).bin(stripped.take()).bin(received.box).take()) ==
             Errc::bad_tag);
}

// --- Whose TGT ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(garbage_leaves_no_audit_record) {
  const std::uint64_t before = records();
  BOOST_TEST(sent({}) != accepted);
  BOOST_TEST(sent(Buffer(1000, 0x93)) != accepted);
  WholeKdc elsewhere;  // the same names, other keys
  const PendingCall foreign =
      *make_call(elsewhere.tgt("carol").ticket, elsewhere.tgt("carol").session, harmless, right());
  BOOST_TEST(sent(foreign.wire) == Errc::bad_integrity);
  BOOST_TEST(records() == before);
}

// Rules: R6.37
BOOST_AUTO_TEST_CASE(with_a_tgt_of_another_epoch_or_realm_is_refused) {
  const auto with_header = [&](const TicketHeader& header) {
    Writer out;
    out.array(6).uint(1).uint(1).str(header.realm.text()).str("krbtgt").uint(number(header.key));
    const Buffer ticket = out.bin(random_bytes<200>()).take();
    return sent(make_call(ticket, SessionKey::random(), harmless, right())->wire);
  };
  BOOST_TEST(with_header({Kind::tgt, realm(), "krbtgt", {}, KeyId{77}, {}}) == Errc::unknown_epoch);
  BOOST_TEST(with_header({Kind::tgt, *Realm::parse("OTHER.TEST"), "krbtgt", {}, KeyId{1}, {}}) ==
             Errc::wrong_realm);
}

BOOST_AUTO_TEST_CASE(with_a_service_ticket_is_refused) {
  const Told archive = ask("carol", "tgs", ServiceTicketRequest{"archive", 0s}.encode());
  const IssuedTicket ticket = archive.ticket();
  BOOST_TEST(answered(ticket) == Errc::wrong_kind);
}

BOOST_AUTO_TEST_CASE(ends_with_the_tgt) {
  const IssuedTicket& ticket = tgt("carol");
  clock.set(ticket.times.run_until - 1s);
  BOOST_TEST(answered(ticket) == accepted);
  clock.advance(1s);
  BOOST_TEST(answered(ticket) == Errc::ticket_expired);
}

// Rules: R6.4
BOOST_AUTO_TEST_CASE(of_somebody_disabled_is_refused) {
  tgt("carol");
  disable("carol");
  BOOST_TEST(answered(tgt("carol")) == Errc::revoked);
}

// Rules: R6.4
BOOST_AUTO_TEST_CASE(under_a_revoked_tgt_is_refused) {
  const IssuedTicket& ticket = tgt("carol");
  const auto page = ask("operator", "tickets", Fields{{"subject", "carol"}}).page();
  const Fields wish{{"kind", "ticket"}, {"value", std::string(page.rows[0].get("id"))}};
  BOOST_TEST(ask("operator", "revoke", wish).outcome == accepted);
  BOOST_TEST(answered(ticket) == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(under_a_tgt_from_before_the_key_was_changed_is_refused) {
  const IssuedTicket& ticket = tgt("carol");
  change([&](StoreChange& c, Fields&) {
    auto record = c.principal("carol");
    record->not_before = clock.now() + 1s;
    c.put_principal(*record);
    return ok();
  });
  BOOST_TEST(answered(ticket) == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(that_is_refused_in_an_operation_is_always_audited) {
  const std::uint64_t before = records();
  for (int i = 0; i < 200; ++i) {
    BOOST_TEST(ask("carol", "admin.grant.list", Fields{}).outcome == Errc::not_permitted);
  }
  BOOST_TEST(records() >= before + 200);
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "admin.grant.list");
  BOOST_TEST(outcome_of(record) == Errc::not_permitted);
  BOOST_TEST(record.fields.get("by") == "carol@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(that_a_stranger_repeats_does_not_fill_the_audit_log) {
  const PendingCall pending = good_call();
  BOOST_TEST(sent(pending.wire) == accepted);
  const std::uint64_t before = records();
  for (int i = 0; i < 300; ++i) BOOST_TEST(sent(pending.wire) == accepted);
  BOOST_TEST(records() == before + StrangerBudget::burst);
}

BOOST_AUTO_TEST_SUITE_END()

// --- Who may call what ----------------------------------------------------------------------

BOOST_FIXTURE_TEST_SUITE(the_operations, Fixture)

BOOST_AUTO_TEST_CASE(of_operators_are_refused_to_everybody_else) {
  std::size_t seen = 0;
  for (const OperationRow& row : operations()) {
    if (row.who != MayCall::operators) continue;
    ++seen;
    for (const char* who : {"carol", "alice", "trigger/orders", "queue-alice"}) {
      BOOST_TEST_CONTEXT(row.name << " by " << who) {
        BOOST_TEST(ask(who, row.name, Fields{}).outcome == Errc::not_permitted);
      }
    }
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(ask("operator", row.name, Fields{}).outcome != Errc::not_permitted);
    }
  }
  BOOST_TEST(seen == 20U);
}

BOOST_AUTO_TEST_CASE(of_services_are_refused_to_everybody_else) {
  for (const char* operation : {"tgs.delegate", "look", "announce"}) {
    for (const char* who : {"carol", "operator", "queue-alice"}) {
      BOOST_TEST(ask(who, operation, Fields{}).outcome == Errc::not_permitted);
    }
  }
}

BOOST_AUTO_TEST_CASE(have_all_a_name_of_their_own) {
  for (const OperationRow& row : operations()) {
    BOOST_TEST(find_operation(row.name) == &row);
    BOOST_TEST(is_name(row.name, limits::max_name));
  }
  BOOST_TEST(find_operation("admin") == nullptr);
  BOOST_TEST(find_operation("") == nullptr);
}

struct Narrow {
  const char* name;
  const char* operation;
  Caveat caveat;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Narrow& row) { return out << row.name; }
};
const std::vector<Narrow> narrows{
    {"a delegation's mark alone", "self", caveat::Delegation{}, accepted},
    {"until later", "self", caveat::NotAfter{noon + 60s}, accepted},
    {"until now", "self", caveat::NotAfter{noon}, Errc::caveat_expired},
    {"for somebody else", "self", caveat::Audience{*Principal::parse("dave@DEMO.TEST")},
     Errc::caveat_audience},
    {"for a queue", "self", caveat::Queue{"queue-alice"}, Errc::caveat_queue},
    {"for a type", "tickets", caveat::WorkflowType{"invoice-report"}, Errc::caveat_workflow_type},
    {"for a workflow", "revoke", caveat::WorkflowId{"x"}, Errc::caveat_workflow},
    {"for an input", "locate", caveat::Input{}, Errc::caveat_input},
    {"for actions, where there are none", "self", caveat::Actions{{"invoice:read"}},
     Errc::caveat_action},
    {"for no actions at all", "self", caveat::Actions{}, Errc::caveat_action},
    {"for downstreams, where there are none", "self", caveat::Downstreams{},
     Errc::caveat_downstream},
    {"for a namespace", "self", caveat::Namespace{"default"}, Errc::caveat_namespace},
    {"a key, although there is time", "passwd", caveat::NotAfter{noon + 60s}, Errc::not_permitted},
    {"a TGT, although there is time", "renew", caveat::NotAfter{noon + 60s}, Errc::not_permitted},
};

// Rules: R6.29
BOOST_DATA_TEST_CASE(with_a_narrowed_tgt_do_no_more_than_its_caveats_say, bdata::make(narrows),
                     row) {
  const Buffer arguments =
      std::string_view(row.operation) == "renew" ? EvidenceRequest{}.encode() : Fields{}.encode();
  BOOST_TEST(ask(tgt("carol"), row.operation, arguments, {row.caveat}).outcome == row.expect);
}

BOOST_AUTO_TEST_CASE(of_an_operator_change_nothing_that_lasts_with_a_narrowed_tgt) {
  for (const OperationRow& row : operations()) {
    const bool reads = row.name.ends_with(".list") || row.name.ends_with(".show");
    if (!row.name.starts_with("admin.") || reads) continue;
    BOOST_TEST(ask(tgt("operator"), row.name, Fields{}.encode(), {caveat::Delegation{}}).outcome ==
               Errc::not_permitted);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::call_test
