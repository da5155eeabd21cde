// Instead of temporal.cpp in a build without Temporal.
#include <stdexcept>

#include "ticket/adapters/temporal.h"

namespace waybill::temporal {

std::unique_ptr<Server> connect(const Options&) {
  throw std::runtime_error(
      "this build has no Temporal; configure with -DWAYBILL_TEMPORAL=ON and build again");
}

}  // namespace waybill::temporal
