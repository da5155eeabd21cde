#include <algorithm>

#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "ticket/wire/revocation.h"
#include "tools/commands.h"
#include "tools/session.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

struct RevokeOptions {
  CommandLine::Text ticket, subject, actor, workflow, queue, reason, cache;
};

/// What is revoked, in the words of the feed.
struct Target {
  RevokedBy kind;
  std::string value;
  std::string sentence;  ///< what a person calls it
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, RevokeOptions& options) {
  CommandLine line("waybill revoke", "Revoke tickets; workers hear of it through the feed.");
  line.option("--ticket", options.ticket, "ID", "one ticket, and all that was derived from it");
  line.option("--subject", options.subject, "PRINCIPAL", "all that this principal asked for");
  line.option("--actor", options.actor, "PRINCIPAL", "all that this trigger or service asked for");
  line.option("--workflow", options.workflow, "ID", "all for this workflow");
  line.option("--queue", options.queue, "QUEUE", "all that are addressed to this queue");
  line.option("--reason", options.reason, "TEXT", "a few words, which everybody may read");
  add_cache_option(line, options.cache);
  line.note(
      "You may revoke your own tickets, a queue's owner those addressed to the queue, an operator\n"
      "all. By subject, actor and queue it reaches what was issued until now; by ticket and "
      "workflow\n"
      "it reaches for ever. Only `waybill admin principal disable` stops new logins.");
  line.example("waybill revoke --subject carol --reason 'left the company'")
      .example("waybill revoke --ticket 0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  return line.parse(context.ui, arguments);
}

Outcome<Target> principal_target(const Session& session, RevokedBy kind, const std::string& text,
                                 const std::string& what) {
  TRY(principal, session.principal(text));
  return Target{kind, principal.text(), what + principal.text() + ", issued until now"};
}

Outcome<Target> ticket_target(const std::string& id) {
  if (!fixed_from_hex<16>(id)) return wrong_usage("a ticket's id is 32 digits of lower-case hex");
  return Target{RevokedBy::ticket, id, "ticket " + id + " and all that was derived from it"};
}

Outcome<Target> workflow_target(const std::string& id) {
  if (!is_name(id, limits::max_workflow_id)) {
    return wrong_usage("`" + escaped(id) + "` is not a workflow id");
  }
  return Target{RevokedBy::workflow, id, "every ticket for workflow " + id};
}

Outcome<Target> target_of(const Session& session, const RevokeOptions& options) {
  const auto given = {options.ticket, options.subject, options.actor, options.workflow,
                      options.queue};
  if (std::ranges::count_if(given, [](const auto& o) { return o.has_value(); }) != 1) {
    return wrong_usage("say one of --ticket, --subject, --actor, --workflow and --queue");
  }
  if (options.ticket) return ticket_target(*options.ticket);
  if (options.workflow) return workflow_target(*options.workflow);
  if (options.subject) {
    return principal_target(session, RevokedBy::subject, *options.subject, "every ticket of ");
  }
  if (options.actor) {
    return principal_target(session, RevokedBy::actor, *options.actor, "every ticket got by ");
  }
  return principal_target(session, RevokedBy::queue, *options.queue, "every ticket for ");
}

// How many live tickets it reaches, as far as the KDC lists them to us.
std::optional<std::string> reach_of(Session& session, const Target& target) {
  const bool listed = target.kind == RevokedBy::subject || target.kind == RevokedBy::queue ||
                      target.kind == RevokedBy::workflow;
  if (!listed) return std::nullopt;
  const Fields filter{{std::string(name_of(target.kind)), target.value}};
  const auto rows = session.list("tickets", filter, 1000);
  if (!rows) return std::nullopt;
  const auto live =
      std::ranges::count_if(*rows, [](const Fields& row) { return row.get("state") == "live"; });
  const std::string more = rows->size() >= 1000 ? "at least " : "";
  return more + std::to_string(live) + (live == 1 ? " live ticket" : " live tickets");
}

}  // namespace

Outcome<Done> revoke_main(Context& context, const Arguments& arguments) {
  RevokeOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  TRY(target, target_of(*session, options));
  if (options.reason && options.reason->size() > limits::max_reason) {
    return wrong_usage("a reason has at most 256 bytes");
  }
  CHECK_OK(session->tgt());
  const auto reach = reach_of(*session, target);
  TRY(answer, session->call("revoke", Fields{{"kind", std::string(name_of(target.kind))},
                                             {"value", target.value},
                                             {"reason", options.reason.value_or("")}}));
  context.ui.say("revoked: " + target.sentence);
  if (reach) context.ui.say("that is " + *reach + " now");
  context.ui.say("it is entry " + escaped(answer.get("sequence")) +
                 " of the feed; workers refuse these tickets as soon as they have read it");
  return done();
}

}  // namespace waybill::tools
