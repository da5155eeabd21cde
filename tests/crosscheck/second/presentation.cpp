#include "tests/crosscheck/second/presentation.h"

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/primitives.h"

namespace second {
namespace {

bool contains(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  });
}

// Each of `asked` is among `allowed`, with no more actions.
bool covers(const std::vector<Downstream>& allowed, const std::vector<Downstream>& asked) {
  return std::all_of(asked.begin(), asked.end(), [&](const Downstream& one) {
    return std::any_of(allowed.begin(), allowed.end(), [&](const Downstream& other) {
      return other.service == one.service && contains(other.actions, one.actions);
    });
  });
}

Bytes encode_names(const std::vector<std::string>& names) {
  std::vector<Bytes> items;
  for (const std::string& name : names) items.push_back(str(name));
  return array(items);
}

struct Chain {
  Bytes32 key;
  void add(View caveat) { key = hash("WB1 caveat", key, {caveat}); }
  Bytes32 tag(View authenticator) const { return hash("WB1 final", key, {authenticator}); }
};

Chain chain_of(View session, View ticket) { return {hash("WB1 chain", session, {ticket})}; }

void check_caveat(const Caveat& caveat, const Question& asked) {
  switch (caveat.type) {
    case Caveat::delegation:
      return;
    case Caveat::audience:
      return require(asked.audience == caveat.name, Code::caveat_audience);
    case Caveat::not_after:
      return require(asked.now < caveat.time, Code::caveat_expired);
    case Caveat::actions:
      return require(asked.actions && contains(caveat.names, *asked.actions), Code::caveat_action);
    case Caveat::queue:
      return require(asked.queue == caveat.name, Code::caveat_queue);
    case Caveat::workflow_type:
      return require(asked.workflow_type == caveat.name, Code::caveat_workflow_type);
    case Caveat::workflow_id:
      return require(asked.workflow_id == caveat.name, Code::caveat_workflow);
    case Caveat::input:
      return require(asked.input && same(*asked.input, caveat.digest), Code::caveat_input);
    case Caveat::downstreams:
      return require(asked.downstreams && covers(caveat.targets, *asked.downstreams),
                     Code::caveat_downstream);
    case Caveat::space:
      return require(asked.space == caveat.name, Code::caveat_namespace);
    default:
      refuse(Code::caveat_unknown);
  }
}

}  // namespace

Bytes Caveat::encode() const {
  const auto with = [&](const Bytes& value) { return array({number(type), value}); };
  switch (type) {
    case delegation:
    case input:
      return with(bin(digest));
    case not_after:
      return with(number(time));
    case actions:
      return with(encode_names(names));
    case downstreams: {
      std::vector<Bytes> rows;
      for (const Downstream& target : targets) {
        rows.push_back(array({str(target.service), encode_names(target.actions)}));
      }
      return with(array(rows));
    }
    default:
      return with(str(name));
  }
}

Caveat Caveat::read(View wire) {
  const Value message = decode(wire, max_caveat);
  const auto& field = message.array(2);
  Caveat out;
  out.type = field[0].number();
  const Value& value = field[1];
  switch (out.type) {
    case delegation:
      out.digest = copy(value.fixed<16>());
      break;
    case audience:
      out.name = value.principal();
      break;
    case not_after:
      out.time = value.time();
      break;
    case actions:
      out.names = read_names(value);
      break;
    case queue:
    case workflow_type:
    case space:
      out.name = value.name(max_name);
      break;
    case workflow_id:
      out.name = value.name(max_workflow_id);
      break;
    case input:
      out.digest = copy(value.fixed<32>());
      break;
    case downstreams:
      out.targets = read_downstreams(value);
      break;
    default:
      refuse(Code::caveat_unknown);
  }
  return out;
}

void check_caveats(const std::vector<Caveat>& caveats, const Question& question) {
  for (const Caveat& caveat : caveats) check_caveat(caveat, question);
}

void check_delegation(const std::vector<Caveat>& caveats) {
  constexpr auto incomplete = Code::delegation_incomplete;
  require(!caveats.empty() && caveats[0].type == Caveat::delegation, incomplete);
  for (const std::uint64_t wanted : {2U, 3U, 4U, 5U, 6U, 8U}) {
    require(std::any_of(caveats.begin(), caveats.end(),
                        [&](const Caveat& caveat) { return caveat.type == wanted; }),
            incomplete);
  }
}

Bytes Authenticator::encode() const {
  return array({str(addressee), bin(instance), number(time), bin(nonce), bin(request)});
}

Authenticator Authenticator::read(View wire) {
  const Value message = decode(wire, max_caveat);
  const auto& field = message.array(5);
  Authenticator out;
  out.addressee = field[0].principal();
  out.instance = copy(field[1].bin(16));
  require(out.instance.empty() || out.instance.size() == 16, Code::malformed);
  out.time = field[2].time();
  out.nonce = field[3].fixed<16>();
  out.request = field[4].fixed<32>();
  return out;
}

void Authenticator::check(std::string_view me, View my_instance, std::uint64_t now,
                          const Bytes32& asked) const {
  require(addressee == me, Code::wrong_addressee);
  require(same(instance, my_instance), Code::wrong_instance);
  require(time <= now + skew && now <= time + skew, Code::clock_skew);
  require(request == asked, Code::wrong_request);
}

Presentation Presentation::read(View wire) {
  const Value message = decode(wire, max_presentation);
  const auto& part = message.array(4);
  Presentation out;
  out.ticket = copy(part[0].bin(max_ticket_with_booklet));
  for (const Value& item : part[1].list(0, max_caveats)) {
    out.caveat_bytes.push_back(copy(item.bin(max_caveat)));
  }
  out.authenticator_bytes = copy(part[2].bin(max_caveat));
  out.tag = part[3].fixed<32>();
  out.authenticator = Authenticator::read(out.authenticator_bytes);
  for (const Bytes& caveat : out.caveat_bytes) out.caveats.push_back(Caveat::read(caveat));
  return out;
}

Bytes32 Presentation::check(View session) const {
  Chain chain = chain_of(session, ticket);
  for (const Bytes& caveat : caveat_bytes) chain.add(caveat);
  require(chain.tag(authenticator_bytes) == tag, Code::bad_tag);
  return chain.key;
}

Made present(View ticket, View session, const std::vector<Caveat>& caveats,
             const Authenticator& authenticator) {
  Chain chain = chain_of(session, ticket);
  std::vector<Bytes> items;
  for (const Caveat& caveat : caveats) {
    const Bytes bytes = caveat.encode();
    chain.add(bytes);
    items.push_back(bin(bytes));
  }
  const Bytes last = authenticator.encode();
  const Bytes32 tag = chain.tag(last);
  return {array({bin(ticket), array(items), bin(last), bin(tag)}), chain.key, tag};
}

Bytes16 delegated_id(const Bytes32& tag) { return first<16>(hash("WB1 delegated", {tag})); }

}  // namespace second
