#pragma once

#include "kdc/parts.h"

namespace waybill::kdc {

/// POST /v1/call (specs/protocol.md 6). In this order, each step with its errors:
///   shape            the codec's, caveat_unknown
///   TGT              wrong_kind, wrong_realm, unknown_epoch, bad_integrity
///   its time         not_yet_valid, ticket_expired
///   tag and box      bad_tag, bad_integrity, the codec's
/// Up to here nobody has proven anything and there is no key to answer under: the refusal is the
/// Result's, and goes out in clear. From here on the answer is sealed, a refusal of the whole call
/// being a single Answer:
///   authenticator    wrong_addressee, wrong_instance (with our instance as the answer's value),
///                    clock_skew (the detail says by how much), wrong_request
///   first use        request_replayed, busy
///   the caller       revoked (also: gone, disabled, key changed)
///   each operation   unknown_operation, not_permitted, its caveats, its own
///
/// What is audited: every operation that changes something or is refused, and every refusal of the
/// whole call once its TGT has opened. Before that it is garbage, which anybody can send: it is
/// counted (kdc/server.h) and logged, not audited, or a flood from nowhere would fill the audit
/// log. Whoever has recorded somebody's call can send it again, so the refusals of the whole call
/// share a budget with failed logins (StrangerBudget); what is left out is counted in the next
/// record. A refusal of an operation is always audited: its caller has proven who he is. Every
/// record is durable before the answer leaves.
///
/// Throws StoreError, RecordDamaged, StoreUnusable: the whole call is answered 503 then, although
/// operations of it may have been done; asking again is safe.
Result<Buffer> call(const KdcParts& parts, Bytes body);

}  // namespace waybill::kdc
