#pragma once

#include <functional>

#include "kdc/caller.h"
#include "ticket/possession.h"

namespace waybill::kdc {

/// Keys of principals: how one comes in, and how it is changed.
///
/// Tickets are sealed to the newest key from the moment that it is told. With the key before it a
/// service or a queue can still log in for as long as work that was sealed to it may live
/// (kdc.toml's max_renew, counted from the newest key), or until it is retired by hand. A user has
/// one key: the other is a password that somebody else may know.

/// The version that comes after those that a principal has.
Kvno next_version(const PrincipalRecord& record);
/// The key before the newest, while a login with it is taken; null when there is none.
const LiveKey* older_key(const PrincipalRecord& record, Seconds overlap, Time now);
/// {kvno, public_key, older_kvno?, older_until?} into the row.
void add_keys(Fields& row, const PrincipalRecord& record, Seconds overlap, Time now);

/// Fields of a request that brings a key: "public_key", "possession" (hex) and "epoch".
/// Gives the key when the proof of possession (ticket/possession.h) is right for this principal and
/// version. Errors: malformed, unknown_epoch, possession_unproven.
Result<PrincipalPublic> proven_key(const KdcParts& parts, const Fields& fields,
                                   const KeyClaim& claim, Time now);

/// "self" {} → {name, kind, kvno, created, role*, queue*}: the caller as the KDC knows it. The
/// proof of a new key names the version after `kvno`.
Decided self(const KdcParts& parts, Ask& ask);

/// "passwd" {public_key, possession, epoch, retire_old?} → {kvno, …add_keys()}: a new key for the
/// caller, under a TGT of a login of the last five minutes. A user's old key ends at once, and with
/// it every TGT that was issued until now. A service and a queue keep the one before, so that it
/// can be changed without a gap; with retire_old = yes they do not.
/// Errors: login_not_fresh, revoked, change_key()'s and proven_key()'s.
Decided passwd(const KdcParts& parts, Ask& ask);

/// Arguments of a change of somebody else's key, besides the name: all of a key, or retire_old, or
/// both. `who` is judged twice, now and on the writer's thread. Errors: change_key()'s and
/// proven_key()'s.
using MayRekey = std::function<Checked(const StoreView& view)>;
Decided rekey(const KdcParts& parts, Ask& ask, const Fields& fields, const PrincipalRecord& record,
              MayRekey may);

/// That the TGT is of a login, and of the last five minutes. Errors: login_not_fresh.
Checked is_fresh_login(const Ask& ask);

}  // namespace waybill::kdc
