#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// "tickets" {subject?, queue?, workflow?, after?} → page of {id, kind, subject, actor*, queue,
/// workflow?, type?, action*, issued_at, start_by, run_until, renew_until, state}: what is
/// outstanding, oldest first. All given fields must match. State is live, revoked or expired.
/// A subject sees its own, a queue's owner the queue's, an operator all; only what the asker may
/// see is ever walked, so neither a page nor where it goes on tells of other people's. Errors:
/// malformed, bad_name, not_permitted (somebody else's, as a filter).
Decided tickets(const KdcParts& parts, Ask& ask);

}  // namespace waybill::kdc
