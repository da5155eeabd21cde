#include "kdc/policy.h"

#include <algorithm>
#include <iterator>

#include "kdc/init.h"
#include "ticket/exchange/messages.h"

namespace waybill::kdc {
namespace {

bool covers(const GrantRecord& grant, const WorkWish& wish) {
  return grant.queue.matches(wish.queue) && grant.workflow &&
         grant.workflow->matches(wish.workflow_type);
}

std::vector<std::string> kept_by(const GrantRecord& grant, const WorkWish& wish) {
  std::vector<std::string> kept;
  std::ranges::copy_if(wish.actions, std::back_inserter(kept), [&](const std::string& action) {
    return std::ranges::find(grant.actions, action) != grant.actions.end();
  });
  return kept;
}

bool only_looks(const GrantRecord& grant) {
  return !grant.actions.empty() && std::ranges::all_of(grant.actions, [](const auto& action) {
    return action == look_action;
  });
}

// What one grant gives of a wish.
struct Share {
  const GrantRecord* grant;
  std::vector<std::string> actions;
  Seconds run;
};

std::vector<Share> shares(const Rules& rules, const WorkWish& wish) {
  std::vector<Share> out;
  for (const GrantRecord& grant : rules.grants) {
    if (!covers(grant, wish)) continue;
    out.push_back({&grant, kept_by(grant, wish), std::min(grant.max_run, rules.longest_run)});
  }
  return out;
}

// To look is not to work: neither does the action get into a ticket, nor a grant of it start any.
std::vector<Share> working_shares(const Rules& rules, const WorkWish& wish) {
  std::vector<Share> out = shares(rules, wish);
  std::erase_if(out, [](const Share& share) { return only_looks(*share.grant); });
  for (Share& share : out) std::erase(share.actions, look_action);
  return out;
}

// More actions before a longer run before age.
const Share& best(const std::vector<Share>& shares) {
  return *std::ranges::max_element(shares, [](const Share& a, const Share& b) {
    if (a.actions.size() != b.actions.size()) return a.actions.size() < b.actions.size();
    if (a.run != b.run) return a.run < b.run;
    return a.grant->id > b.grant->id;
  });
}

// The second half of every ruling: the trigger, then the queue.
Result<Ruling> under_ceiling(const Rules& rules, const WorkWish& wish, Ruling ruling) {
  const auto ceiling = std::ranges::find_if(
      rules.ceilings, [&](const GrantRecord& c) { return c.queue.matches(wish.queue); });
  if (ceiling == rules.ceilings.end()) return Error{Errc::ceiling_missing, "trigger"};
  if (!rules.queue_exists) return Error{Errc::queue_unknown, "queue"};
  ruling.ceiling = ceiling->id;
  return ruling;
}

}  // namespace

std::optional<PrincipalRecord> active(const StoreView& view, std::string_view name) {
  auto record = view.principal(name);
  if (record && record->disabled) record.reset();
  return record;
}

Result<PrincipalRecord> active_service(const StoreView& view, std::string_view name) {
  auto record = active(view, name);
  if (!record || record->kind != PrincipalKind::service) {
    return Error{Errc::service_unknown, "service"};
  }
  return *std::move(record);
}

Result<PrincipalRecord> active_queue(const StoreView& view, std::string_view name) {
  auto record = active(view, name);
  if (!record || record->kind != PrincipalKind::queue || !view.queue(name)) {
    return Error{Errc::queue_unknown, "queue"};
  }
  return *std::move(record);
}

bool owns_queue(const StoreView& view, const Principal& who, std::string_view queue) {
  const auto record = view.queue(queue);
  return record && !record->owner_pending && record->owner == who;
}

bool is_operator(const StoreView& view, const Principal& who) {
  const auto record = active(view, who.name());
  return record && record->principal == who && record->has_role(operator_role);
}

Rules rules_for(const StoreView& view, const PrincipalRecord& subject, const Principal& trigger,
                std::string_view queue) {
  Rules rules;
  rules.grants = view.grants_of(GrantRecord::Holder::subject, subject.principal.name());
  for (const std::string& role : subject.roles) {
    std::ranges::move(view.grants_of(GrantRecord::Holder::role, role),
                      std::back_inserter(rules.grants));
  }
  rules.ceilings = view.grants_of(GrantRecord::Holder::trigger, trigger.name());
  rules.queue_exists = bool(active_queue(view, queue));
  return rules;
}

Result<Ruling> rule(const Rules& rules, const WorkWish& wish) {
  std::vector<Share> good = working_shares(rules, wish);
  if (good.empty()) return Error{Errc::grant_missing, "queue and workflow type"};
  std::erase_if(good, [&](const Share& s) { return s.actions.size() != wish.actions.size(); });
  if (good.empty()) return Error{Errc::grant_action, "actions"};
  std::erase_if(good, [&](const Share& s) { return s.run < wish.run_for || s.run <= Seconds(0); });
  if (good.empty()) return Error{Errc::grant_duration, "run"};
  const Share& chosen = best(good);
  const Seconds run = wish.run_for == Seconds(0) ? chosen.run : wish.run_for;
  return under_ceiling(rules, wish,
                       {chosen.grant->id, 0, run, chosen.actions, chosen.grant->soft_feed});
}

Result<Ruling> rule_look(const Rules& rules, const std::string& queue,
                         const std::string& workflow_type) {
  const WorkWish wish{queue, workflow_type, {std::string(look_action)}};
  std::vector<Share> good = shares(rules, wish);
  if (good.empty()) return Error{Errc::grant_missing, "queue and workflow type"};
  std::erase_if(good, [](const Share& share) { return share.actions.empty(); });
  if (good.empty()) return Error{Errc::grant_action, "to look"};
  Ruling ruling;
  ruling.grant = best(good).grant->id;
  return under_ceiling(rules, wish, std::move(ruling));
}

Result<Ruling> rule_renewal(const Rules& rules, const WorkWish& wish) {
  std::vector<Share> left = working_shares(rules, wish);
  std::erase_if(left, [](const Share& s) { return s.run <= Seconds(0); });
  if (left.empty()) return Error{Errc::grant_missing, "queue and workflow type"};
  const Share& chosen = best(left);
  if (chosen.actions.empty() && !wish.actions.empty()) return Error{Errc::grant_action, "actions"};
  return under_ceiling(rules, wish,
                       {chosen.grant->id, 0, std::min(wish.run_for, chosen.run), chosen.actions,
                        chosen.grant->soft_feed});
}

}  // namespace waybill::kdc
