#include "kdc/reasons.h"

#include <algorithm>

#include "kdc/pages.h"
#include "ticket/exchange/revoked.h"
#include "ticket/wire/hex.h"

namespace waybill::kdc {
namespace {

std::vector<std::string> without(std::vector<std::string> all,
                                 const std::vector<std::string>& taken) {
  std::erase_if(
      all, [&](const std::string& one) { return std::ranges::find(taken, one) != taken.end(); });
  return all;
}

bool fits_queue(const GrantRecord& grant, const WorkWish& wish) {
  return grant.queue.matches(wish.queue);
}

bool fits_type(const GrantRecord& grant, const WorkWish& wish) {
  return grant.workflow && grant.workflow->matches(wish.workflow_type);
}

// The more of it fits the nearer; queue and type count before actions.
std::size_t nearness(const GrantRecord& grant, const WorkWish& wish) {
  constexpr std::size_t place = 1000;
  const std::size_t lacking = without(wish.actions, grant.actions).size();
  return (fits_queue(grant, wish) ? place : 0) + (fits_type(grant, wish) ? place : 0) +
         (wish.actions.size() - lacking);
}

std::string what_lacks(const GrantRecord& grant, const WorkWish& wish, Seconds longest) {
  std::vector<std::string> lacks;
  if (!fits_queue(grant, wish)) lacks.emplace_back("queue");
  if (!fits_type(grant, wish)) lacks.emplace_back("workflow_type");
  for (const std::string& action : without(wish.actions, grant.actions)) {
    lacks.push_back("action " + action);
  }
  if (std::min(grant.max_run, longest) < wish.run_for) lacks.emplace_back("run");
  return joined(lacks);
}

std::string what_covers(const GrantRecord& grant) {
  return "queue " + grant.queue.text() + ", type " + grant.workflow->text() + ", actions " +
         (grant.actions.empty() ? "none" : joined(grant.actions)) + ", run " +
         std::to_string(grant.max_run.count()) + " s";
}

struct Words {
  std::string operator()(const caveat::Delegation&) const { return "delegation"; }
  std::string operator()(const caveat::Audience& c) const {
    return "service " + c.principal.text();
  }
  std::string operator()(const caveat::NotAfter& c) const {
    return "not after " + std::to_string(c.time.time_since_epoch().count());
  }
  std::string operator()(const caveat::Actions& c) const { return "actions " + joined(c.within); }
  std::string operator()(const caveat::Queue& c) const { return "queue " + c.name; }
  std::string operator()(const caveat::WorkflowType& c) const { return "type " + c.name; }
  std::string operator()(const caveat::WorkflowId& c) const { return "workflow " + c.id; }
  std::string operator()(const caveat::Input& c) const { return "input " + to_hex(c.digest); }
  std::string operator()(const caveat::Downstreams&) const { return "downstream services"; }
  std::string operator()(const caveat::Namespace& c) const { return "namespace " + c.name; }
};

}  // namespace

void note_shortfall(Fields& fields, const Rules& rules, const WorkWish& wish) {
  std::vector<GrantRecord> grants = rules.grants;
  std::erase_if(grants, [](const GrantRecord& grant) { return !grant.workflow; });
  const auto nearest = std::ranges::max_element(
      grants, [&](const auto& a, const auto& b) { return nearness(a, wish) < nearness(b, wish); });
  if (nearest == grants.end()) {
    fields.add("lacks", "any grant");
    return;
  }
  fields.add("nearest_grant", std::to_string(nearest->id)).add("covers", what_covers(*nearest));
  const std::string lacks = what_lacks(*nearest, wish, rules.longest_run);
  if (!lacks.empty()) {
    fields.add("lacks", lacks);
    return;
  }
  const bool under_ceiling = std::ranges::any_of(
      rules.ceilings, [&](const GrantRecord& ceiling) { return fits_queue(ceiling, wish); });
  if (!under_ceiling) fields.add("lacks", "ceiling");
}

Checked check_caveats(const std::vector<Caveat>& caveats, const CaveatRequest& asked,
                      Fields& fields) {
  const Checked allowed = waybill::check_caveats(caveats, asked);
  if (allowed) return allowed;
  const auto refusing = std::ranges::find_if(
      caveats, [&](const Caveat& caveat) { return !waybill::check_caveats({caveat}, asked); });
  if (refusing != caveats.end()) fields.add("caveat", std::visit(Words(), *refusing));
  return allowed;
}

void note_revocation(Fields& fields, const StoreView& view, const Body& body) {
  std::string last;
  const bool revoked =
      is_revoked(body, [&](RevokedBy kind, const std::string& value) -> std::optional<Time> {
        const auto entry = view.revocation(kind, value);
        if (!entry) return std::nullopt;
        last = std::string(name_of(kind)) + " " +
               (names_a_ticket(kind) ? to_hex(bytes_of(value)) : value);
        return entry->issued_until;
      });
  if (revoked) {
    fields.add("revocation", last);
  } else if (!active(view, body.subject.name())) {
    fields.add("inactive", body.subject.text());
  }
}

void note_narrowed(Fields& fields, const std::vector<std::string>& had,
                   const std::vector<std::string>& has) {
  const auto lost = without(had, has);
  if (!lost.empty()) fields.add("narrowed", joined(lost));
}

}  // namespace waybill::kdc
