#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/session.h"

namespace waybill::tools {

struct AuditReport {
  std::uint64_t first = 0;    ///< number of the first record
  std::uint64_t records = 0;  ///< how many
  std::uint64_t signed_until = 0;
  Time checkpoint_time{};
  std::optional<std::uint64_t> known_before;  ///< the record of the checkpoint kept last time
};

struct AuditWish {
  std::optional<std::string> state;   ///< where the checkpoint of this time is kept; else at home
  std::vector<std::string> archives;  ///< files of records that were pruned, in any order
};

/// Fetches the KDC's audit trail and checks it against the KDC's newest checkpoint and the one that
/// was kept last time (specs/audit.md); before it the archives, which must lead to it without a
/// gap. When all is well the newest checkpoint is kept. Stops with refused, naming the first bad
/// record, and when the kept checkpoint is about records that were pruned and are in no archive.
/// Throws FileError.
Outcome<AuditReport> check_audit(Session& session, const AuditWish& wish);

/// The archives by themselves, without a KDC: each against its own checkpoint, and that they follow
/// each other. Stops with refused. Throws FileError.
Outcome<AuditReport> check_archives(Session& session, const AuditWish& wish);

}  // namespace waybill::tools
