#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// Ending tickets before their time. Every entry goes into the feed, which is published at once.

/// "revoke" {kind, value, reason?} → {sequence, entries}: the last entry's number, and how many.
///   kind      value        who                                        what ends
///   ticket    id in hex    its subject, its queue's owner, operators  it and what stands on it
///   lineage   id in hex    as for ticket                              what stands on it, not it
///   subject   principal    that principal, operators                  all issued until now
///   actor     principal    operators                                  all issued until now
///   queue     queue        its owner, operators                       all issued until now
///   workflow  workflow id  its subject, its queue's owner, operators  see below
///   realm     its name     operators                                  all issued until now
/// An operator's word on a workflow is an entry by workflow: it holds for ever and for everybody. A
/// workflow id is anybody's to choose, so everyone else's word becomes one entry for each ticket of
/// that workflow that is theirs to revoke; else a user could close an id to other tenants.
/// Errors: malformed, bad_name, wrong_realm, not_permitted, principal_unknown, queue_unknown,
/// not_found.
Decided revoke(const KdcParts& parts, Ask& ask);

/// "complete" [evidence] → nothing: the work is done, its ticket ends (kind `completed`).
/// For the ticket's audience and every actor. Said again, it changes nothing.
/// Errors: the codec's, unknown_signer, bad_proof, evidence_not_yours.
Decided complete(const KdcParts& parts, Ask& ask);

}  // namespace waybill::kdc
