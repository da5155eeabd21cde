#include "kdc/readiness.h"

#include <algorithm>
#include <array>

#include "kdc/feed_publisher.h"

namespace waybill::kdc {
namespace {

// Calls and logins as a whole, and what a trigger or a worker waits for.
constexpr std::array<std::string_view, 4> measured{"login", "call", "tgs.delegate", "renew"};

constexpr Seconds shortest_patience{10};

double since(Time then, Time now) { return static_cast<double>((now - then).count()); }

Time end_of_epochs(const RealmDocument& realm) {
  Time last{};
  for (const RealmDocument::Epoch& epoch : realm.epochs) last = std::max(last, epoch.until);
  return last;
}

}  // namespace

Lacks lacks(const KdcParts& parts) {
  Lacks out;
  const Time now = parts.clock.now();
  try {  // the two say themselves what is wrong
    static_cast<void>(parts.epochs.tgt_epoch(now));
    static_cast<void>(parts.epochs.signer(now));
  } catch (const StoreUnusable& failure) {
    out.emplace_back(failure.what());
  }
  if (parts.issuer.counts().is_failing) {
    out.emplace_back("the store did not take the last change; the log says why");
  }
  const Seconds patience = std::max(shortest_patience, 3 * parts.config.feed_interval);
  if (now - parts.feed.published() > patience) {
    out.emplace_back("the revocation feed is not published any more; the log says why");
  }
  return out;
}

std::vector<Figure> figures(const KdcParts& parts, const HttpServer& http) {
  constexpr auto counter = Figure::Kind::counter;
  const Time now = parts.clock.now();
  const auto writer = parts.issuer.counts();
  const auto sockets = http.counts();
  const auto number = [](auto value) { return static_cast<double>(value); };
  return {
      {"waybill_feed_age_seconds", "Since the newest head of the revocation feed was signed.",
       since(parts.feed.published(), now)},
      {"waybill_epochs_end_seconds", "Until the last epoch of the realm document ends.",
       -since(end_of_epochs(parts.epochs.document()), now)},
      {"waybill_store_commits_total", "Commits, each synced.", number(writer.commits), counter},
      {"waybill_store_changes_total", "Changes in them.", number(writer.jobs), counter},
      {"waybill_store_failures_total", "Changes that were not stored.", number(writer.failed),
       counter},
      {"waybill_store_waiting", "Changes that wait for the next commit.", number(writer.waiting)},
      {"waybill_connections", "Connections now.", number(sockets.open)},
      {"waybill_connections_total", "Connections so far.", number(sockets.accepted), counter},
      {"waybill_turned_away_total", "Connections for which there was no room.",
       number(sockets.turned_away), counter},
  };
}

void describe_metrics() { metrics().describe("waybill-kdc", measured); }

}  // namespace waybill::kdc
