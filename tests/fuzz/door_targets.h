#pragma once

#include "tests/fuzz/target.h"

/// The targets of trigger/, worker/, tools/ and ticket/adapters, by file.
namespace waybill::test::fuzz {

Targets trigger_record_targets();
Targets trigger_door_targets();
Targets job_targets();
Targets story_targets();
Targets word_targets();
Targets text_targets();
Targets codec_targets();
Targets command_targets();

}  // namespace waybill::test::fuzz
