// Calls to the KDC, and what travels beside a ticket.

#include "tests/support/test_realm.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/call.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

class CallMaker {
 public:
  std::string make();

 private:
  struct Parts {
    Presented presented;
    Buffer box;
    Buffer wire() const { return Writer().array(2).bin(presented.wire).bin(box).take(); }
  };
  Parts call(const Buffer& request, Time time = noon);
  void add_call(std::string_view name, const Buffer& wire, Outcome expect);
  void add_reply(std::string_view name, const Secret<32>& key, const Buffer& plain, Outcome expect);

  void add_calls();
  void add_replies();

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  IssuedTicket tgt_ = realm_.tgt(realm_.tgt_body("carol"));
  InstanceId instance_ = realm_.fresh<16>();
  VectorText out_{
      "Calls to the KDC under one TGT, and answers to the first of them.\n"
      "`operation` is a name and the arguments in hex; `answer` is code, detail in hex, value in "
      "hex,\n"
      "where - stands for nothing."};
};

CallMaker::Parts CallMaker::call(const Buffer& request, Time time) {
  const CaveatChain chain(tgt_.ticket, tgt_.session);
  Presented presented = chain.finish(
      {realm_.krbtgt(), instance_, time, realm_.fresh<16>(), request_digest({request})});
  const auto key = derive<CallKey>(Label::call, presented.chain.secret(), {presented.tag});
  Buffer box = detail::seal(key.secret(), presented.wire, request, realm_.fresh<24>());
  return {std::move(presented), std::move(box)};
}

void CallMaker::add_call(std::string_view name, const Buffer& wire, Outcome expect) {
  out_.begin(name).add("kind", "call").add("session", Bytes(tgt_.session.secret().expose()));
  out_.add("addressee", realm_.krbtgt().text()).add("instance", Bytes(instance_));
  out_.add("now", noon).add("call", wire).expect(expect);
}

void CallMaker::add_calls() {
  const Buffer arguments = Writer().array(2).str("trigger/orders").uint(3600).take();
  const Buffer request =
      Writer().array(2).array(2).str("tgs").bin(arguments).array(2).str("tickets").bin({}).take();
  const Parts good = call(request), other = call(request);
  add_call("a call with two operations", good.wire(), accepted);
  out_.add("operation", "tgs " + to_hex(arguments)).add("operation", "tickets");
  const auto reply =
      derive<ReplyKey>(Label::reply, good.presented.chain.secret(), {good.presented.tag});
  out_.add("reply_key", Bytes(reply.secret().expose()));

  const auto mixed = [&](Bytes presentation, Bytes box) {
    return Writer().array(2).bin(presentation).bin(box).take();
  };
  add_call("the box of another call", mixed(good.presented.wire, other.box), Errc::bad_integrity);
  add_call("the presentation of another call", mixed(other.presented.wire, good.box),
           Errc::bad_integrity);
  Buffer wrong = good.box;
  wrong.back() ^= 1;
  add_call("a bit of the box", mixed(good.presented.wire, wrong), Errc::bad_integrity);
  wrong = good.presented.wire;
  wrong.back() ^= 1;
  add_call("a bit of the tag", mixed(wrong, good.box), Errc::bad_tag);
  add_call("no operation", call(Writer().array(0).take()).wire(), Errc::malformed);
  Writer many;
  many.array(33);
  for (int i = 0; i < 33; ++i) many.array(2).str("tickets").bin({});
  add_call("33 operations", call(many.take()).wire(), Errc::limit_exceeded);
  add_call("an operation that is no name",
           call(Writer().array(1).array(2).str("tgs*").bin({}).take()).wire(), Errc::bad_name);
  add_call("a call of two minutes and a second ago", call(request, noon - 121s).wire(),
           Errc::clock_skew);
  // The box holds other operations than the authenticator's digest names.
  Parts swapped = call(request);
  const auto key =
      derive<CallKey>(Label::call, swapped.presented.chain.secret(), {swapped.presented.tag});
  swapped.box =
      detail::seal(key.secret(), swapped.presented.wire,
                   Writer().array(1).array(2).str("renew").bin({}).take(), realm_.fresh<24>());
  add_call("other operations than the authenticator names", swapped.wire(), Errc::wrong_request);
}

void CallMaker::add_reply(std::string_view name, const Secret<32>& key, const Buffer& plain,
                          Outcome expect) {
  out_.begin(name).add("kind", "reply").add("reply_key", Bytes(key.expose()));
  out_.add("reply", detail::seal(key, bytes_of("reply"), plain, realm_.fresh<24>()));
  out_.expect(expect);
}

void CallMaker::add_replies() {
  const Secret<32> key = Secret<32>::copy(realm_.fresh<32>());
  const auto answer = [](Writer& out, std::uint64_t code, std::string_view detail, Bytes value) {
    out.array(3).uint(code).str(detail).bin(value);
  };
  Writer two;
  two.array(2);
  answer(two, 0, "", bytes_of("value"));
  answer(two, 181, "carol is no operator", {});
  const Buffer good = two.take();
  add_reply("an answer to two operations", key, good, accepted);
  out_.add("answer", "0 - " + to_hex(bytes_of("value")));
  out_.add("answer", "181 " + to_hex(bytes_of("carol is no operator")) + " -");
  add_reply("no answer", key, Writer().array(0).take(), Errc::malformed);
  add_reply("an answer with two fields", key, Writer().array(1).array(2).uint(0).str("").take(),
            Errc::malformed);
  out_.begin("an answer to another call").add("kind", "reply");
  out_.add("reply_key", Bytes(realm_.fresh<32>()));
  out_.add("reply", detail::seal(key, bytes_of("reply"), good, realm_.fresh<24>()));
  out_.expect(Errc::bad_integrity);
}

std::string CallMaker::make() {
  add_calls();
  add_replies();
  return out_.take();
}

const InputBinding input_binding{"default", "queue-alice", "invoice-report", "invoice-report-1"};
const ResultBinding result_binding{TicketId{4}, "invoice-report-1", "run-1"};

void add_input(VectorText& out, const InputBinding& b, const SessionKey& session) {
  out.add("kind", "input").add("session", Bytes(session.secret().expose()));
  out.add("namespace", b.space).add("queue", b.queue);
  out.add("workflow_type", b.workflow_type).add("workflow_id", b.workflow_id);
}

void add_result(VectorText& out, const ResultBinding& b, const SessionKey& session) {
  out.add("kind", "result").add("session", Bytes(session.secret().expose()));
  out.add("ticket_id", Bytes(b.ticket)).add("workflow_id", b.workflow_id);
  out.add("run_chain", b.run_chain);
}

}  // namespace

std::string make_call_vectors() { return CallMaker().make(); }

std::string make_payload_vectors() {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  const SessionKey session = realm.fresh_session(), other = realm.fresh_session();
  const auto seal = [&](const auto& key, Bytes ad) {
    return detail::seal(key.secret(), ad, bytes_of("a table"), realm.fresh<24>());
  };
  Writer input_ad;
  input_ad.array(4).str(input_binding.space).str(input_binding.queue);
  input_ad.str(input_binding.workflow_type).str(input_binding.workflow_id);
  const Buffer ad = input_ad.take();
  const Buffer input = seal(derive<InputKey>(Label::input, session.secret(), {ad}), ad);
  Writer result_ad;
  result_ad.array(3).bin(result_binding.ticket).str(result_binding.workflow_id);
  const Buffer rad = result_ad.str(result_binding.run_chain).take();
  const Buffer result = seal(derive<ResultKey>(Label::result, session.secret(), {rad}), rad);

  VectorText out("Sealed inputs and results, and what each is bound to.");
  const auto add = [&](std::string_view name, const auto& binding, const SessionKey& key,
                       const Buffer& sealed, Outcome expect) {
    out.begin(name);
    if constexpr (requires { binding.space; })
      add_input(out, binding, key);
    else
      add_result(out, binding, key);
    out.add("sealed", sealed);
    if (expect == accepted) out.add("payload", Bytes(bytes_of("a table")));
    out.expect(expect);
  };
  add("an input", input_binding, session, input, accepted);
  add("an input under another ticket", input_binding, other, input, Errc::bad_integrity);
  const auto input_with = [&](std::string_view name, auto change) {
    InputBinding binding = input_binding;
    change(binding);
    add(name, binding, session, input, Errc::bad_integrity);
  };
  input_with("an input in another namespace", [](InputBinding& b) { b.space = "other"; });
  input_with("an input at another queue", [](InputBinding& b) { b.queue = "queue-bob"; });
  input_with("an input of another type", [](InputBinding& b) { b.workflow_type = "payroll"; });
  input_with("an input of another workflow",
             [](InputBinding& b) { b.workflow_id = "invoice-report-2"; });
  add("a result", result_binding, session, result, accepted);
  add("a result under another ticket's key", result_binding, other, result, Errc::bad_result);
  const auto result_with = [&](std::string_view name, auto change) {
    ResultBinding binding = result_binding;
    change(binding);
    add(name, binding, session, result, Errc::bad_result);
  };
  result_with("a result of another ticket", [](ResultBinding& b) { b.ticket[0] ^= 1; });
  result_with("a result of another workflow",
              [](ResultBinding& b) { b.workflow_id = "invoice-report-2"; });
  result_with("a result of another run", [](ResultBinding& b) { b.run_chain = "run-2"; });
  add("an input sent back as the result", result_binding, session, input, Errc::bad_result);
  return out.take();
}

}  // namespace waybill::test
