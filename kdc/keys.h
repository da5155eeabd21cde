#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// Keys of principals: how one comes in, and how its owner changes it.

/// Fields of a request that brings a key: "public_key", "possession" (hex) and "epoch".
/// Gives the key when the proof of possession (ticket/keytab.h) is right for this principal and
/// version. Errors: malformed, unknown_epoch, possession_unproven.
Result<PrincipalPublic> proven_key(const KdcParts& parts, const Fields& fields,
                                   const KeyClaim& claim, Time now);

/// "self" {} → {name, kind, kvno, created, role*, queue*}: the caller as the KDC knows it. The
/// proof of a new key names the version after `kvno`.
Decided self(const KdcParts& parts, Ask& ask);

/// "passwd" {public_key, possession, epoch} → {kvno}: a new key for the caller, under a TGT of a
/// login of the last five minutes. A user's old key ends at once, and with it every TGT that was
/// issued until now: it may be a password that somebody else knows. A service and a queue keep the
/// one before, so that it can be changed without a gap.
/// Errors: login_not_fresh, revoked, and proven_key()'s.
Decided passwd(const KdcParts& parts, Ask& ask);

}  // namespace waybill::kdc
