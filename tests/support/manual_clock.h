#pragma once

#include <atomic>

#include "ticket/wire/clock.h"

namespace waybill::test {

// 60s, 15min and 8h, in every test.
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

/// The second at which tests begin: 2026-09-21T14:13:20Z.
inline constexpr Time noon{Seconds{1'790'000'000}};

/// A clock that stands still until a test moves it, so that a test names the second at which
/// something changes. Thread-safe: a daemon under test may read it while the test moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = noon) : now_(start) {}
  Time now() const override { return now_.load(); }
  std::optional<Uptime> uptime() const override { return Uptime{{boot_.load()}, up_.load()}; }
  /// Somebody sets it; the host is not up for longer by that.
  void set(Time time) { now_.store(time); }
  /// Time passes (backwards: it is set, and none passes). One mover at a time.
  void advance(Seconds by) {
    set(now() + by);
    if (by > Seconds{0}) up_.store(up_.load() + by);
  }
  /// The host starts anew.
  void reboot() {
    boot_.store(static_cast<std::uint8_t>(boot_.load() + 1));
    up_.store(std::chrono::milliseconds{0});
  }

 private:
  std::atomic<Time> now_;
  std::atomic<std::uint8_t> boot_ = 1;
  std::atomic<std::chrono::milliseconds> up_ = std::chrono::milliseconds{1000};
};

}  // namespace waybill::test
