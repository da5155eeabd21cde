#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// "look": a trigger asks whether somebody may see the input or the result of a piece of work. The
/// answer is yes or no and a record; nobody gets a ticket by it. Checked in this order, each with
/// its errors:
///   the work's evidence      as for "complete"; the caller must be one of its actors
///                            [evidence_not_yours]
///   the presentation         the codec's, wrong_kind, wrong_realm, unknown_epoch, bad_integrity,
///                            not_yet_valid, ticket_expired, bad_tag, revoked
///   made for this            delegation_incomplete (audience, actions or workflow id left open),
///                            wrong_addressee, wrong_instance (it names none), clock_skew
///   its caveats              caveat_audience, caveat_action, caveat_workflow, …
///   policy                   nothing for the subject of the work; for others grant_missing,
///                            grant_action, ceiling_missing, queue_unknown
/// That the presentation was made for just this request, at this instance, and is shown for the
/// first time, is for the trigger to see to.
Decided look(const KdcParts& parts, Ask& ask);
/// What the caveats of the caller's own TGT are asked about.
Result<CaveatRequest> looked_at_work(Bytes arguments);

}  // namespace waybill::kdc
