#pragma once

#include "ticket/clock.h"

namespace waybill {

/// The system's time, cut to whole seconds. The only line of the programs that asks for it.
class SystemClock final : public Clock {
 public:
  Time now() const override {
    return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
  }
};

}  // namespace waybill
