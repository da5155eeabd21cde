#include "tests/support/test_realm.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/presentation.h"

namespace waybill::test {
namespace {

/// What a presentation is checked against, as the lines of a case.
struct Question {
  std::string addressee = "trigger/orders@DEMO.TEST";
  Time now = noon;
  std::string queue = "queue-alice", type = "invoice-report", id = "invoice-report-1";
  std::string input = "the input";
  std::vector<std::string> actions{"invoice:read"};
  std::string space = "default";
};

class Maker {
 public:
  std::string make();

 private:
  std::vector<Caveat> complete();
  Presented finish(const std::vector<Caveat>& caveats, bool delegation);
  void add(std::string_view name, std::string_view kind, const Buffer& wire, Outcome expect,
           const Question& question = {});
  void add_good(std::string_view name, std::string_view kind, const std::vector<Caveat>& caveats,
                const Question& question = {});

  void add_requests();
  void add_delegations();
  void add_tamperings();

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  IssuedTicket tgt_ = realm_.tgt(realm_.tgt_body("carol"));
  Principal trigger_ = realm_.principal("trigger/orders");
  InstanceId instance_ = realm_.fresh<16>();
  Digest request_ = request_digest({bytes_of("POST"), bytes_of("/v1/workflows"), {}});
  Digest input_ = input_digest(bytes_of("the input"));
  VectorText out_{
      "Presentations of one TGT, made with its session key: caveats, authenticator, tag.\n"
      "kind = request: for one request to a service. kind = delegation: for a trigger."};
};

std::vector<Caveat> Maker::complete() {
  return {caveat::Delegation{realm_.fresh<16>()},
          caveat::Audience{trigger_},
          caveat::NotAfter{noon + 10min},
          caveat::Queue{"queue-alice"},
          caveat::WorkflowType{"invoice-report"},
          caveat::Actions{{"invoice:read", "report:write"}},
          caveat::Input{input_}};
}

Presented Maker::finish(const std::vector<Caveat>& caveats, bool delegation) {
  CaveatChain chain(tgt_.ticket, tgt_.session);
  (void)*chain.add_all(caveats);
  if (delegation) return chain.finish({trigger_, {}, noon, realm_.fresh<16>(), input_});
  return chain.finish({trigger_, instance_, noon, realm_.fresh<16>(), request_});
}

void Maker::add(std::string_view name, std::string_view kind, const Buffer& wire, Outcome expect,
                const Question& question) {
  out_.begin(name).add("kind", kind).add("session", Bytes(tgt_.session.secret().expose()));
  out_.add("presentation", wire).add("addressee", question.addressee);
  out_.add("instance", Bytes(instance_)).add("now", question.now);
  out_.add("request", Bytes(request_));
  out_.add("queue", question.queue).add("workflow_type", question.type);
  out_.add("workflow_id", question.id).add("namespace", question.space);
  out_.add("input", Bytes(input_digest(bytes_of(question.input))));
  for (const std::string& action : question.actions) out_.add("action", action);
  out_.expect(expect);
}

void Maker::add_good(std::string_view name, std::string_view kind,
                     const std::vector<Caveat>& caveats, const Question& question) {
  const Presented made = finish(caveats, kind == "delegation");
  add(name, kind, made.wire, accepted, question);
  out_.add("chain", Bytes(made.chain.secret().expose())).add("tag", Bytes(made.tag));
  if (kind == "delegation") out_.add("ticket_id", Bytes(delegated_ticket_id(made.tag)));
}

void Maker::add_requests() {
  add_good("a request", "request", {});
  add_good("a request at the edge of the skew", "request", {}, {.now = noon + 120s});
  add_good("a request with caveats", "request", {caveat::NotAfter{noon + 1s}});
  const Buffer wire = finish({}, false).wire;
  add("a request a second late", "request", wire, Errc::clock_skew, {.now = noon + 121s});
  add("a request a second early", "request", wire, Errc::clock_skew, {.now = noon - 121s});
  add("a request to another service", "request", wire, Errc::wrong_addressee,
      {.addressee = "trigger/other@DEMO.TEST"});
  CaveatChain chain(tgt_.ticket, tgt_.session);
  const auto with = [&](const Authenticator& a) { return chain.finish(a).wire; };
  const auto nonce = realm_.fresh<16>();
  add("a request to another instance", "request",
      with({trigger_, InstanceId{}, noon, nonce, request_}), Errc::wrong_instance);
  add("a request to no instance", "request", with({trigger_, {}, noon, nonce, request_}),
      Errc::wrong_instance);
  add("another request", "request", with({trigger_, instance_, noon, nonce, input_}),
      Errc::wrong_request);
  add("a request whose caveat has ended", "request", finish({caveat::NotAfter{noon}}, false).wire,
      Errc::caveat_expired);
}

void Maker::add_delegations() {
  add_good("a delegation", "delegation", complete());
  auto with_id = complete();
  with_id.emplace_back(caveat::WorkflowId{"invoice-report-1"});
  add_good("a delegation of one workflow", "delegation", with_id);
  const Buffer wire = finish(with_id, true).wire;
  add("a delegation used by another service", "delegation", wire, Errc::caveat_audience,
      {.addressee = "trigger/other@DEMO.TEST"});
  add("a delegation in the second it ends", "delegation", wire, Errc::caveat_expired,
      {.now = noon + 10min});
  add("a delegation for another queue", "delegation", wire, Errc::caveat_queue,
      {.queue = "queue-bob"});
  add("a delegation for another type", "delegation", wire, Errc::caveat_workflow_type,
      {.type = "payroll"});
  add("a delegation for another workflow", "delegation", wire, Errc::caveat_workflow,
      {.id = "invoice-report-2"});
  add("a delegation for another input", "delegation", wire, Errc::caveat_input,
      {.input = "another input"});
  add("a delegation for one action more", "delegation", wire, Errc::caveat_action,
      {.actions = {"invoice:read", "invoice:pay"}});
  auto with_space = complete();
  with_space.emplace_back(caveat::Namespace{"default"});
  add_good("a delegation in one namespace", "delegation", with_space);
  add("a delegation for another namespace", "delegation", finish(with_space, true).wire,
      Errc::caveat_namespace, {.space = "default2"});
  for (std::size_t i = 0; i < complete().size(); ++i) {
    auto without = complete();
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    add("a delegation without its caveat " + std::to_string(i + 1), "delegation",
        finish(without, true).wire, Errc::delegation_incomplete);
  }
  auto late_id = complete();
  std::swap(late_id[0], late_id[1]);
  add("a delegation that does not begin with its id", "delegation", finish(late_id, true).wire,
      Errc::delegation_incomplete);
}

void Maker::add_tamperings() {
  const auto caveats = complete();
  const auto assemble = [&](const std::vector<Buffer>& list, Bytes tag, const Presented& made) {
    const auto read = Presentation::parse(made.wire);
    Writer out;
    out.array(4).bin(tgt_.ticket).array(list.size());
    for (const Buffer& caveat : list) out.bin(caveat);
    return out.bin(read->authenticator().encode()).bin(tag).take();
  };
  const Presented made = finish(caveats, true);
  std::vector<Buffer> list;
  for (const Caveat& caveat : caveats) list.push_back(encode(caveat));
  const auto tampered = [&](std::string_view name, const std::vector<Buffer>& wrong,
                            Outcome expect) {
    add(name, "delegation", assemble(wrong, made.tag, made), expect);
  };
  auto wrong = list;
  wrong.pop_back();
  tampered("a caveat stripped", wrong, Errc::bad_tag);
  wrong = list;
  std::swap(wrong[3], wrong[4]);
  tampered("two caveats exchanged", wrong, Errc::bad_tag);
  wrong = list;
  wrong.push_back(encode(caveat::NotAfter{noon + 1s}));
  tampered("a caveat appended", wrong, Errc::bad_tag);
  wrong = list;
  wrong[5] = encode(caveat::Actions{{"invoice:read", "report:write", "invoice:pay"}});
  tampered("a caveat widened", wrong, Errc::bad_tag);
  wrong = list;
  wrong.push_back(Writer().array(2).uint(99).uint(1).take());
  tampered("a caveat of a type that is not known", wrong, Errc::caveat_unknown);
  // The tag is no chain key: who has only seen it cannot continue the chain.
  wrong = list;
  wrong.push_back(encode(caveat::NotAfter{noon + 1s}));
  const auto next = derive_secret(Label::caveat, Secret<32>::copy(made.tag), {wrong.back()});
  const auto read = Presentation::parse(made.wire);
  const Digest tag = keyed_hash(Label::final_tag, next, {read->authenticator().encode()});
  add("a caveat appended to the tag", "delegation", assemble(wrong, tag, made), Errc::bad_tag);
  Digest flipped = made.tag;
  flipped[31] ^= 1;
  add("a bit of the tag", "delegation", assemble(list, flipped, made), Errc::bad_tag);
}

std::string Maker::make() {
  add_requests();
  add_delegations();
  add_tamperings();
  return out_.take();
}

}  // namespace

std::string make_presentation_vectors() { return Maker().make(); }

}  // namespace waybill::test
