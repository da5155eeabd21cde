#pragma once

#include "kdc/audit_chain.h"
#include "kdc/caller.h"

namespace waybill::kdc {

/// The audit chain for operators (specs/audit.md). Reading it leaves no record.

/// "audit.tail" {after?, count?} → page of {sequence, time, event, outcome, …the record's fields}.
/// Without `after` the last `count` records (20 unless told), else those that follow. Outcome is
/// "done" or the name of a refusal. A record's own field that is called like one of ours gets a
/// trailing "_".
Decided audit_tail(const KdcParts& parts, Ask& ask);

/// "audit.records" {after} → page of {sequence, record}: the exact bytes in hex, so that the chain
/// can be recomputed. A long record is split into several `record` values, to be joined.
Decided audit_records(const KdcParts& parts, Ask& ask);

/// "audit.checkpoint" {} → {signer, statement, signature}: the newest, in hex; and of a chain that
/// was pruned {start, start_link}: the last record that is gone, and the link after it. Errors:
/// not_found.
Decided audit_checkpoint(const KdcParts& parts, Ask& ask);

/// "done", or the name of a refusal.
std::string outcome_text(std::uint64_t outcome);
/// A record as a row of "audit.tail" and of the searches.
Fields readable_row(const AuditRecord& record);

}  // namespace waybill::kdc
