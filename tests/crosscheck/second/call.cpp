#include "tests/crosscheck/second/call.h"

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/primitives.h"

namespace second {
namespace {

constexpr std::string_view reply_ad = "reply";

}  // namespace

Caller::Call Caller::call(const std::vector<Operation>& operations,
                          const std::vector<Caveat>& caveats) const {
  std::vector<Bytes> items;
  for (const Operation& one : operations) {
    items.push_back(array({str(one.name), bin(one.arguments)}));
  }
  const Bytes message = array(items);
  const Authenticator authenticator{kdc, instance, now, nonce, hash("WB1 request", {message})};
  const Made made = present(tgt, session, caveats, authenticator);
  const Bytes32 key = hash("WB1 call", made.chain, {made.tag});
  return {array({bin(made.wire), bin(seal(key, made.wire, message, box_nonce))}),
          hash("WB1 reply", made.chain, {made.tag})};
}

Received Received::read(View wire) {
  const Value message = decode(wire, max_message);
  const auto& part = message.array(2);
  Received out;
  out.presentation_bytes = copy(part[0].bin(max_presentation));
  out.box = copy(part[1].bin(max_message));
  out.presentation = Presentation::read(out.presentation_bytes);
  return out;
}

Received::Opened Received::open(View session) const {
  const Bytes32 chain = presentation.check(session);
  const Bytes32 key = hash("WB1 call", chain, {presentation.tag});
  const Bytes message = second::open(key, presentation_bytes, box);
  Opened out;
  const Value operations = decode(message, max_message);
  for (const Value& row : operations.list(1, max_operations)) {
    const auto& field = row.array(2);
    std::string name = field[0].name(max_name);
    out.operations.push_back({std::move(name), copy(field[1].bin(max_message))});
  }
  out.request = hash("WB1 request", {message});
  out.reply_key = hash("WB1 reply", chain, {presentation.tag});
  return out;
}

std::vector<Answer> open_reply(View reply_key, View wire) {
  const Bytes message = open(reply_key, view(reply_ad), wire);
  const Value answers = decode(message, max_reply);
  std::vector<Answer> out;
  for (const Value& row : answers.list(1, max_operations)) {
    const auto& field = row.array(3);
    Answer answer;
    answer.code = field[0].number();
    answer.detail = field[1].str(max_detail);
    answer.value = copy(field[2].bin(max_reply));
    out.push_back(std::move(answer));
  }
  return out;
}

Issued Issued::read(View wire) {
  const Value message = decode(wire, max_message);
  const auto& field = message.array(7);
  Issued out;
  out.ticket = copy(field[0].bin(max_ticket_with_booklet));
  out.session = field[1].fixed<32>();
  out.evidence = copy(field[2].bin(max_evidence));
  out.issued_at = field[3].time();
  out.start_by = field[4].time();
  out.run_until = field[5].time();
  out.renew_until = field[6].time();
  return out;
}

Bytes input_binding(std::string_view space, std::string_view queue, std::string_view type,
                    std::string_view id) {
  return array({str(space), str(queue), str(type), str(id)});
}

Bytes result_binding(View ticket_id, std::string_view workflow_id, std::string_view run_chain) {
  return array({bin(ticket_id), str(workflow_id), str(run_chain)});
}

Bytes open_input(View session, View binding, View sealed) {
  return open(hash("WB1 input", session, {binding}), binding, sealed);
}

Bytes open_result(View session, View binding, View sealed) {
  try {
    return open(hash("WB1 result", session, {binding}), binding, sealed);
  } catch (const Refused&) {
    refuse(Code::bad_result);
  }
}

Bytes seal_input(View session, View binding, View input, View nonce) {
  return seal(hash("WB1 input", session, {binding}), binding, input, nonce);
}

Bytes seal_result(View session, View binding, View result, View nonce) {
  return seal(hash("WB1 result", session, {binding}), binding, result, nonce);
}

}  // namespace second
