#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/trigger_client.h"

/// What `submit`, `authorize`, `status`, `wait` and `cancel` share.
namespace waybill::tools {

/// Work as it is named on a command line.
struct WorkOptions {
  std::string queue;
  std::vector<std::string> actions;
  std::optional<std::string> input;  ///< FILE, `-` for standard input; none: empty
  std::optional<Seconds> expires;    ///< how late the work may start
  std::optional<std::string> workflow_id;
  std::optional<std::string> space;  ///< --namespace; none: the trigger's, where it is asked
};
void add_work_options(CommandLine& line, WorkOptions& options);

/// Work that can be delegated: checked, and its input read.
struct PreparedWork {
  std::string workflow_type;
  std::string queue;  ///< name in the realm
  std::vector<std::string> actions;
  std::optional<std::string> workflow_id;
  Buffer input;
  Seconds expires;
  std::optional<std::string> space;

  /// Binds the work to the trigger's namespace. Stops with refused when it was to be another.
  Outcome<Done> settle_namespace(const TriggerClient& trigger);
};
/// Everything a person may get wrong is found here, before any server is asked. Stops with usage.
/// Throws FileError.
Outcome<PreparedWork> prepare_work(const Session& session, const std::string& workflow_type,
                                   const WorkOptions& options);
/// The value of the Authorization header that lets `trigger` start this work, and nothing else, in
/// our name. Stops with no_credentials.
Outcome<std::string> delegate_work(const Session& session, const Principal& trigger,
                                   const PreparedWork& work);

/// The path of a workflow; stops with usage when the id is none.
Outcome<std::string> workflow_path(const std::string& id);

/// Waits until the work has ended, with progress on a terminal, and writes its result: to
/// `output`, or to standard output. Work that ended otherwise stops with `refused`.
Outcome<Done> wait_for_result(Session& session, TriggerClient& trigger, const std::string& id,
                              const std::optional<std::string>& output);

/// The options, the session and the trigger of a command about one workflow.
struct WorkflowCommand {
  std::string id;
  CommandLine::Text cache;
  TriggerClient::Wanted trigger;
  std::string path;  ///< by reach()
  std::unique_ptr<Session> session;
  std::unique_ptr<TriggerClient> client;

  void add_to(CommandLine& line);
  Outcome<Done> reach(Context& context);
};

}  // namespace waybill::tools
