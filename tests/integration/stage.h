#pragma once

#include <functional>

#include "tests/integration/people.h"
#include "tests/support/rogue_engine.h"

namespace waybill::test {

/// A real worker of queue-alice whose engine belongs to the attacker, and the trigger whose name
/// the engine uses. What a test hands out starts from good_job() and differs in what it attacks.
///
/// The worker has handlers for invoice-report, which gives back its input and leaves a file
/// `ran-RUN_ID`, and for invoice-other, which does the same.
class Stage {
 public:
  /// Of the worker, once the realm is there.
  using MoreArguments = std::function<std::vector<std::string>(const LiveRealm&)>;
  explicit Stage(const LiveRealm::Settings& settings = {}, const MoreArguments& more = {});

  /// What an honest trigger would have handed out.
  struct Job {
    CraftedJob job;
    IssuedTicket issued;
    Errand errand;
  };
  Job good_job() { return good_job(carol, {}); }
  /// `run_for` zero: as long as the grant allows.
  Job good_job(Person& person, const Errand& errand, Seconds run_for = Seconds(0));

  /// What becomes of a job: the refusal's code, "completed", "failed" or "no report".
  std::string verdict(const CraftedJob& job);
  bool has_run(const std::string& run_id) const;

  LiveRealm realm;
  RogueEngine engine;
  LiveWorker worker;
  Person carol;
  Person trigger;  ///< trigger/orders, as whoever has its keytab
};

}  // namespace waybill::test
