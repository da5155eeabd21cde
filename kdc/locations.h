#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// Where triggers listen: a hint, found through the KDC. What is sent there is bound to the
/// trigger's principal, so a wrong address gains nobody anything.

/// "announce" {url} → nothing: by a service that has a trigger's ceiling.
/// Errors: malformed (not http:// or https://, or longer than 256 bytes), ceiling_missing, revoked.
Decided announce(const KdcParts& parts, Ask& ask);

/// "locate" {queue?} → page of {principal, url}: the announced triggers that are active and whose
/// ceiling covers the queue; without a queue all of them. Errors: malformed, bad_name.
Decided locate(const KdcParts& parts, Ask& ask);

}  // namespace waybill::kdc
