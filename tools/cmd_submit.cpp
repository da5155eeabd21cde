#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "tools/commands.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/workflow.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

struct SubmitOptions {
  std::string type;
  WorkOptions work;
  TriggerClient::Wanted trigger;
  CommandLine::Text cache, output;
  std::optional<Seconds> run_for;
  bool wait = false;
  bool as_json = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, SubmitOptions& options) {
  CommandLine line("waybill submit", "Start a workflow, and let it act for you within limits.");
  line.argument("TYPE", options.type, "the type of workflow");
  line.required("--queue", options.work.queue, "QUEUE", "whose worker shall do it");
  add_work_options(line, options.work);
  line.duration("--run-for", options.run_for,
                "how long it may run; otherwise what the grant allows");
  add_trigger_options(line, options.trigger);
  line.flag("--wait", options.wait, "wait for the end and print the result instead of the id");
  line.option("--output", options.output, "FILE", "with --wait: the result into a file");
  line.flag("--json", options.as_json, "print the trigger's answer as JSON");
  add_cache_option(line, options.cache);
  line.note(
      "What you hand the trigger is your ticket narrowed to this queue, type, input and these\n"
      "actions, for this trigger and its namespace alone, for fifteen minutes at the most. The id "
      "of the workflow "
      "is\n"
      "printed on standard output.");
  line.example(
          "waybill submit invoice-report --queue queue-alice --action invoice:read,report:write "
          "--input invoices.csv")
      .example(
          "waybill submit invoice-report --queue queue-alice --action invoice:read "
          "--input - --wait < invoices.csv > report.txt");
  CHECK_OK(line.parse(context.ui, arguments));
  if (options.output && !options.wait) return wrong_usage("--output wants --wait");
  if (options.as_json && options.wait && !options.output) {
    return wrong_usage("--json and --wait both print to standard output; add --output FILE");
  }
  return done();
}

json request_of(const SubmitOptions& options, const PreparedWork& work) {
  json body{{"workflow_type", work.workflow_type},
            {"queue", work.queue},
            {"actions", work.actions},
            {"input", to_base64(work.input)}};
  if (work.workflow_id) body["workflow_id"] = *work.workflow_id;
  if (options.run_for) body["run_for_seconds"] = options.run_for->count();
  return body;
}

void report(Session& session, const TriggerClient& trigger, const SubmitOptions& options,
            const json& answer) {
  Ui& ui = session.ui();
  ui.say("started " + escaped(text_in(answer, "workflow_id")) + " on " +
         escaped(text_in(answer, "queue")) + " through " + trigger.service().text());
  if (const auto end = parse_rfc3339(text_in(answer, "run_until"))) {
    ui.say("it may run until " + print_when(*end, session.now()));
  }
  if (options.as_json) {
    ui.print_json(answer);
  } else if (!options.wait) {
    ui.print(escaped(text_in(answer, "workflow_id")));
  }
  ui.flush();
}

}  // namespace

Outcome<Done> submit_main(Context& context, const Arguments& arguments) {
  SubmitOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  CHECK_OK(session->tgt());
  TRY(work, prepare_work(*session, options.type, options.work));
  options.trigger.queue = work.queue;
  auto progress = std::make_unique<Progress>(context.ui, "starting the workflow");
  TRY(trigger, TriggerClient::reach(*session, options.trigger));
  CHECK_OK(work.settle_namespace(*trigger));
  TRY(presentation, delegate_work(*session, trigger->service(), work));
  TRY(answer, trigger->start(presentation, request_of(options, work)));
  progress.reset();
  const std::string id = text_in(answer, "workflow_id");
  if (!workflow_path(id)) {
    return Stop(Exit::unreachable, "the trigger's answer names no workflow");
  }
  report(*session, *trigger, options, answer);
  if (!options.wait) return done();
  return wait_for_result(*session, *trigger, id, options.output);
}

}  // namespace waybill::tools
