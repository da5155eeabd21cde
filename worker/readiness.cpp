#include "worker/readiness.h"

#include <array>

#include "ticket/wire/limits.h"

namespace waybill::worker {
namespace {

constexpr std::array<std::string_view, 3> measured{"verify", "activity", "handler"};

}  // namespace

Lacks lacks(const Observed& observed) {
  Lacks out;
  if (observed.dispatcher.is_failing()) {
    out.emplace_back("the last poll for jobs was not answered, or refused; the log says why");
  }
  const Time head = observed.revocations.head().time;
  if (head == Time{}) {
    out.emplace_back("nothing of the revocation feed was heard yet");
  } else if (observed.clock.now() - head > limits::default_staleness) {
    out.emplace_back("the revocation feed is too old; the log says why");
  }
  return out;
}

std::vector<Figure> figures(const Observed& observed) {
  std::vector<Figure> out{{"waybill_leases", "Jobs that this worker has.",
                           static_cast<double>(observed.leases.held())}};
  const Time head = observed.revocations.head().time;
  if (head != Time{}) {  // else no feed was heard, and no number says that
    out.push_back({"waybill_feed_age_seconds",
                   "Since the newest head of the revocation feed was signed.",
                   static_cast<double>((observed.clock.now() - head).count())});
  }
  return out;
}

void describe_metrics() { metrics().describe("waybill-worker", measured); }

}  // namespace waybill::worker
