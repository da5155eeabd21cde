#include "ticket/call.h"

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::string_view reply_ad = "reply";
constexpr std::size_t max_detail = 1024;

CallKey call_key(const ChainKey& chain, const Digest& tag) {
  return derive<CallKey>(Label::call, chain.secret(), {tag});
}

// From tn, never from what crossed the wire alone: a trigger that saw the tag learns no reply.
ReplyKey reply_key(const ChainKey& chain, const Digest& tag) {
  return derive<ReplyKey>(Label::reply, chain.secret(), {tag});
}

// Cut between two letters, since half of one is not UTF-8.
std::string_view shortened(std::string_view detail) {
  if (detail.size() <= max_detail) return detail;
  std::size_t end = max_detail;
  while (end > 0 && (static_cast<std::uint8_t>(detail[end]) & 0xc0U) == 0x80) --end;
  return detail.substr(0, end);
}

Buffer encode_operations(const std::vector<Operation>& operations) {
  std::size_t size = 64;
  for (const Operation& op : operations) size += op.name.size() + op.arguments.size() + 16;
  Writer out(size);
  out.array(operations.size());
  for (const Operation& op : operations) out.array(2).str(op.name).bin(op.arguments);
  return out.take();
}

Result<std::vector<Operation>> decode_operations(Bytes wire) {
  Reader in(wire, limits::max_message);
  std::vector<Operation> out;
  for (std::size_t n = in.array(1, limits::max_requests); n > 0; --n) {
    in.array(2);
    std::string name = in.name(limits::max_name);
    out.push_back({std::move(name), copy_of(in.bin(limits::max_message))});
  }
  CHECK_OK(in.finish());
  return out;
}

}  // namespace

Result<PendingCall> make_call(Bytes tgt, const SessionKey& session,
                              const std::vector<Operation>& operations, const CallContext& context,
                              const std::vector<Caveat>& caveats) {
  Buffer request = encode_operations(operations);
  const WipeOnExit wiped(request);
  CaveatChain chain(tgt, session);
  CHECK_OK(chain.add_all(caveats));
  const Presented presented = chain.finish(
      {context.kdc, context.instance, context.now, random_bytes<16>(), request_digest({request})});
  const Buffer box = seal(call_key(presented.chain, presented.tag), presented.wire, request);
  return PendingCall{Writer().array(2).bin(presented.wire).bin(box).take(),
                     reply_key(presented.chain, presented.tag)};
}

Result<ReceivedCall> ReceivedCall::parse(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(2);
  const Bytes presentation_bytes = in.bin(limits::max_presentation);
  const Bytes box = in.bin(limits::max_message);
  CHECK_OK(in.finish());
  TRY(presentation, Presentation::parse(presentation_bytes));
  return ReceivedCall{std::move(presentation), copy_of(presentation_bytes), copy_of(box)};
}

Result<ReceivedCall::Opened> ReceivedCall::open(const SessionKey& session) const {
  TRY(chain, presentation.check(session));
  TRY(request, waybill::open(call_key(chain, presentation.tag()), presentation_bytes, box));
  const WipeOnExit wiped(request);
  TRY(operations, decode_operations(request));
  return Opened{std::move(operations), request_digest({request}),
                reply_key(chain, presentation.tag())};
}

Buffer seal_reply(const ReplyKey& key, const std::vector<Answer>& answers) {
  std::size_t size = 64;
  for (const Answer& answer : answers) size += answer.value.size() + answer.detail.size() + 64;
  Writer out(size);
  out.array(answers.size());
  for (const Answer& answer : answers) {
    out.array(3).uint(answer.refusal ? static_cast<std::uint64_t>(*answer.refusal) : 0);
    out.str(shortened(answer.detail)).bin(answer.value);
  }
  Buffer plaintext = out.take();
  const WipeOnExit wiped(plaintext);
  return seal(key, bytes_of(reply_ad), plaintext);
}

Result<std::vector<Answer>> PendingCall::open_reply(Bytes reply) const {
  TRY(plaintext, waybill::open(reply_key, bytes_of(reply_ad), reply));
  const WipeOnExit wiped(plaintext);
  Reader in(plaintext, limits::max_reply);
  std::vector<Answer> out;
  for (std::size_t n = in.array(1, limits::max_requests); n > 0; --n) {
    in.array(3);
    const std::uint64_t code = in.uint();
    std::string detail(in.str(max_detail));
    Answer answer{std::nullopt, std::move(detail), secret_copy(in.bin(limits::max_reply))};
    // A code of a newer KDC is a refusal all the same.
    if (code != 0) answer.refusal = errc_from(code).value_or(Errc::policy_denied);
    out.push_back(std::move(answer));
  }
  CHECK_OK(in.finish());
  return out;
}

}  // namespace waybill
