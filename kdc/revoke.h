#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// Ending tickets before their time. Every entry goes into the feed, which is signed anew for the
/// next who asks.

/// "revoke" {kind, value, reason?} → {sequence, entries}: the last entry's number, and how many.
///   kind      value        who                                        what ends
///   ticket    id in hex    its subject, its queue's owner, operators  it and what stands on it
///   subject   principal    that principal, operators                  all issued until now
///   actor     principal    operators                                  all issued until now
///   queue     queue        its owner, operators                       all issued until now
///   workflow  workflow id  its subject, its queue's owner, operators  see below
/// An operator's word on a workflow is an entry by workflow: it holds for ever and for everybody. A
/// workflow id is anybody's to choose, so everyone else's word becomes one entry for each ticket of
/// that workflow that is theirs to revoke; else a user could close an id to other tenants.
/// Errors: malformed, bad_name, not_permitted, principal_unknown, queue_unknown, not_found.
Decided revoke(const KdcParts& parts, Ask& ask);

/// "complete" [evidence] → nothing: the work is done, its ticket ends with the reason "completed".
/// For the ticket's audience and every actor. Said again, it changes nothing.
/// Errors: the codec's, unknown_signer, bad_proof, evidence_not_yours.
Decided complete(const KdcParts& parts, Ask& ask);

}  // namespace waybill::kdc
