#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kdc/store_records.h"
#include "ticket/exchange/staged_rows.h"
#include "ticket/wire/clock.h"

namespace waybill::kdc {

/// A principal as a batch describes it. What is not said stays as it is; for a new one it is
/// version 1, not disabled, no roles.
struct ImportRow {
  Principal principal;
  PrincipalKind kind;
  std::optional<Kvno> kvno;
  PrincipalPublic key;
  std::optional<bool> disabled;
  std::optional<std::vector<std::string>> roles;
};

/// A batch that comes in parts, until its last word puts all of it into one transaction
/// (kdc/admin_import.cpp). In memory, one at a time, and bounded: a restart and a sender who went
/// away leave nothing to clean up. Thread-safe.
class Staging {
 public:
  using Rows = std::vector<ImportRow>;
  using BatchId = FixedBytes<16>;
  struct Sender {
    Principal who;
    BatchId batch;
    friend bool operator==(const Sender&, const Sender&) = default;
  };
  /// After so long without a word a batch gives way to somebody else's.
  static constexpr Seconds patience{120};

  /// Position 0 begins a batch, and ends an earlier one of the same person. Any refusal of a known
  /// batch ends it. Errors: busy (somebody else's batch is under way), not_found (no such batch
  /// here), malformed (not the position that comes next), already_exists (a name that stands in
  /// it), limit_exceeded (more than StagedRows::max_batch rows).
  Checked add(const Sender& sender, std::uint64_t position, Rows rows, Time now);
  /// The whole batch, which is here no more. Errors: not_found, malformed (it has not so many
  /// rows).
  Result<Rows> take(const Sender& sender, std::uint64_t rows);
  /// Harmless when it is not there.
  void drop(const Sender& sender);

 private:
  Checked take_in(Rows rows);
  void forget();

  std::mutex lock_;
  std::optional<Sender> sender_;
  Time heard_{};
  Rows rows_;
  std::set<std::string> names_;
};

}  // namespace waybill::kdc
