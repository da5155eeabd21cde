#include <algorithm>

#include <nlohmann/json.hpp>

#include "ticket/wire/hex.h"
#include "tools/audit_story.h"
#include "tools/commands.h"
#include "tools/rows.h"
#include "tools/session.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using Rows = std::vector<Fields>;

// The newest record that is not after it and may be seen: it, or it is not ours.
Outcome<Rows> one_record(Session& session, std::uint64_t number) {
  const Fields question{{"after", std::to_string(number + 1)}, {"count", "1"}};
  TRY(answer, session.call(Operation{"audit.search", question.encode()}));
  TRY(page, Page::decode(answer.value));
  const std::string wanted = std::to_string(number);
  if (page.rows.empty() || page.rows.front().get("sequence") != wanted) {
    return Error{Errc::not_found, "record"};
  }
  return page.rows;
}

Outcome<Rows> records_about(Session& session, const std::string& id) {
  if (const auto number = parse_number(id); number && *number < UINT64_MAX) {
    auto found = one_record(session, *number);
    if (found) return found;
  }
  if (fixed_from_hex<16>(id)) {
    auto found = session.list("audit.work", Fields{{"ticket", id}});
    if (found) return found;
  }
  return session.list("audit.work", Fields{{"workflow", id}});
}

// What somebody may ask the reason of.
bool wants_a_reason(const Fields& row) {
  const std::string_view verdict = row.get("verdict");
  const bool worker_refused = !verdict.empty() && verdict != "accepted" && verdict != "renewed";
  return row.get("outcome") != "done" || row.has("narrowed") || row.get("event") == "revoke" ||
         worker_refused;
}

Rows with_a_reason(const Rows& rows) {
  Rows out;
  std::ranges::copy_if(rows, std::back_inserter(out), wants_a_reason);
  return out;
}

std::string when(const Fields& row) {
  const auto time = parse_unix(row.get("time"));
  return (time ? print_local(*time) : std::string()) + ", record " + escaped(row.get("sequence"));
}

nlohmann::json as_json(const Rows& rows, const std::string& state) {
  nlohmann::json reasons = nlohmann::json::array();
  for (const Fields& row : rows) {
    nlohmann::json reason = tools::to_json(row);
    reason["explanation"] = explain(row);
    reasons.push_back(std::move(reason));
  }
  return {{"state", state}, {"reasons", std::move(reasons)}};
}

}  // namespace

Outcome<Done> why_main(Context& context, const Arguments& arguments) {
  std::string id;
  CommandLine::Text cache;
  bool json = false;
  CommandLine line("waybill why", "Explain a refusal, or a ticket that was narrowed or revoked.");
  line.argument("ID", id, "of a workflow or a ticket, or the number of an audit record");
  line.flag("--json", json, "as JSON");
  add_cache_option(line, cache);
  line.note(
      "By the KDC's audit trail. You see your own work, a queue's owner that of the queue, an\n"
      "operator all.");
  line.example("waybill why 01JY8Z2Q").example("waybill why 4711 --json");
  CHECK_OK(line.parse(context.ui, arguments));

  TRY(session, Session::open(context, cache));
  TRY(rows, records_about(*session, id));
  const std::string state = fate_of(rows, context.clock.now());
  const bool one = rows.size() == 1;
  const Rows reasons = one ? rows : with_a_reason(rows);
  if (json) {
    context.ui.print_json(as_json(reasons, state));
    return done();
  }
  for (const Fields& row : reasons) print_wrapped(context.ui, "", when(row) + ": " + explain(row));
  if (reasons.empty()) {
    print_wrapped(context.ui, "",
                  "Nothing about it was refused, narrowed or revoked. It is " + state + ".");
  }
  return done();
}

}  // namespace waybill::tools
