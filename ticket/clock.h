#pragma once

#include <chrono>

namespace waybill {

/// Whole Unix seconds, UTC, as every time on the wire (specs/protocol.md 1).
using Time = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

/// The only way to ask for the time. Programs own a SystemClock (adapters/system_clock.h); tests
/// own a clock that they set by hand. The ticket library itself is handed a `Time`.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

}  // namespace waybill
