#include "tests/fuzz/kdc_targets.h"

namespace waybill::test::fuzz {

Targets targets() {
  return joined({record_targets(), audit_targets(), kdc_text_targets(), kdc_door_targets()});
}

}  // namespace waybill::test::fuzz
