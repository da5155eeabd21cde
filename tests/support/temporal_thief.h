#pragma once

#include <string>

#include "ticket/adapters/temporal.h"

namespace waybill::test {

/// Takes all tasks of the next workflow on that queue, as any poller of the namespace may, and
/// reports `result` as what came of it. No worker of the queue may be polling. Throws
/// std::runtime_error when the server does not let him.
void steal(temporal::Server& server, const std::string& queue, const temporal::Payload& result);

}  // namespace waybill::test
