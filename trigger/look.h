#pragma once

#include "trigger/authenticate.h"
#include "trigger/engine.h"
#include "trigger/kdc_port.h"

namespace waybill::trigger {

struct LookParts {
  const Clock& clock;
  const Identity& identity;
  KdcPort& kdc;
  Engine& engine;
  ReplayCache& replays;
};

/// What somebody wants to see.
struct LookWish {
  std::string workflow_id;
  PayloadKind kind = PayloadKind::input;
  Buffer sealed;
};

/// A payload in clear, for whom the KDC lets look. The presentation is of a TGT, so only the KDC
/// can check its tag and know whose it is; that it was made for just this request, at this
/// instance, is checked before, and that it is shown for the first time after. Nothing is opened
/// before all of that. Errors: wrong_kind, wrong_realm, wrong_addressee, wrong_instance,
/// clock_skew, wrong_request, not_owner (no such work here), the KDC's, request_replayed, busy,
/// wrong_payload. Throws KdcAway.
Result<Buffer> look(const LookParts& parts, const HttpRequest& request, const Shown& shown,
                    const LookWish& wish);

}  // namespace waybill::trigger
