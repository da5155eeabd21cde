#include "tests/fuzz/door_targets.h"

namespace waybill::test::fuzz {

Targets targets() { return joined({text_targets(), codec_targets(), command_targets()}); }

}  // namespace waybill::test::fuzz
