#pragma once

#include <chrono>
#include <optional>

#include "ticket/wire/bytes.h"

namespace waybill {

/// Whole Unix seconds, UTC, as every time on the wire (specs/protocol.md 1).
using Time = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

/// How long the host has been up, its sleep included: a clock that is not set. Two readings compare
/// when they are of the same boot.
struct Uptime {
  FixedBytes<16> boot{};  ///< another one after each start of the host
  std::chrono::milliseconds passed{};
};

/// The only way to ask for the time. Programs own a SystemClock (adapters/system_clock.h); tests
/// own a clock that they set by hand. The ticket library itself is handed a `Time`.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  /// Nothing where the system does not tell.
  virtual std::optional<Uptime> uptime() const { return std::nullopt; }
};

}  // namespace waybill
