#pragma once

#include <vector>

#include "kdc/parts.h"
#include "ticket/adapters/status_pages.h"

namespace waybill::kdc {

/// What keeps the KDC from serving: its epochs are over, the store takes no changes, or the feed is
/// not published any more. Looks into memory only, so anybody may ask.
Lacks lacks(const KdcParts& parts);

/// For /metrics (specs/metrics.md).
std::vector<Figure> figures(const KdcParts& parts, const HttpServer& http);
/// Names the operations that are measured. Before the first request.
void describe_metrics();

}  // namespace waybill::kdc
