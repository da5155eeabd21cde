#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/rows.h"
#include "tools/session.h"

namespace waybill::tools {
namespace {

struct TicketsOptions {
  CommandLine::Text subject, queue, workflow, cache;
  bool as_json = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, TicketsOptions& options) {
  CommandLine line("waybill tickets", "Show outstanding tickets, as the KDC knows them.");
  line.option("--subject", options.subject, "PRINCIPAL", "of this principal");
  line.option("--queue", options.queue, "QUEUE", "addressed to this queue");
  line.option("--workflow", options.workflow, "ID", "for this workflow");
  line.flag("--json", options.as_json, "as JSON");
  add_cache_option(line, options.cache);
  line.note("You see your own, a queue's owner those of the queue, an operator all.");
  line.note("A ticket is live, expired, ended (its work is done) or revoked.");
  line.example("waybill tickets").example("waybill tickets --queue queue-alice --json");
  CHECK_OK(line.parse(context.ui, arguments));
  const int chosen =
      (options.subject ? 1 : 0) + (options.queue ? 1 : 0) + (options.workflow ? 1 : 0);
  if (chosen > 1) return wrong_usage("say one of --subject, --queue and --workflow, or none");
  return done();
}

Outcome<Fields> filter_of(const Session& session, const TicketsOptions& options) {
  Fields filter;
  if (options.subject) {
    TRY(subject, session.principal(*options.subject));
    filter.add("subject", subject.text());
  }
  if (options.queue) {
    TRY(queue, session.principal(*options.queue));
    filter.add("queue", queue.text());
  }
  if (options.workflow) filter.add("workflow", *options.workflow);
  return filter;
}

}  // namespace

Outcome<Done> tickets_main(Context& context, const Arguments& arguments) {
  TicketsOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  TRY(filter, filter_of(*session, options));
  TRY(rows, session->list("tickets", filter));
  if (options.as_json) {
    context.ui.print_json(to_json(rows));
  } else {
    print_rows(context.ui, rows, context.clock.now(),
               {"id", "state", "subject", "actor", "queue", "workflow", "action", "run_until"});
  }
  return done();
}

}  // namespace waybill::tools
