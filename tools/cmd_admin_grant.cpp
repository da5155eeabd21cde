#include "tools/admin.h"
#include "tools/commands.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

struct GrantOptions {
  CommandLine::Text subject, role, trigger, workflow, cache;
  std::string queue;
  std::vector<std::string> actions;
  std::optional<Seconds> max_run;
  CommandLine::Text stale_feed;
};

Outcome<Done> check(const GrantOptions& options) {
  const int holders =
      (options.subject ? 1 : 0) + (options.role ? 1 : 0) + (options.trigger ? 1 : 0);
  if (holders != 1) return wrong_usage("say one of --subject, --role and --trigger");
  if (options.trigger) {
    if (!options.workflow && options.actions.empty() && !options.max_run && !options.stale_feed) {
      return done();
    }
    return wrong_usage("a trigger's ceiling is about queues alone: --trigger T --queue 'queue-*'");
  }
  if (!options.workflow) return wrong_usage("no --workflow: which types, as 'invoice-*'");
  if (options.actions.empty()) return wrong_usage("no --action: say what the work may do");
  if (options.stale_feed && options.stale_feed != "mark" && options.stale_feed != "refuse") {
    return wrong_usage("--stale-feed is refuse or mark");
  }
  if (!options.max_run) return wrong_usage("no --max-run: how long it may run, as 1h");
  return done();
}

Outcome<Done> read_options(Context& context, const Arguments& arguments, GrantOptions& options) {
  CommandLine line("waybill admin grant add",
                   "Let a subject or a role start workflows, or a trigger send work to queues.\n"
                   "For operators; the owner of a queue does the first at that queue.");
  line.option("--subject", options.subject, "PRINCIPAL", "who may start");
  line.option("--role", options.role, "ROLE", "or: everybody who has this role");
  line.option("--trigger", options.trigger, "PRINCIPAL", "or: the ceiling of a trigger");
  line.required("--queue", options.queue, "PATTERN", "a queue, or a prefix and *");
  line.option("--workflow", options.workflow, "PATTERN", "types of workflows, likewise");
  line.list("--action", options.actions, "ACTION[,ACTION...]", "what the work may do; repeatable");
  line.duration("--max-run", options.max_run, "how long it may run at the most");
  line.option("--stale-feed", options.stale_feed, "refuse|mark",
              "a worker that is cut off from revocations refuses the work (the default),\n"
              "or does it and marks its record");
  add_cache_option(line, options.cache);
  line.note(
      "A ticket holds what one grant of the user, the user's own limits, the trigger's ceiling "
      "and\n"
      "the queue all allow. The action payload:read gets into none: it lets its holder see the "
      "inputs\nand results of such work (`waybill codec serve`), and alone starts nothing.");
  line.example(
          "waybill admin grant add --subject carol --queue queue-alice --workflow 'invoice-*' "
          "--action invoice:read --action report:write --max-run 1h")
      .example(
          "waybill admin grant add --subject dave --queue queue-alice --workflow 'invoice-*' "
          "--action payload:read --max-run 1h")
      .example("waybill admin grant add --trigger trigger/orders --queue 'queue-*'");
  CHECK_OK(line.parse(context.ui, arguments));
  return check(options);
}

Outcome<Fields> fields_of(const Session& session, const GrantOptions& options) {
  Fields fields;
  if (options.role) {
    fields.add("role", *options.role);
  } else {
    TRY(holder, local_principal(session, options.subject.value_or(options.trigger.value_or(""))));
    fields.add(options.subject ? "subject" : "trigger", holder.name());
  }
  for (const auto& pattern : {std::optional(options.queue), options.workflow}) {
    if (pattern && !Pattern::parse(*pattern)) {
      return wrong_usage("`" + escaped(*pattern) + "` is not a name, nor a prefix and *");
    }
  }
  fields.add("queue", options.queue);
  if (options.trigger) return fields;
  fields.add("workflow", *options.workflow);
  for (const std::string& action : options.actions) fields.add("action", action);
  fields.add("max_run", std::to_string(options.max_run->count()));
  if (options.stale_feed) fields.add("stale_feed", *options.stale_feed);
  return fields;
}

Outcome<Done> add(Context& context, const Arguments& arguments) {
  GrantOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  TRY(fields, fields_of(*session, options));
  TRY(answer, session->call("admin.grant.add", fields));
  context.ui.say("added grant " + escaped(answer.get("id")));
  return done();
}

Outcome<Done> remove(Context& context, const Arguments& arguments) {
  std::string id;
  CommandLine::Text cache;
  CommandLine line("waybill admin grant remove", "Take a grant back.");
  line.argument("ID", id, "its number, as `waybill admin grant list` shows it");
  add_cache_option(line, cache);
  line.note(
      "Tickets that it gave stay valid; `waybill revoke` ends those. A queue's owner takes back "
      "what\n"
      "names that queue alone.");
  line.example("waybill admin grant remove 3");
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  CHECK_OK(session->call("admin.grant.remove", Fields{{"id", id}}));
  context.ui.say("removed grant " + escaped(id));
  return done();
}

Outcome<Done> show(Context& context, const Arguments& arguments) {
  std::string id;
  CommandLine::Text cache;
  bool as_json = false;
  CommandLine line("waybill admin grant show", "Show one.");
  line.argument("ID", id, "its number, as `waybill admin grant list` shows it");
  line.flag("--json", as_json, "as JSON");
  add_cache_option(line, cache);
  line.example("waybill admin grant show 3");
  CHECK_OK(line.parse(context.ui, arguments));
  const auto number = parse_number(id);
  if (!number || *number == 0) return wrong_usage("`" + escaped(id) + "` is no number of a grant");
  TRY(session, Session::open(context, cache));
  // The next one after the one before is it, if there is one.
  std::optional<Fields> found;
  const Fields question{{"after", std::to_string(*number - 1)}, {"count", "1"}};
  CHECK_OK(each_row(*session, "admin.grant.list", question, [&](Fields row) {
    if (row.get("id") == std::to_string(*number)) found = std::move(row);
    return false;
  }));
  if (!found) return Stop(Error{Errc::not_found, "grant"}, "grant " + std::to_string(*number));
  print_row(context, *found, as_json);
  return done();
}

Outcome<Done> list(Context& context, const Arguments& arguments) {
  const ListCommand all{
      .command = "waybill admin grant list",
      .operation = "admin.grant.list",
      .key = "id",
      .filters = {{"--subject", "PRINCIPAL", "subject", nullptr, "its own, not those of its roles"},
                  {"--role", "ROLE", "role", nullptr, "those of a role"},
                  {"--trigger", "PRINCIPAL", "trigger", nullptr, "the ceilings of a trigger"},
                  {"--queue", "QUEUE", "queue", nullptr, "those that cover this queue"}},
      .examples = {"waybill admin grant list --subject carol",
                   "waybill admin grant list --queue queue-alice --json"}};
  return admin_list(context, arguments, all);
}

constexpr Subcommand subcommands[] = {
    {"add", add, "let somebody start workflows, or a trigger send work"},
    {"list", list, "show all"},
    {"show", show, "show one"},
    {"remove", remove, "take one back"},
};

}  // namespace

Outcome<Done> admin_grant_main(Context& context, const Arguments& arguments) {
  return dispatch(context, subcommands, "waybill admin grant", arguments);
}

}  // namespace waybill::tools
