#pragma once

#include <optional>
#include <string>

#include "ticket/adapters/feed_mirror.h"
#include "ticket/adapters/http.h"
#include "ticket/exchange/replay.h"
#include "ticket/presentation.h"
#include "trigger/identity.h"

namespace waybill::trigger {

/// What stands in `Authorization: Waybill <base64url>`: the right shape, nothing believed.
struct Shown {
  Buffer wire;
  Presentation presentation;
};
/// Errors: malformed (no such header, another scheme, no base64url), the codec's.
Result<Shown> shown_in(const HttpRequest& request);

/// That what is presented says that it is a TGT of this realm. Errors: the codec's, wrong_kind,
/// wrong_realm.
Checked check_tgt(Bytes ticket, const Realm& realm);
/// What a presentation for this request is bound to: method, path and body.
Digest digest_of(const HttpRequest& request);

struct AuthenticateParts {
  const Clock& clock;
  const Identity& identity;
  const std::string& space;  ///< the trigger's namespace: whatever is asked of it is about that
  ReplayCache& replays;
  const FeedMirror& revocations;
};

/// What the caveats of a caller's own credential are asked about, beside the time and namespace.
struct Asked {
  std::optional<std::string> queue{};
  std::optional<std::string> workflow_id{};
};

/// Who asks: the holder of a service ticket for this trigger, shown for just this request (method,
/// path, body), at this instance, for the first time. Gives the ticket's body. In this order:
/// Audience::accept's errors, wrong_kind (a ticket for work, or of somebody who acts for another),
/// bad_tag, wrong_addressee, wrong_instance, clock_skew, wrong_request, caveat_…, revoked,
/// request_replayed, busy. Throws KdcAway before the realm document is known.
Result<Body> authenticate(const AuthenticateParts& parts, const HttpRequest& request,
                          const Shown& shown, const Asked& asked);

}  // namespace waybill::trigger
