#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// "verdict" {log, position, time, said, verdict, ticket?, workflow?, run?, attempt?, detail?,
/// feed_was_stale?, run_until?, action*} → {position}: a worker, as its queue, hands in one line of
/// its own record (specs/audit.md). It becomes an audit record of the event "verdict", in which all
/// but ticket, subject, audience, workflow and workflow_type is the worker's word. `log` is the
/// random id of the file, `position` where its line ends: a line is taken once, and none that is
/// not after the last one. The answer has how far this log has come. Errors: not_permitted (no
/// queue), malformed, wrong_audience (a ticket that is not known here, or is addressed to another
/// queue), request_replayed (taken meanwhile).
Decided verdict(const KdcParts& parts, Ask& ask);

}  // namespace waybill::kdc
