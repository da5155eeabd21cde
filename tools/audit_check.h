#pragma once

#include <optional>
#include <string>

#include "tools/session.h"

namespace waybill::tools {

struct AuditReport {
  std::uint64_t records = 0;
  std::uint64_t signed_until = 0;
  Time checkpoint_time{};
  std::optional<std::uint64_t> known_before;  ///< the record of the checkpoint kept last time
};

/// Fetches the KDC's audit trail and checks it against the KDC's newest checkpoint and the one that
/// was kept last time in `state` (specs/audit.md). When all is well the newest one is kept. Stops
/// with refused, naming the first bad record. Throws FileError.
Outcome<AuditReport> check_audit(Session& session, const std::optional<std::string>& state);

}  // namespace waybill::tools
