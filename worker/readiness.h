#pragma once

#include <vector>

#include "ticket/adapters/status_pages.h"
#include "worker/dispatcher.h"

namespace waybill::worker {

/// What is looked at from outside.
struct Observed {
  const Dispatcher& dispatcher;
  const LeaseKeeper& leases;
  const Revocations& revocations;
  const Clock& clock;
};

/// What keeps the worker from doing jobs: the scheduler does not answer, or the feed is older than
/// tickets usually allow.
Lacks lacks(const Observed& observed);

/// For /metrics (specs/metrics.md).
std::vector<Figure> figures(const Observed& observed);
/// Names the operations that are measured. Before the first job.
void describe_metrics();

}  // namespace waybill::worker
