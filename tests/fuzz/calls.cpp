// Calls to the KDC after a plan, and its answers.

#include <algorithm>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/ticket_targets.h"
#include "ticket/call.h"
#include "ticket/wire/limits.h"

namespace waybill::test::fuzz {
namespace {

const IssuedTicket& tgt() {
  static const IssuedTicket ticket = realm().tgt(realm().tgt_body("carol"));
  return ticket;
}

std::vector<Operation> planned_operations(Plan& plan) {
  std::vector<Operation> out;
  for (std::size_t n = 1 + plan.below(4); n > 0; --n)
    out.push_back({planned_name(plan), plan.bytes(60)});
  return out;
}

std::vector<Answer> planned_answers(Plan& plan) {
  std::vector<Answer> out;
  for (std::size_t n = 1 + plan.below(4); n > 0; --n) {
    Answer answer{std::nullopt, std::string(plan.below(3000), 'x'), secret_copy(plan.bytes(60))};
    if (plan.yes()) answer.refusal = all_errors()[plan.below(all_errors().size())].code;
    out.push_back(std::move(answer));
  }
  return out;
}

PendingCall planned_call(Plan& plan, const std::vector<Operation>& operations) {
  const CallContext context{realm().krbtgt(), InstanceId{1}, noon};
  auto call = make_call(tgt().ticket, tgt().session, operations, context, planned_caveats(plan, 3));
  require(bool(call), "a call with few caveats can be made");
  return *std::move(call);
}

Result<ReceivedCall::Opened> open(Bytes wire) {
  TRY(received, ReceivedCall::parse(wire));
  return received.open(tgt().session);
}

bool same(const std::vector<Operation>& a, const std::vector<Operation>& b) {
  return std::ranges::equal(a, b, [](const Operation& x, const Operation& y) {
    return x.name == y.name && x.arguments == y.arguments;
  });
}

// The presentation of one call with the box of another.
Buffer crossed(Bytes front, Bytes back) {
  Reader one(front, limits::max_message), two(back, limits::max_message);
  one.array(2);
  two.array(2);
  const Bytes presentation = one.bin(limits::max_presentation);
  two.bin(limits::max_presentation);
  return Writer().array(2).bin(presentation).bin(two.bin(limits::max_message)).take();
}

void ask(Bytes input) {
  Plan plan(input);
  const std::vector<Operation> operations = planned_operations(plan);
  const PendingCall call = planned_call(plan, operations);
  const auto opened = open(call.wire);
  require(opened && same(opened->operations, operations), "the KDC reads what was asked");
  require(opened->reply_key == call.reply_key, "both sides have one key for the answer");
  const PendingCall other = planned_call(plan, planned_operations(plan));
  const Buffer on_the_way = changed(call.wire, other.wire, plan);
  require(on_the_way == call.wire || on_the_way == other.wire || !open(on_the_way),
          "a call that was changed is refused");
  require(!open(crossed(call.wire, other.wire)), "a box belongs to its presentation");
}

void answer(Bytes input) {
  Plan plan(input);
  const PendingCall call = planned_call(plan, {{"self", {}}});
  const std::vector<Answer> answers = planned_answers(plan);
  const Buffer reply = seal_reply(call.reply_key, answers);
  const auto read = call.open_reply(reply);
  require(read && read->size() == answers.size(), "the asker reads every answer");
  for (std::size_t i = 0; i < answers.size(); ++i) {
    require((*read)[i].refusal == answers[i].refusal && (*read)[i].value == answers[i].value &&
                answers[i].detail.starts_with((*read)[i].detail),
            "an answer is read as it was given");
  }
  const Buffer other = seal_reply(call.reply_key, planned_answers(plan));
  const Buffer on_the_way = changed(reply, other, plan);
  require(on_the_way == reply || on_the_way == other || !call.open_reply(on_the_way),
          "an answer that was changed is refused");
  const PendingCall later = planned_call(plan, {{"self", {}}});
  require(!later.open_reply(reply), "an answer is one to its own call");
}

}  // namespace

Targets call_targets() {
  return {{"a_call_made_and_changed", some_plans, ask},
          {"an_answer_made_and_changed", some_plans, answer}};
}

}  // namespace waybill::test::fuzz
