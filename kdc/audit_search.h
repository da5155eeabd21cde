#pragma once

#include "kdc/audit_chain.h"
#include "kdc/caller.h"

namespace waybill::kdc {

/// Finding records of the audit chain by what they are about (specs/audit.md, "Searching").
/// Reading leaves no record.

/// Which records somebody may see: an operator all; everybody those in which he calls or acts, or
/// is spoken for, looked at or changed, and those about his queues; a queue those about itself.
class AuditViewer {
 public:
  AuditViewer(const StoreView& view, const Caller& caller);
  bool may_see(const AuditRecord& record) const;
  bool sees_all() const { return is_operator_; }
  bool owns(std::string_view queue) const;
  const Principal& principal() const { return principal_; }
  /// As the viewer gets it: ids of other people's TGTs are for operators.
  Fields row(const AuditRecord& record) const;

 private:
  Principal principal_;
  bool is_operator_;
  std::vector<std::string> queues_;
};

/// Whether `text`, a name with or without its realm, is this principal.
bool names(std::string_view text, const Principal& principal);

/// "audit.search" {principal?, by?, subject?, queue?, workflow?, ticket?, event?, outcome?, from?,
/// to?, after?, count?} → page of records that fit all of them, newest first; `after`: older than
/// that record. `outcome` is "done", "refused" or a code; from and to are Unix seconds, inclusive.
/// A page may be short or empty, with more to come: one call looks at a bounded number of records.
/// Who is no operator and names no queue of his finds what names himself. Errors: malformed,
/// bad_name.
Decided audit_search(const KdcParts& parts, Ask& ask);

/// "audit.work" {workflow or ticket, after?} → page of the records about that piece of work, oldest
/// first: about the workflow id or the ticket, the logins that it goes back to, and the revocations
/// that reached it. Of the newest 4,096 records. Errors: malformed, not_found (none, or none that
/// the caller may see).
Decided audit_work(const KdcParts& parts, Ask& ask);

}  // namespace waybill::kdc
