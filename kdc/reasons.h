#pragma once

#include <vector>

#include "kdc/policy.h"
#include "ticket/exchange/fields.h"
#include "ticket/presentation.h"

namespace waybill::kdc {

/// For the audit record of a refusal or of a narrowed renewal: which rule decided (specs/audit.md,
/// "Why"). Nothing here decides anything; it looks again at what did.

/// Which grant came nearest and what it lacked: `nearest_grant`, `covers`, `lacks`.
void note_shortfall(Fields& fields, const Rules& rules, const WorkWish& wish);

/// check_caveats(), and of a refusal the first caveat that by itself refuses: `caveat`.
Checked check_caveats(const std::vector<Caveat>& caveats, const CaveatRequest& asked,
                      Fields& fields);

/// What stands against a ticket: `revocation` ("subject carol@DEMO.TEST"), or `inactive` (its
/// subject, gone or disabled).
void note_revocation(Fields& fields, const StoreView& view, const Body& body);

/// Actions that a renewal lost: `narrowed`.
void note_narrowed(Fields& fields, const std::vector<std::string>& had,
                   const std::vector<std::string>& has);

}  // namespace waybill::kdc
