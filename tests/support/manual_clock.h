#pragma once

#include <atomic>

#include "ticket/clock.h"

namespace waybill::test {

// 60s, 15min and 8h, in every test.
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

/// The second at which tests begin: 2026-09-21T14:13:20Z.
inline constexpr Time noon{Seconds{1'790'000'000}};

/// A clock that stands still until a test moves it, so that a test names the second at which
/// something changes. Thread-safe: a daemon under test may read it while the test sets it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = noon) : now_(start) {}
  Time now() const override { return now_.load(); }
  void set(Time time) { now_.store(time); }
  void advance(Seconds by) { now_.store(now_.load() + by); }  // backwards too; one mover at a time

 private:
  std::atomic<Time> now_;
};

}  // namespace waybill::test
