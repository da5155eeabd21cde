#include "tools/workflow.h"

#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "ticket/adapters/files.h"
#include "ticket/exchange/client.h"
#include "ticket/wire/limits.h"
#include "tools/files_in.h"
#include "tools/progress.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const std::set<std::string, std::less<>> ended{"completed", "failed", "refused", "cancelled",
                                               "dead"};

Outcome<Done> check_name(const std::string& text, const char* what, std::size_t limit) {
  if (is_name(text, limit)) return done();
  return wrong_usage("`" + escaped(text) + "` is not " + what,
                     "letters, digits and . _ : / - are allowed");
}

Outcome<Done> check_actions(const std::vector<std::string>& actions) {
  for (const std::string& action : actions) {
    CHECK_OK(check_name(action, "an action", limits::max_name));
  }
  const std::set<std::string> different(actions.begin(), actions.end());
  if (different.size() != actions.size()) return wrong_usage("an action is named twice");
  if (actions.empty()) return wrong_usage("no --action: say what the work may do");
  if (actions.size() > limits::max_actions) return wrong_usage("more than 32 actions");
  if (encode(caveat::Actions{actions}).size() > limits::max_caveat) {
    return wrong_usage("the names of the actions are too long together",
                       "a delegation has 2 KiB for all of them");
  }
  return done();
}

Stop ended_badly(const json& status) {
  const auto error = status.find("error");
  const json cause = error != status.end() && error->is_object() ? *error : json::object();
  const std::string state = text_in(status, "status");
  const std::string code = escaped(text_in(cause, "code"));
  const std::string message = escaped(text_in(cause, "message"));
  Stop stop(Exit::refused, message);
  if (state == "refused" && code.starts_with("WB-")) {
    stop.code = code;
    return stop;
  }
  stop.sentence = "the workflow ended as " + escaped(state);
  if (!message.empty()) stop.sentence += ": " + message;
  if (!code.empty()) stop.sentence += " (" + code + ")";
  return stop;
}

Outcome<json> wait_until_ended(Session& session, TriggerClient& trigger, const std::string& path) {
  Progress progress(session.ui(), "waiting");
  for (auto pause = 100ms;; pause = std::min(pause * 3 / 2, 2000ms)) {
    TRY(status, trigger.ask("GET", path));
    const std::string state = text_in(status, "status");
    if (ended.contains(state)) return status;
    progress.update(text_in(status, "workflow_id") + " is " + state);
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

void add_work_options(CommandLine& line, WorkOptions& options) {
  line.list("--action", options.actions, "ACTION[,ACTION...]", "what the work may do; repeatable");
  line.option("--input", options.input, "FILE", "the work's input; - is standard input");
  line.duration("--expires", options.expires, "how late the work may start (15m, the most)");
  line.option("--workflow-id", options.workflow_id, "ID",
              "its id; otherwise made of the type and the ticket's id");
  line.option("--namespace", options.space, "NAME",
              "the engine's namespace that it must run in; otherwise the trigger's");
}

Outcome<PreparedWork> prepare_work(const Session& session, const std::string& workflow_type,
                                   const WorkOptions& options) {
  CHECK_OK(check_name(workflow_type, "a workflow type", limits::max_name));
  TRY(queue, session.principal(options.queue));
  if (queue.realm() != session.realm()) return wrong_usage("the queue is of another realm");
  CHECK_OK(check_actions(options.actions));
  if (options.workflow_id) CHECK_OK(workflow_path(*options.workflow_id));
  if (options.space) CHECK_OK(check_name(*options.space, "a namespace", limits::max_name));
  const Seconds expires = options.expires.value_or(limits::max_delegation);
  if (expires > limits::max_delegation) {
    return wrong_usage("--expires is at most 15m; how long the work may run is another thing");
  }
  Buffer input;
  if (options.input) {
    TRY(read, read_file_or_input(*options.input, limits::max_input));
    input = std::move(read);
  }
  return PreparedWork{workflow_type,    queue.name(), options.actions, options.workflow_id,
                      std::move(input), expires,      options.space};
}

Outcome<Done> PreparedWork::settle_namespace(const TriggerClient& trigger) {
  if (!space) space = trigger.space();
  if (!trigger.space() || *space == *trigger.space()) return done();
  return Stop(Error{Errc::caveat_namespace},
              trigger.url() + " works in namespace " + *trigger.space() + ", not in " + *space);
}

Outcome<std::string> delegate_work(const Session& session, const Principal& trigger,
                                   const PreparedWork& work) {
  TRY(tgt, session.tgt());
  const Time now = session.now();
  const Delegation wanted{
      trigger, work.queue,       work.workflow_type, work.actions, input_digest(work.input),
      {},      work.workflow_id, now + work.expires, work.space};
  TRY(made, delegate(*tgt, wanted, now));
  return authorization(made);
}

Outcome<std::string> workflow_path(const std::string& id) {
  CHECK_OK(check_name(id, "a workflow id", limits::max_workflow_id));
  if (id.find('/') != id.npos) return wrong_usage("a workflow id has no / in it");
  return "/v1/workflows/" + id;
}

Outcome<Done> wait_for_result(Session& session, TriggerClient& trigger, const std::string& id,
                              const std::optional<std::string>& output) {
  TRY(path, workflow_path(id));
  TRY(status, wait_until_ended(session, trigger, path));
  if (text_in(status, "status") != "completed") return ended_badly(status);
  TRY(answer, trigger.ask("GET", path + "/result"));
  TRY(result, bytes_in(answer, "result"));
  if (output) {
    write_file_atomic(*output, result, 0600);
  } else {
    session.ui().print_raw(text_of(result));
  }
  return done();
}

void WorkflowCommand::add_to(CommandLine& line) {
  line.argument("ID", id, "the workflow, as `waybill submit` printed it");
  add_trigger_options(line, trigger);
  add_cache_option(line, cache);
}

Outcome<Done> WorkflowCommand::reach(Context& context) {
  TRY(checked, workflow_path(id));
  path = std::move(checked);
  TRY(opened, Session::open(context, cache));
  CHECK_OK(opened->tgt());
  TRY(reached, TriggerClient::reach(*opened, trigger));
  session = std::move(opened);
  client = std::move(reached);
  return done();
}

}  // namespace waybill::tools
