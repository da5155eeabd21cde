#pragma once

#include "tests/integration/people.h"
#include "tests/peers/temporal/dev_server.h"
#include "ticket/adapters/temporal.h"

namespace waybill::test {

/// A realm whose trigger/orders has its work done on a real Temporal server, and the worker of
/// queue-alice. Its handlers give back their input: invoice-report at once, invoice-flaky at the
/// second attempt, invoice-held once let_go() was called for the workflow.
class TemporalRealm {
 public:
  TemporalRealm();
  /// One for all cases: each uses workflows of its own, and leaves all daemons running.
  static TemporalRealm& shared();

  LiveRealm realm;
  DevServer server;
  LiveTrigger trigger;
  LiveWorker worker;
  Person carol;
  FrontDoor door;
  /// Somebody who may write in the namespace, as workers may.
  const std::unique_ptr<temporal::Server> stranger;

  /// Sends an errand of carol's and gives the workflow's id.
  std::string submit(const Errand& errand = {});
  /// The same, done at the server before the trigger can know: it is killed, so that the ticket of
  /// finished work is not revoked.
  std::string submit_without_report();
  /// What the trigger says of it in the end: the status, and the code of what went wrong.
  std::string end_of(const std::string& workflow_id);
  /// Waits until a handler has started on an invoice-held. (The server calls work "running" from
  /// its start, before any worker has seen it.)
  bool is_in_hand(const std::string& workflow_id);
  void let_go(const std::string& workflow_id) const;
  /// The result as `waybill wait` prints it to carol.
  Ended result_of(const std::string& workflow_id) const;

  /// What anybody can read of it at the server.
  temporal::Started started(const std::string& workflow_id);
  temporal::Payloads sealed_result(const std::string& workflow_id);
  /// At the server: the type of the failure that closed it, empty when it was none.
  std::string failure(const temporal::Execution& which);
  /// Starts something as it is, like somebody who has read what it needs; even with a workflow id
  /// of which there is a closed run. Gives the run id.
  std::string start_as_stranger(const temporal::NewWorkflow& wanted);
  /// A start like the one that was.
  temporal::NewWorkflow copy_of_start(const std::string& workflow_id);
  /// What the worker wrote about each attempt, oldest first.
  std::vector<std::string> verdicts(const std::string& workflow_id) const;
};

}  // namespace waybill::test
