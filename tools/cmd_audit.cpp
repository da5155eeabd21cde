#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

#include "ticket/limits.h"
#include "tools/audit_check.h"
#include "tools/commands.h"
#include "tools/rows.h"
#include "tools/session.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t usual_count = 20;
constexpr std::uint64_t most = limits::max_page;
constexpr auto follow_pause = 1s;

// What every record has comes first, without its names.
std::string print_line(const Fields& row) {
  std::string line = escaped(row.get("sequence"));
  if (const auto time = parse_unix(row.get("time"))) line += "  " + print_local(*time);
  line += "  " + escaped(row.get("event")) + "  " + escaped(row.get("outcome"));
  Fields rest;
  for (const auto& [name, value] : row.entries()) {
    const bool said = name == "sequence" || name == "time" || name == "event" || name == "outcome";
    if (!said) rest.add(name, value);
  }
  return rest.entries().empty() ? line : line + "  " + print_brief(rest);
}

struct Form {
  bool as_json;
  bool in_lines;
};

void print_all(Ui& ui, const std::vector<Fields>& rows, Form form) {
  if (form.as_json && !form.in_lines) return ui.print_json(to_json(rows));
  for (const Fields& row : rows) {
    if (form.as_json) {
      ui.print_json_line(to_json(row));
    } else {
      ui.print(print_line(row));
    }
  }
}

Outcome<Done> tail(Context& context, const Arguments& arguments) {
  CommandLine::Text cache;
  std::optional<std::uint64_t> count;
  bool follow = false;
  bool as_json = false;
  CommandLine line("waybill audit tail", "Show the newest records of the KDC's audit trail.");
  line.count("-n,--count", count, "how many (20, at most 256)");
  line.flag("-f,--follow", follow, "go on with new ones, until Ctrl-C");
  line.flag("--json", as_json, "as a JSON array; with --follow an object in each line");
  add_cache_option(line, cache);
  line.note("For operators.");
  line.example("waybill audit tail").example("waybill audit tail -n 100 --json | jq '.[].event'");
  CHECK_OK(line.parse(context.ui, arguments));

  const std::uint64_t wanted = count.value_or(usual_count);
  if (wanted == 0 || wanted > most) return wrong_usage("-n is a number from 1 to 256");
  TRY(session, Session::open(context, cache));
  Fields question{{"count", std::to_string(wanted)}};
  for (;;) {
    TRY(rows, session->list("audit.tail", question, wanted));
    print_all(context.ui, rows, {as_json, follow});
    context.ui.flush();
    if (!follow) return done();
    if (!rows.empty()) question = Fields{{"after", std::string(rows.back().get("sequence"))}};
    std::this_thread::sleep_for(follow_pause);
  }
}

Outcome<Done> verify(Context& context, const Arguments& arguments) {
  CommandLine::Text cache, state;
  bool as_json = false;
  CommandLine line("waybill audit verify",
                   "Check the whole audit trail: nothing changed, dropped, reordered or cut off.");
  line.option("--state", state, "FILE",
              "where the last verified checkpoint is kept (~/.local/state/waybill/audit-REALM)");
  line.flag("--json", as_json, "as JSON");
  add_cache_option(line, cache);
  line.note(
      "For operators. The signed checkpoint of this time is kept, so that a trail that was cut "
      "off\n"
      "behind it is noticed next time, even when the KDC was restored from a backup.");
  line.example("waybill audit verify");
  CHECK_OK(line.parse(context.ui, arguments));

  TRY(session, Session::open(context, cache));
  CHECK_OK(session->tgt());
  TRY(report, check_audit(*session, state));
  if (as_json) {
    context.ui.print_json({{"records", report.records},
                           {"signed_until", report.signed_until},
                           {"checkpoint_time", print_rfc3339(report.checkpoint_time)}});
    return done();
  }
  context.ui.print("records       " + std::to_string(report.records) + ", all in their chain");
  context.ui.print("signed until  record " + std::to_string(report.signed_until) + ", " +
                   print_when(report.checkpoint_time, context.clock.now()));
  if (report.known_before) {
    context.ui.say("it goes on from record " + std::to_string(*report.known_before) +
                   ", which was verified before");
  }
  return done();
}

constexpr Subcommand subcommands[] = {
    {"tail", tail, "show the newest records"},
    {"search", audit_search_main, "find records by who, what, where and when"},
    {"trace", audit_trace_main, "tell the life of one piece of work"},
    {"verify", verify, "check the whole trail against its signatures"},
    {"export", audit_export_main, "print it for another system (OCSF)"},
};

}  // namespace

Outcome<Done> audit_main(Context& context, const Arguments& arguments) {
  return dispatch(context, subcommands, "waybill audit", arguments);
}

}  // namespace waybill::tools
