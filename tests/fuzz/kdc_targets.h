#pragma once

#include "tests/fuzz/target.h"

/// The targets of kdc/, by file.
namespace waybill::test::fuzz {

Targets record_targets();
Targets audit_targets();
Targets kdc_text_targets();
Targets kdc_door_targets();

}  // namespace waybill::test::fuzz
