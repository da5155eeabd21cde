#pragma once

#include "tests/fuzz/target.h"

/// The targets of ticket/ and ticket/exchange, by file.
namespace waybill::test::fuzz {

Targets decoder_targets();
Targets name_targets();
Targets ticket_targets();
Targets presentation_targets();
Targets call_targets();
Targets login_targets();
Targets seal_targets();
Targets feed_targets();
Targets memory_targets();

}  // namespace waybill::test::fuzz
