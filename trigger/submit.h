#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trigger/authenticate.h"
#include "trigger/engine.h"
#include "trigger/identity.h"
#include "trigger/kdc_port.h"

namespace waybill::trigger {

/// What somebody asks for with a delegation.
struct Submission {
  std::string workflow_type;
  std::string queue;
  std::vector<std::string> actions;
  Buffer input;
  std::optional<std::string> workflow_id;  ///< else made of the type and the ticket's id
  Seconds run_for{};                       ///< zero: as long as the grant allows
};

struct SubmitParts {
  const Clock& clock;
  const Identity& identity;
  const std::string& space;  ///< namespace of the engine
  KdcPort& kdc;
  Engine& engine;
};

/// The one path of a submission: the delegation is looked at, exchanged at the KDC for the work's
/// ticket, the answer checked, the input sealed, the work enqueued. When it returns a run, that run
/// is durable. The same presentation gives the same run, however often it comes, also while the KDC
/// is away.
///
/// What is refused here is refused so that the asker learns it in clear words; what is let in is
/// the KDC's decision, which alone can check the delegation's tag.
/// Errors: wrong_kind, wrong_realm, delegation_incomplete, wrong_addressee,
/// wrong_instance, clock_skew, caveat_…, wrong_request, bad_name, already_exists, busy, the KDC's.
/// Throws KdcAway, StoreError. When somebody else's work has the workflow id, `holder` is set to
/// its run, as of Engine::holder().
Result<Run> submit(const SubmitParts& parts, const Shown& shown, const Submission& wanted,
                   std::string& holder);

/// The log's record of it, whichever door it came through.
void log_accepted(const Run& run);

/// The longest running time that may be asked for, in seconds; a grant allows far less.
constexpr std::uint64_t longest_run = 366ULL * 24 * 3600;

/// A workflow id at this trigger: a name without '/', since it stands in paths. Errors: bad_name.
Checked check_workflow_id(std::string_view id);

}  // namespace waybill::trigger
