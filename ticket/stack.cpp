#include "ticket/stack.h"

#include <sodium.h>

namespace waybill {

ClearStackOnExit::~ClearStackOnExit() { sodium_stackzero(bytes_); }

}  // namespace waybill
