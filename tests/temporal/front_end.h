#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/temporal/grpc_door.h"
#include "ticket/adapters/temporal.h"

namespace waybill::test {

/// A Temporal server in process, spoken to over gRPC with the messages of the real one: histories,
/// one queue, one activity a workflow. It does what an honest server does, and beyond that what
/// somebody with rights in its namespace, or its operator, could do.
class FrontEnd {
 public:
  explicit FrontEnd(const GrpcDoor::Identity& identity = {});
  ~FrontEnd();

  std::string address() const { return door_.address(); }
  std::unique_ptr<temporal::Server> connect(std::string token_file = {}) const {
    return temporal::connect({address(), "default", "test", std::move(token_file), {}});
  }

  /// Stamped on what happens from now on.
  void set_time(Time now);

  // --- What others may do.
  // -------------------------------------------------------------------------

  /// Starts the id again with the header and input of its first run, as the reuse policy lets who
  /// may start. Gives the run id.
  std::string start_copy(const std::string& workflow_id, Time now);
  /// The next run of the same chain: a retry by the server, or a continuation.
  std::string start_again_in_chain(const std::string& workflow_id, Time now);
  /// Back to the beginning, in a new run, with the first event as it was.
  std::string reset(const std::string& workflow_id);
  /// Takes the activity that waits, as any poller of the namespace may, and answers it.
  void steal_activity(const std::string& workflow_id, const temporal::Payload& result);
  /// The activity that waits has failed so often.
  void set_attempt(const std::string& workflow_id, int attempt);

  // --- What a test asks.
  // ---------------------------------------------------------------------------

  /// OPEN, COMPLETED, FAILED or CANCELED of the current run.
  std::string state(const std::string& workflow_id) const;
  /// Type of the failure that closed it.
  std::string failure(const std::string& workflow_id) const;
  /// Workflow tasks that nobody could judge.
  int unjudged() const;
  /// The newest request of that name, as bytes; empty: there was none.
  std::string last(const std::string& method) const;
  std::string authorization() const;

 private:
  struct Run;
  using Reply = GrpcDoor::Reply;
  Reply answer(const GrpcDoor::Call& call);
  Reply start(const std::string& body);
  Reply describe(const std::string& body);
  Reply history(const std::string& body);
  Reply cancel(const std::string& body);
  Reply poll_workflow();
  Reply poll_activity();
  Reply workflow_completed(const std::string& body);
  Reply workflow_failed(const std::string& body);
  Reply heartbeat(const std::string& body);
  Reply activity_completed(const std::string& body);
  Reply activity_failed(const std::string& body);
  Reply activity_cancelled(const std::string& body);

  Run* find(const std::string& workflow_id, const std::string& run_id);
  Run& current(const std::string& workflow_id) const;
  Run* by_activity(const std::string& token);
  Run& add_run(const Run& like, const std::string& first, Time now);

  mutable std::mutex lock_;
  Time now_{};
  int next_ = 1;
  std::vector<std::unique_ptr<Run>> runs_;
  std::map<std::string, std::string> last_;
  std::string authorization_;
  int unjudged_ = 0;
  GrpcDoor door_;  // last: its threads use everything above
};

}  // namespace waybill::test
