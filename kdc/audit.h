#pragma once

#include "kdc/audit_chain.h"
#include "kdc/store.h"

namespace waybill::kdc {

class Epochs;

/// What a look at the whole chain found.
struct AuditReport {
  std::uint64_t records;       ///< how many good ones
  std::uint64_t until;         ///< the number of the last of them
  std::uint64_t signed_until;  ///< the newest record that a checkpoint covers
  std::optional<AuditFault> fault;
};

/// The audit chain in the store (specs/audit.md). Records are appended by the Issuer alone, in the
/// transaction of what they are about; everybody else reads.
class Audit {
 public:
  /// A checkpoint is kept for the newest commit, and for the last commit of each run of so many
  /// records, so that a fault in a long chain can be narrowed down.
  static constexpr std::uint64_t checkpoint_interval = 1024;

  using Position = AuditPosition;
  static Position position(const StoreView& view);
  /// Where it begins: after the last record that was pruned, or at the beginning.
  static Position start(const StoreView& view);

  /// Appends one record, and gives where the chain is then. A text that is no UTF-8 is written in
  /// hex and an overlong one is cut, so that a record can always be read again.
  static Position append(StoreChange& change, AuditEvent event, Time now);
  /// Signs the end of the chain; once for each commit.
  static void checkpoint(StoreChange& change, const Epochs& epochs, Time now);

  /// Drops the records up to and with `until`, which is not the newest, and what belongs to them:
  /// checkpoints and rows of the index. Whoever does it appends `audit.pruned`.
  static void prune(StoreChange& change, const Position& until);

  /// Records after a sequence number, in order.
  static std::vector<AuditRow> rows(const StoreView& view, std::uint64_t after, std::size_t most);
  /// The one of that number; nothing when there is none.
  static std::optional<AuditRow> row(const StoreView& view, std::uint64_t sequence);
  /// The newest checkpoint; none in a store that was never committed to.
  static std::optional<SignedCheckpoint> newest_checkpoint(const StoreView& view);
  static std::vector<SignedCheckpoint> checkpoints(const StoreView& view);

  /// Reads the whole chain and checks it against all stored checkpoints. Errors: a checkpoint's own
  /// (SignedCheckpoint::verify).
  static Result<AuditReport> verify(const StoreView& view, const RealmDocument& realm);
};

/// What a ticket says, under the names that every record about a ticket uses: ticket, lineage*,
/// subject, actor*, audience, workflow, workflow_type, input, action*, issued_at, start_by,
/// run_until, renew_until. A name that `fields` has already is left as it is.
void add_ticket_fields(Fields& fields, const Body& body);

}  // namespace waybill::kdc
