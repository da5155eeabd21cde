#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/table.h"
#include "tools/text.h"
#include "tools/workflow.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

void add_time(Table& table, const char* label, const json& status, const char* name, Time now) {
  if (const auto time = parse_rfc3339(text_in(status, name))) {
    table.row({label, print_when(*time, now)});
  }
}

void print_status(Ui& ui, const json& status, Time now) {
  Table table;
  table.row({"workflow", text_in(status, "workflow_id")});
  table.row({"type", text_in(status, "workflow_type")});
  table.row({"queue", text_in(status, "queue")});
  table.row({"status", text_in(status, "status")});
  if (const auto attempt = status.find("attempt");
      attempt != status.end() && attempt->is_number_unsigned()) {
    table.row({"attempt", std::to_string(attempt->get<std::uint64_t>())});
  }
  add_time(table, "submitted", status, "submitted_at", now);
  add_time(table, "may run until", status, "run_until", now);
  if (text_in(status, "renew_until") > text_in(status, "run_until")) {  // RFC 3339 in UTC sorts
    add_time(table, "renewable until", status, "renew_until", now);
  }
  add_time(table, "ended", status, "ended_at", now);
  if (const auto error = status.find("error"); error != status.end() && error->is_object()) {
    table.row({"because", text_in(*error, "code") + "  " + text_in(*error, "message")});
  }
  table.print(ui);
}

}  // namespace

Outcome<Done> status_main(Context& context, const Arguments& arguments) {
  WorkflowCommand command;
  bool as_json = false;
  CommandLine line("waybill status", "Show how a workflow of yours stands.");
  command.add_to(line);
  line.flag("--json", as_json, "as JSON");
  line.example("waybill status invoice-report-0f1e2d3c4b5a6978");
  CHECK_OK(line.parse(context.ui, arguments));
  CHECK_OK(command.reach(context));
  TRY(status, command.client->ask("GET", command.path));
  if (as_json) {
    context.ui.print_json(status);
  } else {
    print_status(context.ui, status, context.clock.now());
  }
  return done();
}

}  // namespace waybill::tools
