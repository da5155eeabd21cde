#include "tests/fuzz/door_targets.h"

namespace waybill::test::fuzz {

Targets targets() { return joined({trigger_record_targets(), trigger_door_targets()}); }

}  // namespace waybill::test::fuzz
