#include "ticket/presentation.h"

#include <algorithm>

#include "ticket/limits.h"

namespace waybill {
namespace {

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overload(Ts...) -> Overload<Ts...>;

// Wire numbers of the caveat types: the index in the variant plus one, fixed by the specification.
std::uint64_t type_number(const Caveat& caveat) { return caveat.index() + 1; }

std::optional<Caveat> read_value(Reader& in, std::uint64_t type) {
  switch (type) {
    case 1:
      return caveat::Delegation{in.bin<16>()};
    case 2: {
      auto principal = in.principal();
      if (!principal) return std::nullopt;
      return caveat::Audience{*std::move(principal)};
    }
    case 3:
      return caveat::NotAfter{in.time()};
    case 4:
      return caveat::Actions{read_names(in)};
    case 5:
      return caveat::Queue{in.name(limits::max_principal_name)};
    case 6:
      return caveat::WorkflowType{in.name(limits::max_name)};
    case 7:
      return caveat::WorkflowId{in.name(limits::max_workflow_id)};
    case 8:
      return caveat::Input{in.bin<32>()};
    case 9:
      return caveat::Downstreams{read_downstreams(in)};
    case 10:
      return caveat::Namespace{in.name(limits::max_name)};
    default:
      in.fail(Errc::caveat_unknown, "caveat type");
      return std::nullopt;
  }
}

bool contains(const std::vector<std::string>& all, const std::vector<std::string>& wanted) {
  return std::ranges::all_of(
      wanted, [&](const std::string& w) { return std::ranges::find(all, w) != all.end(); });
}

bool allows(const caveat::Downstreams& caveat, const Downstream& wanted) {
  return std::ranges::any_of(caveat.within, [&](const Downstream& d) {
    return d.name == wanted.name && contains(d.actions, wanted.actions);
  });
}

Checked check(const Caveat& caveat, const CaveatRequest& request) {
  const auto require = [](bool holds, Errc code) -> Checked {
    if (!holds) return Error{code, "caveat"};
    return ok();
  };
  return std::visit(
      Overload{
          [&](const caveat::Delegation&) { return ok(); },
          [&](const caveat::Audience& c) {
            return require(request.audience == c.principal, Errc::caveat_audience);
          },
          [&](const caveat::NotAfter& c) {
            return require(request.now < c.time, Errc::caveat_expired);
          },
          [&](const caveat::Actions& c) {
            return require(request.actions && contains(c.within, *request.actions),
                           Errc::caveat_action);
          },
          [&](const caveat::Queue& c) {
            return require(request.queue == c.name, Errc::caveat_queue);
          },
          [&](const caveat::WorkflowType& c) {
            return require(request.workflow_type == c.name, Errc::caveat_workflow_type);
          },
          [&](const caveat::WorkflowId& c) {
            return require(request.workflow_id == c.id, Errc::caveat_workflow);
          },
          [&](const caveat::Input& c) {
            return require(request.input == c.digest, Errc::caveat_input);
          },
          [&](const caveat::Downstreams& c) {
            const bool all = request.downstreams &&
                             std::ranges::all_of(*request.downstreams,
                                                 [&](const Downstream& d) { return allows(c, d); });
            return require(all, Errc::caveat_downstream);
          },
          [&](const caveat::Namespace& c) {
            return require(request.space == c.name, Errc::caveat_namespace);
          },
      },
      caveat);
}

// t0 = H("chain", session key; sealed ticket)
ChainKey first_link(const SessionKey& session, Bytes ticket) {
  return derive<ChainKey>(Label::chain, session.secret(), {ticket});
}

// ti = H("caveat", t(i-1); caveat i)
ChainKey next_link(const ChainKey& previous, Bytes caveat) {
  return derive<ChainKey>(Label::caveat, previous.secret(), {caveat});
}

// tag = H("final", tn; authenticator): its own label, so that nothing can be appended after it.
Digest final_tag(const ChainKey& chain, Bytes authenticator) {
  return keyed_hash(Label::final_tag, chain.secret(), {authenticator});
}

}  // namespace

Buffer encode(const Caveat& caveat) {
  Writer out;
  out.array(2).uint(type_number(caveat));
  std::visit(Overload{
                 [&](const caveat::Delegation& c) { out.bin(c.id); },
                 [&](const caveat::Audience& c) { out.str(c.principal.text()); },
                 [&](const caveat::NotAfter& c) { out.time(c.time); },
                 [&](const caveat::Actions& c) { write_names(out, c.within); },
                 [&](const caveat::Queue& c) { out.str(c.name); },
                 [&](const caveat::WorkflowType& c) { out.str(c.name); },
                 [&](const caveat::WorkflowId& c) { out.str(c.id); },
                 [&](const caveat::Input& c) { out.bin(c.digest); },
                 [&](const caveat::Downstreams& c) { write_downstreams(out, c.within); },
                 [&](const caveat::Namespace& c) { out.str(c.name); },
             },
             caveat);
  return out.take();
}

Result<Caveat> decode_caveat(Bytes wire) {
  Reader in(wire, limits::max_caveat);
  in.array(2);
  auto value = read_value(in, in.uint());
  CHECK_OK(in.finish());
  return *std::move(value);
}

Checked check_caveats(const std::vector<Caveat>& caveats, const CaveatRequest& request) {
  for (const Caveat& caveat : caveats) CHECK_OK(check(caveat, request));
  return ok();
}

Checked check_delegation(const std::vector<Caveat>& caveats) {
  const bool complete = !caveats.empty() &&
                        std::holds_alternative<caveat::Delegation>(caveats.front()) &&
                        has<caveat::Audience>(caveats) && has<caveat::NotAfter>(caveats) &&
                        has<caveat::Actions>(caveats) && has<caveat::Queue>(caveats) &&
                        has<caveat::WorkflowType>(caveats) && has<caveat::Input>(caveats);
  if (!complete) return Error{Errc::delegation_incomplete, "delegation"};
  return ok();
}

Buffer Authenticator::encode() const {
  Writer out;
  out.array(5).str(addressee.text());
  out.bin(instance ? Bytes(*instance) : Bytes{}).time(time).bin(nonce).bin(request);
  return out.take();
}

Result<Authenticator> Authenticator::decode(Bytes wire) {
  Reader in(wire, limits::max_caveat);
  in.array(5);
  auto addressee = in.principal();
  const Bytes instance = in.bin(16);
  const Time time = in.time();
  const auto nonce = in.bin<16>();
  const Digest request = in.bin<32>();
  if (!instance.empty() && instance.size() != 16) in.fail(Errc::malformed, "instance");
  CHECK_OK(in.finish());
  std::optional<InstanceId> named;
  if (!instance.empty()) named = fixed<16>(instance);
  return Authenticator{*std::move(addressee), named, time, nonce, request};
}

CaveatChain::CaveatChain(Bytes ticket, const SessionKey& session)
    : ticket_(copy_of(ticket)), size_(ticket.size()), chain_(first_link(session, ticket)) {}

Checked CaveatChain::add(const Caveat& caveat) {
  Buffer wire = encode(caveat);
  const std::size_t size = size_ + wire.size();
  const bool fits = caveats_.size() < limits::max_caveats && wire.size() <= limits::max_caveat &&
                    size + limits::presentation_frame <= limits::max_presentation;
  if (!fits) return Error{Errc::limit_exceeded, "caveat"};
  size_ = size;
  chain_ = next_link(chain_, wire);
  caveats_.push_back(std::move(wire));
  return ok();
}

Checked CaveatChain::add_all(std::span<const Caveat> caveats) {
  for (const Caveat& caveat : caveats) CHECK_OK(add(caveat));
  return ok();
}

Presented CaveatChain::finish(const Authenticator& authenticator) const {
  const Buffer authenticator_bytes = authenticator.encode();
  const Digest tag = final_tag(chain_, authenticator_bytes);
  Writer out;
  out.array(4).bin(ticket_).array(caveats_.size());
  for (const Buffer& caveat : caveats_) out.bin(caveat);
  out.bin(authenticator_bytes).bin(tag);
  return {out.take(), chain_.duplicate(), tag};
}

Result<Presentation> Presentation::parse(Bytes wire) {
  Reader in(wire, limits::max_presentation);
  in.array(4);
  const Bytes ticket = in.bin(limits::max_ticket_with_booklet);
  std::vector<Bytes> caveats;
  for (std::size_t n = in.array(0, limits::max_caveats); n > 0; --n) {
    caveats.push_back(in.bin(limits::max_caveat));
  }
  const Bytes authenticator_bytes = in.bin(limits::max_caveat);
  const Digest tag = in.bin<32>();
  CHECK_OK(in.finish());
  TRY(authenticator, Authenticator::decode(authenticator_bytes));
  Presentation out(std::move(authenticator));
  out.ticket_ = copy_of(ticket);
  out.authenticator_bytes_ = copy_of(authenticator_bytes);
  out.tag_ = tag;
  for (const Bytes bytes : caveats) {
    TRY(caveat, decode_caveat(bytes));
    out.caveat_bytes_.push_back(copy_of(bytes));
    out.caveats_.push_back(std::move(caveat));
  }
  return out;
}

Result<ChainKey> Presentation::check(const SessionKey& session) const {
  ChainKey chain = first_link(session, ticket_);
  for (const Buffer& caveat : caveat_bytes_) chain = next_link(chain, caveat);
  if (!same_secret(final_tag(chain, authenticator_bytes_), tag_)) {
    return Error{Errc::bad_tag, "tag"};
  }
  return chain;
}

Checked check_authenticator(const Authenticator& a, const Expected& expected) {
  if (a.addressee != expected.addressee) return Error{Errc::wrong_addressee, "authenticator"};
  if (a.instance != expected.instance) return Error{Errc::wrong_instance, "authenticator"};
  if (!limits::within_skew(a.time - expected.now)) return Error{Errc::clock_skew, "authenticator"};
  if (a.request != expected.request) return Error{Errc::wrong_request, "authenticator"};
  return ok();
}

Digest request_digest(std::initializer_list<Bytes> parts) { return hash(Label::request, parts); }

TicketId delegated_ticket_id(const Digest& user_tag) {
  return fixed<16>(Bytes(hash(Label::delegated, {user_tag})).first(16));
}

}  // namespace waybill
