#pragma once

#include "ticket/wire/clock.h"

namespace waybill {

/// The system's time, cut to whole seconds. The only lines of the programs that ask for it.
class SystemClock final : public Clock {
 public:
  SystemClock();
  Time now() const override;
  std::optional<Uptime> uptime() const override;

 private:
  const std::optional<FixedBytes<16>> boot_;
};

}  // namespace waybill
