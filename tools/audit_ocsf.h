#pragma once

#include <nlohmann/json_fwd.hpp>

#include "ticket/exchange/fields.h"

namespace waybill::tools {

/// A record of the audit trail as an event of the Open Cybersecurity Schema Framework 1.3
/// (specs/audit.md, "Export"): class, activity, who, whom, outcome; all of the record's own fields
/// under `unmapped`. `row` is as "audit.tail" answers it. Nothing is left out of a record, and none
/// is left out because its event is not known here.
nlohmann::json to_ocsf(const Fields& row);

}  // namespace waybill::tools
