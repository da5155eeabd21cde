#include "tests/fuzz/ticket_targets.h"

namespace waybill::test::fuzz {

Targets targets() {
  return joined({decoder_targets(), name_targets(), ticket_targets(), presentation_targets(),
                 call_targets(), login_targets(), seal_targets(), feed_targets(),
                 memory_targets()});
}

}  // namespace waybill::test::fuzz
