// Presentations after a plan. Whoever has only seen one can show it again and nothing else; what
// its caveats say is all that it allows.

#include <algorithm>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/ticket_targets.h"
#include "ticket/wire/limits.h"

namespace waybill::test::fuzz {
namespace {

const IssuedTicket& tgt() {
  static const IssuedTicket ticket = realm().tgt(realm().tgt_body("carol"));
  return ticket;
}

Authenticator planned_authenticator(Plan& plan) {
  Authenticator out{realm().principal("trigger/orders"), std::nullopt, planned_time(plan),
                    plan.fixed<16>(), Digest{plan.byte()}};
  if (plan.yes()) out.instance = InstanceId{plan.byte()};
  return out;
}

Buffer assembled(Bytes ticket, const std::vector<Caveat>& caveats, Bytes authenticator,
                 const Digest& tag) {
  Writer out;
  out.array(4).bin(ticket).array(caveats.size());
  for (const Caveat& one : caveats) out.bin(encode(one));
  return out.bin(authenticator).bin(tag).take();
}

// Made again of the parts that are seen on the way: more caveats, fewer, in another order, another
// authenticator, another ticket.
Buffer rearranged(const Presentation& seen, Plan& plan) {
  std::vector<Caveat> caveats = seen.caveats();
  Buffer ticket = copy_of(seen.ticket()), authenticator = seen.authenticator().encode();
  Digest tag = seen.tag();
  switch (plan.below(6)) {
    case 0:
      for (Caveat& more : planned_caveats(plan, 2)) caveats.push_back(std::move(more));
      break;
    case 1:
      if (!caveats.empty())
        caveats.erase(caveats.begin() + static_cast<std::ptrdiff_t>(plan.below(caveats.size())));
      break;
    case 2:
      if (!caveats.empty()) std::swap(caveats.front(), caveats[plan.below(caveats.size())]);
      break;
    case 3:
      authenticator = planned_authenticator(plan).encode();
      break;
    case 4:
      ticket = changed(ticket, tgt().ticket, plan);
      break;
    default:
      tag = request_digest({tag, authenticator});
  }
  return assembled(ticket, caveats, authenticator, tag);
}

Result<ChainKey> check(Bytes wire) {
  TRY(read, Presentation::parse(wire));
  return read.check(tgt().session);
}

void show(Bytes input) {
  Plan plan(input);
  CaveatChain chain(tgt().ticket, tgt().session);
  std::vector<Caveat> taken;
  for (Caveat& one : planned_caveats(plan, limits::max_caveats + 2)) {
    const bool room = taken.size() < limits::max_caveats;
    require(bool(chain.add(one)) == room, "a chain takes as many caveats as it may");
    if (room) taken.push_back(std::move(one));
  }
  const Authenticator authenticator = planned_authenticator(plan);
  const Presented shown = chain.finish(authenticator);
  const auto read = Presentation::parse(shown.wire);
  require(bool(read), "what a holder shows has the right shape");
  require(assembled(read->ticket(), read->caveats(), read->authenticator().encode(), read->tag()) ==
                  shown.wire &&
              read->caveats().size() == taken.size(),
          "it is read as it was made");
  const auto key = read->check(tgt().session);
  require(key && *key == shown.chain && read->tag() == shown.tag, "both sides have one key");
  const Buffer other = chain.finish(planned_authenticator(plan)).wire;
  const Buffer on_the_way = changed(shown.wire, other, plan);
  require(on_the_way == shown.wire || on_the_way == other || !check(on_the_way),
          "a presentation that was changed is refused");
  const Buffer made = rearranged(*read, plan);
  require(made == shown.wire || made == other || !check(made), "one made of its parts is refused");
  require(!read->check(realm().fresh_session()), "another session key does not verify it");
}

bool contains(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::ranges::all_of(some, [&](const auto& n) { return std::ranges::count(all, n) > 0; });
}

// protocol 5, written once more: whether one caveat lets a request pass.
bool lets_pass(const Caveat& one, const CaveatRequest& r) {
  if (const auto* c = std::get_if<caveat::Audience>(&one))
    return r.audience && *r.audience == c->principal;
  if (const auto* c = std::get_if<caveat::NotAfter>(&one)) return r.now < c->time;
  if (const auto* c = std::get_if<caveat::Actions>(&one))
    return r.actions && contains(c->within, *r.actions);
  if (const auto* c = std::get_if<caveat::Queue>(&one)) return r.queue && *r.queue == c->name;
  if (const auto* c = std::get_if<caveat::WorkflowType>(&one))
    return r.workflow_type && *r.workflow_type == c->name;
  if (const auto* c = std::get_if<caveat::WorkflowId>(&one))
    return r.workflow_id && *r.workflow_id == c->id;
  if (const auto* c = std::get_if<caveat::Input>(&one)) return r.input && *r.input == c->digest;
  if (const auto* c = std::get_if<caveat::Namespace>(&one)) return r.space && *r.space == c->name;
  if (const auto* c = std::get_if<caveat::Downstreams>(&one)) {
    return r.downstreams && std::ranges::all_of(*r.downstreams, [&](const Downstream& wanted) {
             return std::ranges::any_of(c->within, [&](const Downstream& d) {
               return d.name == wanted.name && contains(d.actions, wanted.actions);
             });
           });
  }
  return true;  // a delegation's id
}

CaveatRequest planned_request(Plan& plan) {
  CaveatRequest out{planned_time(plan), {}, {}, {}, {}, {}, {}, {}, {}};
  if (plan.yes()) out.audience = realm().principal(plan.yes() ? "carol" : "trigger/orders");
  if (plan.yes()) out.queue = planned_name(plan);
  if (plan.yes()) out.workflow_type = planned_name(plan);
  if (plan.yes()) out.workflow_id = planned_name(plan);
  if (plan.yes()) out.input = Digest{plan.byte()};
  if (plan.yes()) out.actions = planned_names(plan, 3);
  if (plan.yes()) out.downstreams = planned_downstreams(plan);
  if (plan.yes()) out.space = planned_name(plan);
  return out;
}

void narrow(Bytes input) {
  Plan plan(input);
  const CaveatRequest request = planned_request(plan);
  std::vector<Caveat> caveats = planned_caveats(plan, 6);
  const auto ruling = check_caveats(caveats, request);
  const bool all =
      std::ranges::all_of(caveats, [&](const Caveat& c) { return lets_pass(c, request); });
  require(bool(ruling) == all, "caveats let pass what each of them lets pass");
  for (const Caveat& one : caveats) {
    const auto again = decode_caveat(encode(one));
    require(again && encode(*again) == encode(one), "a caveat is read as it was written");
  }
  const bool complete = bool(check_delegation(caveats));
  for (Caveat& more : planned_caveats(plan, 3)) caveats.push_back(std::move(more));
  require(ruling || !check_caveats(caveats, request), "a caveat more never allows more");
  require(!complete || check_delegation(caveats), "a caveat more leaves a delegation complete");
}

void authenticate(Bytes input) {
  Plan plan(input);
  const Authenticator a = planned_authenticator(plan);
  const Principal self = realm().principal(plan.yes() ? "trigger/orders" : "carol");
  const InstanceId instance{plan.byte()};
  const Time now = planned_time(plan);
  const Digest request{plan.byte()};
  const Seconds away = a.time > now ? a.time - now : now - a.time;
  const bool right = a.addressee == self && a.instance && *a.instance == instance &&
                     away <= limits::clock_skew && a.request == request;
  require(bool(check_authenticator(a, {self, instance, now, request})) == right,
          "an authenticator is for one service, instance, time and request");
}

}  // namespace

Targets presentation_targets() {
  return {{"a_presentation_made_and_changed", some_plans, show},
          {"caveats_on_a_request", some_plans, narrow},
          {"an_authenticator_at_a_service", some_plans, authenticate}};
}

}  // namespace waybill::test::fuzz
