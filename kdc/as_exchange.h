#pragma once

#include "kdc/parts.h"

namespace waybill::kdc {

/// POST /v1/as: the login (specs/protocol.md 3). Takes a LoginEnvelope, gives message 2.
///
/// In this order: shape, realm, epoch; one X25519 and one decryption before anything is believed, a
/// second for the payload. What fails until then is refused in clear, since nobody has shown a key:
/// the codec's errors, wrong_realm, unknown_epoch, bad_integrity.
///
/// From then on the answer is message 2. It is the same, login_failed, after the same work, whether
/// the principal is unknown (then its key is compared with dummies), the key another, the principal
/// disabled or locked out (LoginBackoff). An earlier TGT of that principal, shown with its session
/// key, takes the attempt out of the count that strangers to the name share; one that is not right
/// is as good as none. Only who proved the right key of an active principal is
/// told more: clock_skew, or request_replayed when this message 1 was answered with a ticket
/// before. Message 1 can be recorded and sent again by anybody, so it changes nothing but counters:
/// no ticket is issued for it twice.
///
/// Every login is audited, durable before the answer. So is every refusal with a name in it, within
/// a StrangerBudget: failures beyond it are counted, and the number stands in the next record. Each
/// kind of failure waits for the disk or none does, so that the time does not tell them apart.
///
/// Throws StoreError, RecordDamaged, StoreUnusable.
Result<Buffer> as_exchange(const KdcParts& parts, Bytes body);

}  // namespace waybill::kdc
