#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "worker/verifier.h"

namespace waybill::worker {

/// What a worker tries before it takes work: that its verifier, as it was built and with the keys
/// that it was given, still refuses forged tickets. A comparison that a compiler removed, a library
/// of another make or a file of another queue shows here and not in a job that should not have run.
///
/// Most cases are of a realm made for the moment, so that nothing of the real one is needed: one
/// job that must pass (a verifier that refuses all would look safe), and its nearest forgeries. The
/// last ones are made with the worker's own keytab, as a thief of it would.

/// How a job is judged; the default is the real Verifier. For the tests of the canary itself.
struct CanarySetting {
  Audience& audience;
  const Revocations& revocations;
  Uses& uses;
};
using CanaryJudge = std::function<Checked(const CanarySetting&, const Job& job,
                                          std::span<const std::string> needed, Time now)>;
Checked judge_by_verifier(const CanarySetting& setting, const Job& job,
                          std::span<const std::string> needed, Time now);

/// One case that came out otherwise than it must.
struct CanaryFault {
  std::string name;  ///< what was tried, for example "signed by a stranger"
  Checked wanted;
  Checked got;
  /// "signed by a stranger: must be WB-TICKET-PROOF, was accepted"
  std::string sentence() const;
};
struct CanaryReport {
  std::size_t cases = 0;
  std::vector<CanaryFault> faults;  ///< none: take work
};

/// Some milliseconds; touches no file, keeps nothing. `now` is this host's clock.
CanaryReport run_canary(const Keytab& keytab, const RealmDocument& realm, Time now,
                        const CanaryJudge& judge = judge_by_verifier);

}  // namespace waybill::worker
