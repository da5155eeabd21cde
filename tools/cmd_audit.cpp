#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

#include "ticket/wire/limits.h"
#include "tools/audit_check.h"
#include "tools/audit_story.h"
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
      print_found(ui, row);
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

struct ChainOptions {
  CommandLine::Text cache;
  AuditWish wish;
  bool offline = false;
  bool as_json = false;
};

Outcome<ChainOptions> read_verify_options(Context& context, const Arguments& arguments) {
  ChainOptions options;
  CommandLine line("waybill audit verify",
                   "Check the whole audit trail: nothing changed, dropped, reordered or cut off.");
  line.option("--state", options.wish.state, "FILE",
              "where the last verified checkpoint is kept (~/.local/state/waybill/audit-REALM)");
  line.list("--archive", options.wish.archives, "FILE",
            "records that were pruned (`waybill-kdc audit prune`); repeatable");
  line.flag("--offline", options.offline, "the archives alone, without the KDC");
  line.flag("--json", options.as_json, "as JSON");
  add_cache_option(line, options.cache);
  line.note(
      "For operators; --offline needs no more than the realm file. The signed checkpoint of this "
      "time is kept, so that a trail that was cut off behind it is noticed next time, even when "
      "the KDC was restored from a backup.");
  line.note(
      "A trail that was pruned begins where the KDC signed that it does. With its archives it is "
      "checked from their first record on, as one chain.");
  line.example("waybill audit verify");
  line.example("waybill audit verify --archive audit-2025.jsonl --archive audit-2026.jsonl");
  line.example("waybill audit verify --archive audit-2025.jsonl --offline");
  CHECK_OK(line.parse(context.ui, arguments));
  if (options.offline && options.wish.archives.empty()) {
    return wrong_usage("--offline checks archives: name them with --archive");
  }
  return options;
}

void print_report(Context& context, const AuditReport& report, bool as_json) {
  if (as_json) {
    return context.ui.print_json({{"first", report.first},
                                  {"records", report.records},
                                  {"signed_until", report.signed_until},
                                  {"checkpoint_time", print_rfc3339(report.checkpoint_time)}});
  }
  context.ui.print("records       " + std::to_string(report.records) + ", all in their chain");
  if (report.first > 1) {
    context.ui.print("first         record " + std::to_string(report.first) +
                     "; those before were pruned");
  }
  context.ui.print("signed until  record " + std::to_string(report.signed_until) + ", " +
                   print_when(report.checkpoint_time, context.clock.now()));
  if (report.known_before) {
    context.ui.say("it goes on from record " + std::to_string(*report.known_before) +
                   ", which was verified before");
  }
}

Outcome<Done> verify(Context& context, const Arguments& arguments) {
  TRY(options, read_verify_options(context, arguments));
  TRY(session, Session::open(context, options.cache));
  if (!options.offline) CHECK_OK(session->tgt());
  TRY(report, options.offline ? check_archives(*session, options.wish)
                              : check_audit(*session, options.wish));
  print_report(context, report, options.as_json);
  return done();
}

constexpr Subcommand audit_subcommands[] = {
    {"tail", tail, "show the newest records"},
    {"search", audit_search_main, "find records by who, what, where and when"},
    {"trace", audit_trace_main, "tell the life of one piece of work"},
    {"verify", verify, "check the whole trail against its signatures"},
    {"export", audit_export_main, "print it for another system (OCSF)"},
};

}  // namespace

Outcome<Done> audit_main(Context& context, const Arguments& arguments) {
  return dispatch(context, audit_subcommands, "waybill audit", arguments);
}

}  // namespace waybill::tools
