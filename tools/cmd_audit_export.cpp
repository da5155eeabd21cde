#include <nlohmann/json.hpp>

#include "tools/audit_ocsf.h"
#include "tools/commands.h"
#include "tools/progress.h"
#include "tools/session.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

// A reader that was away for longer than records are kept must hear of it.
void say_what_is_missing(Ui& ui, std::uint64_t first, std::uint64_t last) {
  ui.say("records " + std::to_string(first) + " to " + std::to_string(last) +
         " were pruned; they are in the archives that the KDC's operator keeps");
}

}  // namespace

Outcome<Done> audit_export_main(Context& context, const Arguments& arguments) {
  CommandLine::Text cache;
  std::optional<std::uint64_t> after, count;
  CommandLine line("waybill audit export", "Print the audit trail as JSON lines in OCSF's terms.");
  line.count("--after", after, "go on after the record of this number (0: from the first)");
  line.count("-n,--count", count, "at most so many (all that there are)");
  add_cache_option(line, cache);
  line.note(
      "For operators. An object in each line; metadata.uid is the record's number, which goes "
      "into\n"
      "--after the next time. What is exported is not signed: `waybill audit verify` is.");
  line.example("waybill audit export >audit.jsonl");
  line.example("waybill audit export --after \"$(tail -n1 audit.jsonl | jq -r .metadata.uid)\"");
  CHECK_OK(line.parse(context.ui, arguments));

  TRY(session, Session::open(context, cache));
  Progress progress(context.ui, "exporting the audit trail");
  std::string next = std::to_string(after.value_or(0));
  std::uint64_t left = count.value_or(UINT64_MAX);
  std::uint64_t wanted = after.value_or(0) + 1;
  while (!next.empty() && left > 0) {
    TRY(answer, session->call(Operation{"audit.tail", Fields{{"after", next}}.encode()}));
    TRY(page, Page::decode(answer.value));
    for (const Fields& row : page.rows) {
      if (left == 0) break;
      if (const auto number = parse_number(row.get("sequence"))) {
        if (*number > wanted) say_what_is_missing(context.ui, wanted, *number - 1);
        wanted = *number + 1;
      }
      context.ui.print_json_line(to_ocsf(row));
      --left;
    }
    next = page.next;
    progress.update("exported up to record " + next);
  }
  return done();
}

}  // namespace waybill::tools
