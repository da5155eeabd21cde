#include "tools/commands.h"
#include "tools/workflow.h"

namespace waybill::tools {

Outcome<Done> wait_main(Context& context, const Arguments& arguments) {
  WorkflowCommand command;
  CommandLine::Text output;
  CommandLine line("waybill wait", "Wait for a workflow of yours, and print its result.");
  command.add_to(line);
  line.option("--output", output, "FILE", "the result into a file of mode 0600");
  line.note("When the work failed, was refused or was cancelled, the exit status is 1.");
  line.example("waybill wait invoice-report-0f1e2d3c4b5a6978 > report.txt")
      .example("waybill wait --output report.txt invoice-report-0f1e2d3c4b5a6978");
  CHECK_OK(line.parse(context.ui, arguments));
  CHECK_OK(command.reach(context));
  return wait_for_result(*command.session, *command.client, command.id, output);
}

}  // namespace waybill::tools
