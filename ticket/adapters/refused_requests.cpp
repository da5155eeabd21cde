#include "ticket/adapters/refused_requests.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ticket/adapters/log.h"

namespace waybill {

void RefusedRequests::note(Errc code) {
  const std::scoped_lock guard(lock_);
  ++counts_[code];
}

void RefusedRequests::tick(Time now) {
  Counts counts;
  {
    const std::scoped_lock guard(lock_);
    const bool is_due = now < told_ || now >= told_ + interval;  // the clock may be set back
    if (counts_.empty() || !is_due) return;
    counts = std::exchange(counts_, {});
    told_ = now;
  }
  tell(counts);
}

void RefusedRequests::finish() {
  Counts counts;
  {
    const std::scoped_lock guard(lock_);
    counts = std::exchange(counts_, {});
  }
  if (!counts.empty()) tell(counts);
}

void RefusedRequests::tell(const Counts& counts) {
  std::vector<std::pair<Errc, std::uint64_t>> rows(counts.begin(), counts.end());
  std::ranges::stable_sort(rows, std::ranges::greater(), &std::pair<Errc, std::uint64_t>::second);
  std::uint64_t total = 0;
  std::string codes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    total += rows[i].second;
    if (i >= most_codes) continue;
    codes += codes.empty() ? "" : ",";
    codes.append(describe(rows[i].first).name).append(":") += std::to_string(rows[i].second);
  }
  log_info("requests_refused", {{"count", total}, {"codes", codes}});
}

}  // namespace waybill
