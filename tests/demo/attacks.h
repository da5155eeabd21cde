#pragma once

#include "tests/demo/actor.h"
#include "tests/demo/scoreboard.h"

namespace waybill::demo {

/// Each attacks one party, with what its attacker would really have, and shows what came back.
void attack_kdc(Cast& cast, Scoreboard& board);      ///< with stolen and doctored credentials
void attack_worker(Cast& cast, Scoreboard& board);   ///< from inside the scheduler
void attack_trigger(Cast& cast, Scoreboard& board);  ///< at its front door
/// At the server where the trigger has its work done; there must be one.
void attack_temporal(Cast& cast, Scoreboard& board);

}  // namespace waybill::demo
