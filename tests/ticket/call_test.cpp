#include "ticket/call.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/limits.h"

namespace waybill::test::call_test {
namespace {

struct Fixture {
  TestRealm realm;
  IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  CallContext context{realm.krbtgt(), InstanceId{3}, noon};
  std::vector<Operation> operations{{"revoke", Fields{{"kind", "subject"}}.encode()},
                                    {"tickets", {}}};

  PendingCall call() { return *make_call(tgt.ticket, tgt.session, operations, context); }
  Outcome open(Bytes wire) const {
    const auto received = ReceivedCall::parse(wire);
    return received ? outcome(received->open(tgt.session)) : outcome(received);
  }
};

std::vector<Answer> answers() {
  std::vector<Answer> out;
  out.push_back({std::nullopt, "", secret_copy(bytes_of("value"))});
  out.push_back({Errc::not_permitted, "carol is no operator", {}});
  return out;
}

Buffer put_together(Bytes presentation, Bytes box) {
  return Writer().array(2).bin(presentation).bin(box).take();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_call, Fixture)

BOOST_AUTO_TEST_CASE(brings_its_operations_to_who_knows_the_session_key) {
  const PendingCall pending = call();
  const auto received = ReceivedCall::parse(pending.wire);
  BOOST_REQUIRE(bool(received));
  BOOST_TEST(equal(received->presentation.ticket(), tgt.ticket));
  const auto opened = received->open(tgt.session);
  BOOST_REQUIRE(bool(opened));
  BOOST_REQUIRE(opened->operations.size() == 2U);
  BOOST_TEST(opened->operations[0].name == "revoke");
  BOOST_TEST((opened->operations[0].arguments == operations[0].arguments));
  BOOST_TEST(opened->operations[1].name == "tickets");
  BOOST_TEST(outcome(check_authenticator(received->presentation.authenticator(),
                                         {context.kdc, context.instance, noon, opened->request})) ==
             accepted);
  BOOST_TEST((opened->reply_key == pending.reply_key));
}

BOOST_AUTO_TEST_CASE(narrows_itself_by_caveats_of_its_own) {
  const PendingCall pending =
      *make_call(tgt.ticket, tgt.session, operations, context, {caveat::NotAfter{noon + 5s}});
  const auto received = ReceivedCall::parse(pending.wire);
  BOOST_TEST(received->presentation.caveats().size() == 1U);
  BOOST_TEST(open(pending.wire) == accepted);
}

BOOST_AUTO_TEST_CASE(is_another_one_each_time) {
  const PendingCall first = call(), second = call();
  BOOST_TEST((first.wire != second.wire));
  BOOST_TEST(!(first.reply_key == second.reply_key));
}

BOOST_AUTO_TEST_CASE(shows_nothing_of_its_operations) {
  const PendingCall pending = call();
  const auto in_clear = bytes_of("revoke");
  BOOST_TEST((std::search(pending.wire.begin(), pending.wire.end(), in_clear.begin(),
                          in_clear.end()) == pending.wire.end()));
}

BOOST_AUTO_TEST_CASE(is_refused_with_any_bit_of_it_flipped) {
  const Buffer wire = call().wire;
  for (std::size_t bit = 0; bit < wire.size() * 8; ++bit) {
    Buffer wrong = wire;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const Outcome what = open(wrong);
    const bool refused = what == Errc::bad_tag || what == Errc::bad_integrity ||
                         what == Errc::malformed || what == Errc::not_canonical ||
                         what == Errc::limit_exceeded || what == Errc::bad_name;
    BOOST_TEST(refused, "byte " << bit / 8 << ", bit " << bit % 8 << ": " << what);
  }
}

// Rules: R6.3
BOOST_AUTO_TEST_CASE(does_not_open_with_parts_of_another_call) {
  const auto first = ReceivedCall::parse(call().wire);
  const auto second = ReceivedCall::parse(call().wire);
  BOOST_TEST(open(put_together(first->presentation_bytes, first->box)) == accepted);
  BOOST_TEST(open(put_together(first->presentation_bytes, second->box)) == Errc::bad_integrity);
  BOOST_TEST(open(put_together(second->presentation_bytes, first->box)) == Errc::bad_integrity);
  BOOST_TEST(open(put_together(first->presentation_bytes, {})) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(does_not_open_with_the_session_key_of_another_ticket) {
  const auto received = ReceivedCall::parse(call().wire);
  const IssuedTicket other = realm.tgt(realm.tgt_body("carol"));
  BOOST_TEST(outcome(received->open(other.session)) == Errc::bad_tag);
}

BOOST_AUTO_TEST_CASE(does_not_open_under_a_presentation_that_was_narrowed_since) {
  // Somebody who has the ticket's session key could narrow; the box is bound to what was presented.
  const auto received = ReceivedCall::parse(call().wire);
  CaveatChain chain(tgt.ticket, tgt.session);
  BOOST_REQUIRE(bool(chain.add(caveat::NotAfter{noon + 1h})));
  const Presented narrowed = chain.finish(received->presentation.authenticator());
  BOOST_TEST(open(put_together(narrowed.wire, received->box)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(is_not_made_with_more_caveats_than_a_kdc_takes) {
  const auto with = [&](std::size_t count) {
    return outcome(make_call(tgt.ticket, tgt.session, operations, context,
                             std::vector<Caveat>(count, caveat::NotAfter{noon + 5s})));
  };
  BOOST_TEST(with(16) == accepted);
  BOOST_TEST(with(17) == Errc::limit_exceeded);
}

// Rules: R6.1
BOOST_AUTO_TEST_CASE(carries_between_1_and_32_operations) {
  const auto with = [&](std::size_t count) {
    operations.assign(count, {"tickets", {}});
    return open(call().wire);
  };
  BOOST_TEST(with(0) == Errc::malformed);
  BOOST_TEST(with(1) == accepted);
  BOOST_TEST(with(limits::max_requests) == accepted);
  BOOST_TEST(with(limits::max_requests + 1) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(names_operations_that_are_names) {
  for (const char* bad : {"", "admin *", "\xc3\xa4"}) {
    operations = {{bad, {}}};
    BOOST_TEST(open(call().wire) == Errc::bad_name, bad);
  }
}

BOOST_AUTO_TEST_CASE(of_more_than_64_kib_is_refused) {
  operations = {{"tickets", Buffer(limits::max_message)}};
  BOOST_TEST(open(call().wire) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_answer, Fixture)

BOOST_AUTO_TEST_CASE(opens_for_the_asker_in_the_order_of_the_questions) {
  const PendingCall pending = call();
  const auto opened = ReceivedCall::parse(pending.wire)->open(tgt.session);
  const auto read = pending.open_reply(seal_reply(opened->reply_key, answers()));
  BOOST_REQUIRE(bool(read));
  BOOST_REQUIRE(read->size() == 2U);
  BOOST_TEST(!(*read)[0].refusal.has_value());
  BOOST_TEST(text_of((*read)[0].value) == "value");
  BOOST_TEST(((*read)[1].refusal == Errc::not_permitted));
  BOOST_TEST((*read)[1].detail == "carol is no operator");
}

BOOST_AUTO_TEST_CASE(does_not_open_for_another_call) {
  const PendingCall first = call(), second = call();
  const Buffer reply = seal_reply(first.reply_key, answers());
  BOOST_TEST(outcome(first.open_reply(reply)) == accepted);
  BOOST_TEST(outcome(second.open_reply(reply)) == Errc::bad_integrity);
}

// Rules: R6.5
BOOST_AUTO_TEST_CASE(sealed_by_who_only_saw_the_call_does_not_open) {
  // The tag crossed the wire; the reply key comes from tn, which did not.
  const PendingCall pending = call();
  const auto received = ReceivedCall::parse(pending.wire);
  const Secret<32> tag = Secret<32>::copy(received->presentation.tag());
  const auto guess = derive<ReplyKey>(Label::reply, tag, {received->presentation.tag()});
  BOOST_TEST(outcome(pending.open_reply(seal_reply(guess, answers()))) == Errc::bad_integrity);
  BOOST_TEST(outcome(pending.open_reply(received->box)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(does_not_open_with_any_bit_of_it_flipped) {
  const PendingCall pending = call();
  const Buffer reply = seal_reply(pending.reply_key, answers());
  for (std::size_t bit = 0; bit < reply.size() * 8; ++bit) {
    Buffer wrong = reply;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    BOOST_TEST(outcome(pending.open_reply(wrong)) == Errc::bad_integrity, bit);
  }
}

// Rules: R6.6
BOOST_AUTO_TEST_CASE(of_a_newer_kdc_is_a_refusal_all_the_same) {
  const PendingCall pending = call();
  const Buffer plain = Writer().array(1).array(3).uint(60'000).str("a new reason").bin({}).take();
  const auto read = pending.open_reply(seal(pending.reply_key, bytes_of("reply"), plain));
  BOOST_REQUIRE(bool(read));
  BOOST_TEST((read->front().refusal == Errc::policy_denied));
  BOOST_TEST(read->front().detail == "a new reason");
}

BOOST_AUTO_TEST_CASE(has_a_shape_of_its_own) {
  const PendingCall pending = call();
  const auto with = [&](const Buffer& plain) {
    return outcome(pending.open_reply(seal(pending.reply_key, bytes_of("reply"), plain)));
  };
  BOOST_TEST(with(Writer().array(0).take()) == Errc::malformed);
  BOOST_TEST(with(Writer().array(1).array(2).uint(0).str("").take()) == Errc::malformed);
  BOOST_TEST(with(Writer().array(1).array(3).uint(0).str("").bin({}).take()) == accepted);
  BOOST_TEST(with({}) == Errc::malformed);
}

BOOST_AUTO_TEST_CASE(with_a_long_detail_still_opens) {
  const PendingCall pending = call();
  for (const std::size_t size : {1023U, 1024U, 1025U, 9000U}) {
    std::vector<Answer> long_ones;
    long_ones.push_back({Errc::not_found, std::string(size, 'x'), {}});
    const auto read = pending.open_reply(seal_reply(pending.reply_key, long_ones));
    BOOST_REQUIRE_MESSAGE(bool(read), size);
    BOOST_TEST(read->front().detail.size() == std::min<std::size_t>(size, 1024U));
  }
}

BOOST_AUTO_TEST_CASE(with_a_detail_that_is_cut_inside_a_letter_still_opens) {
  const PendingCall pending = call();
  std::vector<Answer> answer;
  answer.push_back({Errc::not_found, std::string(1023, 'x') + "\xc3\xa4\xc3\xa4", {}});
  BOOST_TEST(outcome(pending.open_reply(seal_reply(pending.reply_key, answer))) == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::call_test
