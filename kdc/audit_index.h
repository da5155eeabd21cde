#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kdc/audit_chain.h"
#include "kdc/store.h"

namespace waybill::kdc {

/// What a record of the audit chain can be found by (specs/storage.md, table audit_index). Names of
/// principals are without the realm here, so a record that was found is compared once more.
enum class AuditTerm : std::uint8_t {
  who = 1,   ///< a principal that called, was spoken for, or was changed
  audience,  ///< the queue or service that it is about
  workflow,
  ticket,   ///< id in hex
  event,    ///< name of the event
  refusal,  ///< name of the code; every refusal also has the empty one
  revoked,  ///< "kind:value" of a revocation that was done
};

struct AuditKey {
  AuditTerm term;
  std::string value;
  friend auto operator<=>(const AuditKey&, const AuditKey&) = default;
};

/// `name` of `name@REALM`, and any other text as it is.
std::string bare_name(std::string_view principal);

/// All that this record is found by, each once.
std::vector<AuditKey> keys_of(const AuditRecord& record);

/// The index over the audit chain: written by Audit::append in the transaction of the record, so
/// that it is never behind. It has no MACs: a row only says where to look, and what counts is the
/// record that is there. `store check` compares it with the chain.
class AuditIndex {
 public:
  static void add(StoreChange& change, const AuditRecord& record);
  /// Takes out the rows of a record that is pruned.
  static void remove(StoreChange& change, const AuditRecord& record);
  /// After the records up to `sequence` were: times are found from the next one on.
  static void begin_after(StoreChange& change, std::uint64_t sequence);

  /// Indexes the records at the end of the chain that have no rows yet, as in a store that an
  /// earlier version wrote to; a commit for some thousands. Before anybody else writes. Gives how
  /// many there were.
  static std::uint64_t complete(Store& store);
  /// Throws all of it away and makes it anew, likewise; what is cut off complete() ends. Damaged
  /// records are in no index. Gives how many records there were.
  static std::uint64_t rebuild(Store& store);

  /// The first record that is not found by all of its keys, or a row too many, as a sentence.
  static std::optional<std::string> fault(const StoreView& view);
};

/// The numbers of the records that have one key, from the newest down.
class Postings {
 public:
  Postings(const StoreView& view, const AuditKey& key);
  /// The newest one that is not after `sequence`.
  std::optional<std::uint64_t> at_or_before(std::uint64_t sequence);

 private:
  Buffer prefix_;
  Cursor cursor_;
};

/// Numbers of records that were written while the KDC's clock showed a quarter of an hour which
/// touches [from, to]. The clock may have been set, so these are several spans.
class AuditTimes {
 public:
  AuditTimes(const StoreView& view, Time from, Time to);
  /// The newest number inside that is not after `sequence`.
  std::optional<std::uint64_t> at_or_before(std::uint64_t sequence) const;

 private:
  struct Span {
    std::uint64_t first, last;
  };
  std::vector<Span> spans_;  // rising
};

}  // namespace waybill::kdc
