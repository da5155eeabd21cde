#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kdc/store.h"

namespace waybill::kdc {

/// The realm's policy as a pure decision over what is stored (specs/protocol.md 6): one grant of
/// the subject, or of a role of the subject, must cover all that is asked; the trigger's ceiling
/// must cover the queue; the queue must exist. Two grants are never added up.

/// A principal that can take part: registered and not disabled.
std::optional<PrincipalRecord> active(const StoreView& view, std::string_view name);
/// A service that tickets can be addressed to. Errors: service_unknown.
Result<PrincipalRecord> active_service(const StoreView& view, std::string_view name);
/// A queue that tickets can be addressed to. Errors: queue_unknown.
Result<PrincipalRecord> active_queue(const StoreView& view, std::string_view name);
/// That `who` owns that queue; a pending owner owns nothing.
bool owns_queue(const StoreView& view, const Principal& who, std::string_view queue);
/// That `who` is active and has the role operator.
bool is_operator(const StoreView& view, const Principal& who);

/// What the rules are asked about.
struct WorkWish {
  std::string queue;
  std::string workflow_type;
  std::vector<std::string> actions;
  Seconds run_for{};  ///< zero: as long as the grant allows
};

/// All that decides. Gathered by rules_for(), written by hand in tests.
struct Rules {
  std::vector<GrantRecord> grants;    ///< of the subject and of its roles
  std::vector<GrantRecord> ceilings;  ///< of the trigger
  bool queue_exists = false;          ///< and is not disabled
  Seconds longest_run{};              ///< the realm's own limit, whatever a grant says
};
/// All of it but longest_run, which is the configuration's.
Rules rules_for(const StoreView& view, const PrincipalRecord& subject, const Principal& trigger,
                std::string_view queue);

/// By which rules it is allowed.
struct Ruling {
  std::uint64_t grant = 0;
  std::uint64_t ceiling = 0;
  Seconds run{};                     ///< granted: what was asked, or the most that the grant gives
  std::vector<std::string> actions;  ///< granted: what was asked, or less in a renewal
  bool soft_feed = false;            ///< as the grant has it
};

/// All or nothing. Of several grants that do, the one with the longest run, then the oldest.
/// Errors, in this order: grant_missing (none covers queue and workflow type), grant_action (of
/// those none holds all actions), grant_duration (of those none runs that long), ceiling_missing,
/// queue_unknown.
Result<Ruling> rule(const Rules& rules, const WorkWish& wish);

/// Whether a grant lets its holder see the payloads of such work: one that covers queue and
/// workflow type and holds look_action. rule() and rule_renewal() give that action to no ticket,
/// and a grant that has no other starts nothing. Errors, in this order: grant_missing,
/// grant_action, ceiling_missing, queue_unknown.
Result<Ruling> rule_look(const Rules& rules, const std::string& queue,
                         const std::string& workflow_type);

/// What is left of a ticket's rights, for a renewal: of the grants that cover queue and workflow
/// type the one that keeps most of the actions, then the one with the longest run, then the oldest;
/// and no longer a run than `wish.run_for`, which is the ticket's own. Errors, in this order:
/// grant_missing, grant_action (no action is left of some), ceiling_missing, queue_unknown.
Result<Ruling> rule_renewal(const Rules& rules, const WorkWish& wish);

}  // namespace waybill::kdc
