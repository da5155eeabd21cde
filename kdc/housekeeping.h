#pragma once

#include "kdc/high_water.h"
#include "kdc/parts.h"

namespace waybill::kdc {

/// What the daemon does between requests, on main()'s thread: forgets rolling keys whose time is
/// over, raises the high-water mark, tries a store that failed again, clears the store of what
/// ended, and compacts the feed. A disk that fails here is logged and tried again; requests see it
/// for themselves.
class Housekeeping {
 public:
  static constexpr std::chrono::seconds interval{1};
  /// Ended tickets stay for a while, so that a list can show them as expired.
  static constexpr std::chrono::hours grace{24};
  static constexpr Seconds sweep_interval{30};
  static constexpr std::size_t sweep_most = 500;  ///< in one commit, which others wait for
  static constexpr std::size_t compact_most = 4;  ///< small segments of the feed, likewise

  Housekeeping(KdcParts& parts, HighWater& mark) : parts_(parts), mark_(mark) {}

  void tick() noexcept;
  /// After the last request.
  void finish() noexcept;

 private:
  bool sweep(Time before);
  bool compact(Time now);

  KdcParts& parts_;
  HighWater& mark_;
  Time next_sweep_{};
};

}  // namespace waybill::kdc
