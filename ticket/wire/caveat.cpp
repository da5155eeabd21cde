#include "ticket/wire/caveat.h"

#include "ticket/wire/limits.h"

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

// On an error any caveat: nobody sees it.
Caveat read_value(Reader& in, std::uint64_t type) {
  switch (type) {
    case 1:
      return caveat::Delegation{in.bin<16>()};
    case 2: {
      auto principal = in.principal();
      if (principal) return caveat::Audience{*std::move(principal)};
      break;
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
  }
  return caveat::Delegation{};
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
            return require(request.actions && are_among(*request.actions, c.within),
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
            return require(request.downstreams && are_among(*request.downstreams, c.within),
                           Errc::caveat_downstream);
          },
          [&](const caveat::Namespace& c) {
            return require(request.space == c.name, Errc::caveat_namespace);
          },
      },
      caveat);
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
  Caveat caveat = read_value(in, in.uint());
  CHECK_OK(in.finish());
  return caveat;
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

}  // namespace waybill
