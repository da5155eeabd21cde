#pragma once

#include <vector>

#include "ticket/adapters/status_pages.h"
#include "trigger/http_api.h"

namespace waybill::trigger {

/// What keeps the trigger from taking work: no KDC has said what the realm is, none answers now, or
/// the engine does not work. Asks nobody, so anybody may ask.
Lacks lacks(const TriggerParts& parts);

/// For /metrics (specs/metrics.md).
std::vector<Figure> figures(const TriggerParts& parts, const HttpServer& http);
/// Names the operations that are measured. Before the first request.
void describe_metrics();

}  // namespace waybill::trigger
