#pragma once

#include <optional>

#include "kdc/master_place.h"
#include "ticket/wire/clock.h"

namespace waybill::kdc {

/// Gives the store a new master key: every secret is wrapped anew and every record gets a new MAC,
/// in one transaction, with an audit record of it; the high-water mark follows, then the old key is
/// removed from the folder. The new one is kept in `wish`, else where the one from before was.
/// Until all is done it waits in `master.key.next` or `master.token.next`, and
/// finish_master_rotation() knows what to do, whenever the process died. Refuses while a KDC serves
/// the folder, or when a named file or a credential is to be written (FileError), and a store that
/// is damaged or went back (RecordDamaged, StoreUnusable): those are to be looked at under the key
/// that they were made with. Throws TokenError.
void rotate_master_key(const Folder& folder, const std::optional<MasterHome>& wish,
                       const Clock& clock);

/// After a rotation that was cut off: completes it when the store has the new key, else forgets the
/// new key. The caller holds the folder's lock. Throws as opening the store does, and TokenError.
void finish_master_rotation(const Folder& folder);

}  // namespace waybill::kdc
