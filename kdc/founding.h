#pragma once

#include <optional>

#include "kdc/init.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/error.h"

namespace waybill::kdc {

/// A realm whose root key was never on the KDC's machine (specs/storage.md, "A root key
/// elsewhere"): between `init` and the signature that comes back, the store has everything but a
/// document in force, and nobody serves it.

/// What waits for its first signature, as it travels (kdc/realm_request.h); nothing when the realm
/// has its document.
std::optional<Buffer> first_request(const StoreView& view);

/// Puts the signed document in force, with the first record of the audit chain. Errors:
/// realm_invalid (another root key, not what was asked for, over by now), already_exists.
Checked found_realm(Store& store, Bytes wire, Time now);

}  // namespace waybill::kdc
