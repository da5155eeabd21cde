#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// Administration, for operators; what says so is for a queue's owner too (kdc/operations.cpp).
/// Arguments and rows are fields, refused when there is one too many; keys are lower-case hex,
/// times Unix seconds, lists repeat their name (specs/http-api.md). Everything is decided on the
/// writer's thread, so that of two operators one is told that it exists already, and a call's
/// operations see those before them.

/// {name, kind (user|service), public_key, possession, epoch, role*, with_queues?} → {name, kvno}.
/// Queues that wait for an owner of this name become its own only with with_queues = yes.
/// Errors: bad_name, wrong_realm, already_exists, possession_unproven, ….
Decided admin_principal_add(const KdcParts& parts, Ask& ask);
/// {name} → {name, kind, kvno, public_key, older_kvno?, older_until?, role*, queue*, disabled,
/// created, not_before}, and of a user {failures, locked_until?, known_failures?,
/// known_locked_until?}.
Decided admin_principal_show(const KdcParts& parts, Ask& ask);
/// {kind?, role?, disabled?, locked?, prefix?, after?, count?} → page of the same without queues.
/// Lists are bounded (kdc/pages.h): a page may be short and not the last.
Decided admin_principal_list(const KdcParts& parts, Ask& ask);
/// {name} → nothing. No login and no ticket from now on, and what was issued to it or for it is
/// revoked. Nobody disables himself: a realm keeps an operator.
Decided admin_principal_disable(const KdcParts& parts, Ask& ask);
/// {name} → nothing. What was revoked stays revoked.
Decided admin_principal_enable(const KdcParts& parts, Ask& ask);
/// {name} → {lifted (yes|no)}: the counts of failed logins of a user begin anew (kdc/doorkeeper.h);
/// no, when nothing was locked. Errors: principal_unknown, wrong_kind (nothing else is ever
/// locked).
Decided admin_principal_unlock(const KdcParts& parts, Ask& ask);
/// {name} → {grants}: a user or a service, its grants and ceilings (the numbers, with commas) and
/// what was issued to it or for it. Errors: policy_denied (oneself; whoever owns a queue),
/// wrong_kind (a queue), principal_unknown.
Decided admin_principal_remove(const KdcParts& parts, Ask& ask);
/// {name, roles (set|add|remove), role*} → {name, role*}. Holds for what is asked from now on; what
/// was issued stays. Nobody gives up being an operator: a realm keeps one.
Decided admin_principal_change(const KdcParts& parts, Ask& ask);
/// {name, public_key?, possession?, epoch?, retire_old?} → {name, kvno, public_key, older_kvno?,
/// older_until?}: the next key of somebody else (kdc/keys.h), or the end of the older one. Errors:
/// policy_denied (one's own; or two keys are good), not_found (no older key to retire), ….
Decided admin_principal_rekey(const KdcParts& parts, Ask& ask);

/// Users and services in a batch (kdc/staging.h): StagedRows → page of {name, verdict (added|
/// changed|unchanged|refused), what?, code?, detail?}, in their order, as it is now. Rows of a
/// batch that has an id are kept for admin_principal_import, unless one of them is refused, which
/// ends the batch. An operator's word stands for the proofs of possession. Errors: Staging::add's.
Decided admin_principal_stage(const KdcParts& parts, Ask& ask);
/// {batch, rows} → {added, changed, unchanged}: all of a staged batch, in one transaction, or
/// nothing when a row is refused by now. Errors: Staging::take's, and those of a row.
Decided admin_principal_import(const KdcParts& parts, Ask& ask);

/// {name, owner, public_key, possession, epoch} → {name, owner, owner_pending, kvno}.
Decided admin_queue_add(const KdcParts& parts, Ask& ask);
/// {name} → {name, owner, owner_pending, kvno, public_key, older_kvno?, older_until?, disabled,
/// created}. For operators and the queue's owner; not_permitted for anybody else, also when there
/// is none.
Decided admin_queue_show(const KdcParts& parts, Ask& ask);
/// {owner?, disabled?, prefix?, after?, count?} → page of the same.
Decided admin_queue_list(const KdcParts& parts, Ask& ask);
/// {name, owner} → nothing: another owner, who exists. Errors: queue_unknown, principal_unknown.
Decided admin_queue_change(const KdcParts& parts, Ask& ask);
/// {name} → nothing: as for a principal. Errors: queue_unknown.
Decided admin_queue_disable(const KdcParts& parts, Ask& ask);
Decided admin_queue_enable(const KdcParts& parts, Ask& ask);
/// {name} → {grants}: a queue, the grants and ceilings that name it alone, and what was issued to
/// it. Errors: queue_unknown.
Decided admin_queue_remove(const KdcParts& parts, Ask& ask);
/// As admin_principal_rekey, for operators and, within five minutes of a login, the queue's owner.
Decided admin_queue_rekey(const KdcParts& parts, Ask& ask);

/// Grants are for operators, and for the owner of a queue those of subjects and roles that name his
/// queue alone; he is shown all that reach it. Anybody else, and he for the rest: not_permitted.

/// {subject | role, queue, workflow, action*, max_run} or {trigger, queue} → {id}.
/// Errors: bad_name, limit_exceeded (a longer run than the realm renews), principal_unknown,
/// wrong_kind (a trigger is a service), already_exists (the very same rule).
Decided admin_grant_add(const KdcParts& parts, Ask& ask);
/// {subject? | role? | trigger?, queue?, after?, count?} → page, of those that cover the queue, of
/// {id, subject | role | trigger, queue, workflow?, action*, max_run?, created}.
Decided admin_grant_list(const KdcParts& parts, Ask& ask);
/// {id} → nothing. Errors: not_found.
Decided admin_grant_remove(const KdcParts& parts, Ask& ask);

/// The principal of this realm that a field names. Errors: bad_name, wrong_realm.
Result<Principal> principal_in(const KdcParts& parts, const Fields& fields, std::string_view name);
/// The values of the list `role`, at most PrincipalRecord::max_roles. Errors: limit_exceeded,
/// bad_name.
Result<std::vector<std::string>> roles_in(const Fields& fields);
/// All that was issued to a principal, or for it, until now.
void revoke_all(StoreChange& change, const PrincipalRecord& record, Time now,
                const std::string& reason);
/// What the operations of these names decide, when it is clear who is meant.
Decided disable(const Ask& ask, const Principal& principal);
Decided enable(const Principal& principal);

}  // namespace waybill::kdc
