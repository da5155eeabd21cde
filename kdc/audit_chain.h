#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ticket/exchange/fields.h"
#include "ticket/realm.h"
#include "ticket/records.h"

namespace waybill::kdc {

/// The audit chain as values, with no store and no secret (specs/audit.md): the KDC writes it with
/// this, and whoever holds records, checkpoints and the realm document can check it with this.
///   record     = [sequence, time, event, outcome, fields]
///   link       = H("audit"; previous link, record), the link before the first is zero
///   statement  = ["audit checkpoint", realm, sequence, time, link], signed by a KDC signing key
/// A chain may have been pruned: then it begins after a record that it does not have any more, and
/// one of its own records, which a checkpoint covers, says so.

/// The event of that record; its fields are `until` (sequence) and `link` (hex).
inline constexpr std::string_view audit_pruned = "audit.pruned";

/// What happened, as the part that lets it happen says it.
struct AuditEvent {
  std::string event;  ///< stable, a name: "login", "ticket_issued", "admin.grant.add", …
  std::optional<Errc> outcome;  ///< none: done; else why it was refused
  Fields fields;                ///< stable names; a list repeats its name next to each other
};

struct AuditRecord {
  std::uint64_t sequence = 0;  ///< 1, 2, 3, …
  Time time{};
  std::string event;
  std::uint64_t outcome = 0;  ///< 0: done; else the number of an Errc (kept when it is unknown)
  Fields fields;

  Buffer encode() const;
  static Result<AuditRecord> decode(Bytes wire);
};

/// A place in the chain: after so many records, with the link there. All zero is the beginning.
struct AuditPosition {
  std::uint64_t sequence = 0;
  Digest link{};
  friend bool operator==(const AuditPosition&, const AuditPosition&) = default;
};

/// One stored record and the link after it, as `audit.records` hands it out.
struct AuditRow {
  std::uint64_t sequence = 0;
  Buffer record;
  Digest link{};
};

struct AuditCheckpoint {
  Realm realm;
  std::uint64_t sequence;
  Time time;
  Digest link;

  Buffer statement() const;
  static Result<AuditCheckpoint> parse(Bytes statement);
};

struct SignedCheckpoint {
  KeyId signer{};
  Buffer statement;
  Signature signature{};

  /// Errors: wrong_realm, unknown_signer, bad_proof, the codec's.
  Result<AuditCheckpoint> verify(const RealmDocument& realm) const;

  /// [signer, statement, signature], as it is stored.
  Buffer encode() const;
  static Result<SignedCheckpoint> decode(Bytes wire);
};

/// What is wrong with a chain, and where first.
struct AuditFault {
  enum class Kind {
    changed,       ///< the record (or its link) is not what was written
    dropped,       ///< the record is missing, later ones are there
    reordered,     ///< the record is not in its place but later
    truncated,     ///< the checkpoint is about records that are missing at the end
    contradicted,  ///< links were recomputed: a record after `since` and up to `sequence` is not
                   ///< what the KDC signed
    headless       ///< the records up to `sequence` are missing, and no signed record says that
                   ///< they were pruned
  };
  Kind kind;
  std::uint64_t sequence;   ///< of the first bad record
  std::uint64_t since = 0;  ///< of the last checkpoint that held; for `contradicted`
  std::string sentence() const;
};

/// Checks a chain row by row, so that it need not fit into memory.
class AuditVerifier {
 public:
  /// `checkpoints`: verified ones (SignedCheckpoint::verify), any number, any order. `start`: where
  /// the rows begin, as whoever hands them out claims; what lies before is not asked for, so
  /// checkpoints of before it say nothing.
  explicit AuditVerifier(std::vector<AuditCheckpoint> checkpoints, AuditPosition start = {});

  /// The next row in the order in which they were kept.
  void add(const AuditRow& row);
  /// After the last row: the first fault, or nothing.
  std::optional<AuditFault> finish();
  /// How many records were seen and found good so far.
  std::uint64_t verified() const { return at_.sequence - start_.sequence; }
  /// After the last of them.
  const AuditPosition& position() const { return at_; }
  /// How far a signature reaches: rows after it hang together but are signed by nobody yet.
  std::uint64_t signed_until() const { return signed_until_; }

 private:
  void check(const AuditRow& row);
  void compare_with_checkpoints();
  const AuditPosition start_;
  std::vector<AuditCheckpoint> checkpoints_;  // by sequence; next_ is the first not reached
  std::size_t next_ = 0;
  AuditPosition at_;
  std::uint64_t signed_until_ = 0;
  std::uint64_t told_of_start_ = 0;  // by this record; 0: by none yet
  std::optional<AuditFault> fault_;
};

/// The same over rows in memory.
std::optional<AuditFault> verify_audit(std::span<const AuditRow> rows,
                                       std::vector<AuditCheckpoint> checkpoints);

}  // namespace waybill::kdc
