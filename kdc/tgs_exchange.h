#pragma once

#include "kdc/caller.h"

namespace waybill::kdc {

/// The ticket-granting exchange (specs/protocol.md 6). What is not wholly allowed is refused, never
/// narrowed silently; only a renewal narrows, to what is still granted.

/// "tgs": a ticket for the caller itself, at a service, without work and actions, within the TGT's
/// time. Errors: service_unknown, policy_denied (longer than the TGT, or than a caveat of it).
Decided tgs(const KdcParts& parts, Ask& ask);

/// "tgs.delegate": a trigger asks for a workflow's ticket in a user's name, with the user's
/// narrowed TGT. Checked in this order, each with its errors:
///   the user's presentation  the codec's, wrong_kind, wrong_realm, unknown_epoch, bad_integrity,
///                            not_yet_valid, ticket_expired, bad_tag, revoked
///   made for this            delegation_incomplete, wrong_addressee, wrong_instance, clock_skew,
///                            limit_exceeded (not-after too far ahead), wrong_request
///   its caveats              caveat_expired, caveat_audience, …
///   downstreams              policy_denied: no downstream tickets are issued yet
///   policy                   grant_missing, grant_action, grant_duration, ceiling_missing,
///                            queue_unknown
///   already used             request_replayed (the same delegation gave a ticket for other work),
///                            ticket_expired, revoked
/// Asked again for the same work, it gives the same id and times under a new session key.
Decided tgs_delegate(const KdcParts& parts, Ask& ask);
/// What the caveats of the caller's own TGT are asked about.
Result<CaveatRequest> delegated_work(Bytes arguments);

/// "renew": with an empty evidence the TGT of the call, else the evidence's ticket, for its holder
/// (the last actor, or the subject) or its audience. The id stays, start_by stays, times move
/// within renew_until; the session key is new, so a sealed input has to be sealed again by its
/// holder. Errors: unknown_signer, bad_proof, evidence_not_yours, not_renewable, revoked, and
/// policy's.
Decided renew(const KdcParts& parts, Ask& ask);
/// Errors: not_permitted for the TGT itself, which a narrowed TGT must not outlive.
Result<CaveatRequest> evidence_work(Bytes arguments);

/// What caveats are asked about where that ticket's work is what it is about.
CaveatRequest asked_about(const Body& ticket);

/// Evidence that the KDC signed. Errors: the codec's, wrong_realm, unknown_signer, bad_proof.
Result<Evidence> proven_evidence(const KdcParts& parts, Bytes wire);

/// For the record: which ticket it is, whose, and for whom.
void note_evidence(Ask& ask, const Body& ticket);
/// Whether it acts for the ticket's subject.
bool is_actor(const Principal& who, const Body& ticket);

/// Who got the ticket's session key: the last actor, or the subject.
const Principal& holder(const Body& body);

/// The most that a body may take, so that ticket and evidence fit into limits::max_ticket whatever
/// the batch. Errors: too_large.
Checked fits_a_ticket(const Body& body);

}  // namespace waybill::kdc
