#pragma once

#include "ticket/ticket.h"

namespace waybill {

/// That `after` is `before` with new times and no more rights (specs/protocol.md 6, "Renewal"): for
/// whoever holds one form of a ticket and is shown another. Both must be known to be signed by the
/// KDC; nothing here looks at a key, a proof or a clock.
///
/// The same: id, lineage, subject, actors, audience, work, start_by. No more: actions, downstreams,
/// flags, renew_until, max_staleness. No less: issued_at, feed_floor. `run_until` may move either
/// way, within `renew_until`. The session key and the audit head are each form's own.
/// Errors: bad_renewal, with what differs.
Checked check_renewal(const Body& before, const Body& after);

}  // namespace waybill
