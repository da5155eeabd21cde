#pragma once

#include "tests/crosscheck/second/realm.h"
#include "tests/crosscheck/second/wire.h"

namespace second {

/// The audit chain, protocol 9.
struct AuditRecord {
  std::uint64_t sequence = 0, time = 0, outcome = 0;
  std::string event;
  std::vector<std::pair<std::string, std::string>> fields;
  Bytes encode() const;
  static AuditRecord read(View wire);
};

struct Checkpoint {
  std::uint64_t sequence = 0, time = 0;
  Bytes32 link{};
  /// Refuses: the codec's, wrong_realm, unknown_signer, bad_proof.
  static Checkpoint read(View wire, const RealmDocument& realm);
};

/// A row as it is kept: a number, a record and the link after it.
struct AuditRow {
  std::uint64_t sequence = 0;
  Bytes record;
  Bytes32 link{};
};

/// What is wrong first, as the vectors write it (`dropped 3`); empty when nothing is.
/// `signed_until` is how far the checkpoints reach.
std::string fault_of(const std::vector<AuditRow>& rows, const std::vector<Checkpoint>& checkpoints,
                     std::uint64_t& signed_until);

}  // namespace second
