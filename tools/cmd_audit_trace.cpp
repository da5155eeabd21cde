#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "tools/audit_story.h"
#include "tools/commands.h"
#include "tools/rows.h"
#include "tools/session.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

std::vector<std::string> values_of(const std::vector<Fields>& rows, std::string_view name) {
  std::vector<std::string> out;
  for (const Fields& row : rows) {
    const std::string value(row.get(name));
    if (!value.empty() && std::ranges::find(out, value) == out.end()) out.push_back(value);
  }
  return out;
}

// A login's ticket is a TGT, which is not the work's.
std::vector<Fields> about_work(const std::vector<Fields>& rows) {
  std::vector<Fields> out;
  std::ranges::copy_if(rows, std::back_inserter(out),
                       [](const Fields& row) { return row.has("workflow"); });
  return out;
}

void print_head(Context& context, const std::string& id, const std::vector<Fields>& rows) {
  const std::vector<Fields> work = about_work(rows);
  const auto line = [&](const char* name, const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + escaped(value);
    if (!text.empty()) print_wrapped(context.ui, name, text);
  };
  line("workflow  ", {id});
  line("type      ", values_of(work, "workflow_type"));
  line("asked by  ", values_of(work, "subject"));
  line("ticket    ", values_of(work, "ticket"));
  line("now       ", {fate_of(rows, context.clock.now())});
}

void print_timeline(Context& context, const std::vector<Fields>& rows) {
  const bool several = values_of(about_work(rows), "ticket").size() > 1;
  for (const Fields& row : rows) {
    const auto time = parse_unix(row.get("time"));
    std::string text = tell(row) + " (record " + escaped(row.get("sequence")) + ")";
    if (several && row.has("workflow") && row.has("ticket")) {
      text.insert(0, "[" + escaped(row.get("ticket").substr(0, 8)) + "] ");
    }
    print_wrapped(context.ui, (time ? print_local(*time) : std::string(19, ' ')) + "  ", text);
  }
}

}  // namespace

Outcome<Done> audit_trace_main(Context& context, const Arguments& arguments) {
  std::string workflow;
  CommandLine::Text cache;
  bool as_json = false;
  CommandLine line("waybill audit trace",
                   "Tell the life of one piece of work, from the audit trail.");
  line.argument("WORKFLOW", workflow, "its id");
  line.flag("--json", as_json, "as JSON: the records, and how it stands");
  add_cache_option(line, cache);
  line.note(
      "Who asked, what was granted and by which rules, what was renewed, looked at and revoked, "
      "and\n"
      "how it ended. You see your own work, a queue's owner that of the queue, an operator all.");
  line.example("waybill audit trace 01JY8Z2Q").example("waybill audit trace 01JY8Z2Q --json");
  CHECK_OK(line.parse(context.ui, arguments));

  TRY(session, Session::open(context, cache));
  TRY(rows, session->list("audit.work", Fields{{"workflow", workflow}}));
  if (as_json) {
    context.ui.print_json({{"workflow", workflow},
                           {"state", fate_of(rows, context.clock.now())},
                           {"records", tools::to_json(rows)}});
    return done();
  }
  print_head(context, workflow, rows);
  context.ui.print("");
  print_timeline(context, rows);
  return done();
}

}  // namespace waybill::tools
