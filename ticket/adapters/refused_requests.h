#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "ticket/wire/clock.h"
#include "ticket/wire/error.h"

namespace waybill {

/// What a door refuses, for the operator's log. Each refusal is a line of level debug, written
/// where it is known; here they are counted, and told of in one line of level info for all of a
/// minute: whoever has no right to anything must not be able to fill the disk. Not the audit trail.
/// Thread-safe.
class RefusedRequests {
 public:
  static constexpr Seconds interval{60};
  static constexpr std::size_t most_codes = 5;  ///< that are named, the most frequent ones

  void note(Errc code);
  /// Call it every second. When there was something and the last line is older than `interval`:
  ///   requests_refused count=320 codes=WB-AUTH-TAG:300,WB-SHAPE:20
  void tick(Time now);
  /// The same without waiting: the daemon ends.
  void finish();

 private:
  using Counts = std::map<Errc, std::uint64_t>;
  static void tell(const Counts& counts);
  std::mutex lock_;
  Counts counts_;
  Time told_{};
};

}  // namespace waybill
