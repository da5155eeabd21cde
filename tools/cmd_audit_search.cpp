#include <nlohmann/json.hpp>

#include "ticket/wire/limits.h"
#include "tools/audit_story.h"
#include "tools/commands.h"
#include "tools/progress.h"
#include "tools/rows.h"
#include "tools/session.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

constexpr std::uint64_t usual_count = 20;
constexpr std::uint64_t most = 100'000;

struct SearchOptions {
  CommandLine::Text principal, by, subject, queue, workflow, ticket, event, outcome, from, to,
      cache;
  std::optional<std::uint64_t> count, after;
  bool as_json = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, SearchOptions& options) {
  CommandLine line("waybill audit search", "Find records of the KDC's audit trail, newest first.");
  line.option("--principal", options.principal, "PRINCIPAL", "who calls, is spoken for or changed");
  line.option("--by", options.by, "PRINCIPAL", "who calls");
  line.option("--subject", options.subject, "PRINCIPAL", "in whose name");
  line.option("--queue", options.queue, "QUEUE", "the queue, or service, that it is about");
  line.option("--workflow", options.workflow, "ID", "about this workflow");
  line.option("--ticket", options.ticket, "ID", "about this ticket");
  line.option("--event", options.event, "NAME", "what was done, as tgs.delegate or revoke");
  line.option("--outcome", options.outcome, "CODE",
              "done, refused, or a code as WB-TICKET-REVOKED");
  line.option("--from", options.from, "TIME",
              "not before: 2030-05-01T09:30:00Z, 2030-05-01, or 2h ago as 2h");
  line.option("--to", options.to, "TIME", "not after");
  line.count("-n,--count", options.count, "how many (20, at most 100000)");
  line.count("--after", options.after, "go on: older than the record of this number");
  line.flag("--json", options.as_json, "as a JSON array");
  add_cache_option(line, options.cache);
  line.note(
      "All that is given must fit. An operator finds all records, the owner of a queue with "
      "--queue\n"
      "those about it, everybody else what names himself.");
  line.example("waybill audit search --outcome refused --from 1d");
  line.example("waybill audit search --subject carol --queue queue-alice --json | jq '.[].event'");
  CHECK_OK(line.parse(context.ui, arguments));
  const std::uint64_t count = options.count.value_or(usual_count);
  if (count == 0 || count > most) return wrong_usage("-n is a number from 1 to 100000");
  return done();
}

Outcome<std::string> seconds_of(const std::string& text, Time now) {
  std::optional<Time> time = parse_rfc3339(text);
  if (!time) time = parse_rfc3339(text + "T00:00:00Z");
  if (!time) {
    if (const auto ago = parse_duration(text)) time = now - *ago;
  }
  if (!time || *time < Time{}) {
    return wrong_usage("`" + text +
                       "` is no time: write 2030-05-01T09:30:00Z, 2030-05-01, or 2h "
                       "for two hours ago");
  }
  return std::to_string(time->time_since_epoch().count());
}

Outcome<Fields> question_of(const Session& session, const SearchOptions& options) {
  Fields question;
  const auto add = [&](const char* name, const CommandLine::Text& value) {
    if (value) question.add(name, *value);
  };
  add("principal", options.principal);
  add("by", options.by);
  add("subject", options.subject);
  add("queue", options.queue);
  add("workflow", options.workflow);
  add("ticket", options.ticket);
  add("event", options.event);
  add("outcome", options.outcome);
  for (const auto& [name, text] :
       {std::pair{"from", &options.from}, std::pair{"to", &options.to}}) {
    if (!*text) continue;
    TRY(seconds, seconds_of(**text, session.now()));
    question.add(name, seconds);
  }
  return question;
}

struct FoundRecords {
  std::vector<Fields> rows;
  std::string next;  ///< empty: that is all
};

// A page may be empty with more to come: the KDC bounds what one question costs.
Outcome<FoundRecords> find(Session& session, const Fields& question, std::string after,
                           std::uint64_t count) {
  Progress progress(session.ui(), "searching the audit trail");
  FoundRecords found{{}, std::move(after)};
  do {
    Fields asked = question;
    if (!found.next.empty()) asked.add("after", found.next);
    const auto wanted = std::min<std::uint64_t>(count - found.rows.size(), limits::max_page);
    asked.add("count", std::to_string(wanted));
    TRY(answer, session.call(Operation{"audit.search", asked.encode()}));
    TRY(page, Page::decode(answer.value));
    for (Fields& row : page.rows) found.rows.push_back(std::move(row));
    found.next = page.next;
    progress.update("searched back to record " + found.next);
  } while (!found.next.empty() && found.rows.size() < count);
  return found;
}

}  // namespace

Outcome<Done> audit_search_main(Context& context, const Arguments& arguments) {
  SearchOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  TRY(question, question_of(*session, options));
  const std::string after = options.after ? std::to_string(*options.after) : std::string();
  TRY(found, find(*session, question, after, options.count.value_or(usual_count)));
  if (options.as_json) {
    context.ui.print_json(to_json(found.rows));
  } else {
    for (const Fields& row : found.rows) print_found(context.ui, row);
    if (found.rows.empty()) context.ui.say("there are none");
  }
  if (!found.next.empty()) context.ui.hint("there may be older ones: --after " + found.next);
  return done();
}

}  // namespace waybill::tools
