#pragma once

#include "kdc/init.h"
#include "ticket/clock.h"

namespace waybill::kdc {

/// Gives the store a new master key: every secret is wrapped anew and every record gets a new MAC,
/// in one transaction, with an audit record of it; the high-water mark follows, then `master.key`.
/// Until all of that is done `master.key.next` holds the new key, and finish_master_rotation()
/// knows what to do, whenever the process died. Refuses while a KDC serves the folder (FileError),
/// and a store that is damaged or went back (RecordDamaged, StoreUnusable): those are to be looked
/// at under the key that they were made with.
void rotate_master_key(const Folder& folder, const Clock& clock);

/// After a rotation that was cut off: completes it when the store has the new key, else forgets the
/// new key. The caller holds the folder's lock. Throws as opening the store does.
void finish_master_rotation(const Folder& folder);

}  // namespace waybill::kdc
