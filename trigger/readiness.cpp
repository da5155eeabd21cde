#include "trigger/readiness.h"

#include <array>

#include "ticket/adapters/feed_mirror.h"

namespace waybill::trigger {
namespace {

// A poll waits on purpose, so its duration says nothing.
constexpr std::array<std::string_view, 5> measured{"submit", "result", "look", "heartbeat",
                                                   "complete"};

}  // namespace

Lacks lacks(const TriggerParts& parts) {
  Lacks out;
  if (parts.identity.audience() == nullptr) {
    out.emplace_back("no KDC has answered since the start");
  } else if (!parts.standing->kdc_answers) {
    out.emplace_back("the KDC does not answer; the log says why");
  }
  if (!parts.standing->engine_works || parts.engine.counts().is_failing) {
    out.emplace_back("the engine does not work; the log says why");
  }
  return out;
}

std::vector<Figure> figures(const TriggerParts& parts, const HttpServer& http) {
  constexpr auto counter = Figure::Kind::counter;
  const auto number = [](auto value) { return static_cast<double>(value); };
  const Engine::Counts work = parts.engine.counts();
  const auto sockets = http.counts();
  std::vector<Figure> out{
      {"waybill_work_open", "Work that waits or runs.", number(work.open)},
      {"waybill_leases", "Work that a worker has.", number(work.leased)},
      {"waybill_work_ended", "Work that has ended and can be asked about.", number(work.ended)},
      {"waybill_work_unreported", "Ended work that the KDC has not heard of.",
       number(work.unreported)},
      {"waybill_connections", "Connections now.", number(sockets.open)},
      {"waybill_connections_total", "Connections so far.", number(sockets.accepted), counter},
      {"waybill_turned_away_total", "Connections for which there was no room.",
       number(sockets.turned_away), counter},
  };
  const Time head = parts.revocations.head().time;
  if (head != Time{}) {  // else no feed was heard, and no number says that
    out.push_back({"waybill_feed_age_seconds",
                   "Since the newest head of the revocation feed was signed.",
                   number((parts.clock.now() - head).count())});
  }
  return out;
}

void describe_metrics() { metrics().describe("waybill-trigger", measured); }

}  // namespace waybill::trigger
