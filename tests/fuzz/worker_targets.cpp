#include "tests/fuzz/door_targets.h"

namespace waybill::test::fuzz {

Targets targets() { return joined({job_targets(), word_targets(), story_targets()}); }

}  // namespace waybill::test::fuzz
