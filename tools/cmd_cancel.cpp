#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/workflow.h"

namespace waybill::tools {

Outcome<Done> cancel_main(Context& context, const Arguments& arguments) {
  WorkflowCommand command;
  CommandLine line("waybill cancel", "End a workflow of yours.");
  command.add_to(line);
  line.note("A worker that is at it hears of it with its next heartbeat.");
  line.example("waybill cancel invoice-report-0f1e2d3c4b5a6978");
  CHECK_OK(line.parse(context.ui, arguments));
  CHECK_OK(command.reach(context));
  CHECK_OK(command.client->ask("POST", command.path + "/cancel", "{}"));
  context.ui.say(command.id + " is cancelled");
  return done();
}

}  // namespace waybill::tools
