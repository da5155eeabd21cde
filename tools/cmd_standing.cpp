#include "tools/commands.h"
#include "tools/session.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

std::string ticket_line(const IssuedTicket* tgt, Time now) {
  if (tgt == nullptr) return "none";
  const Time end = tgt->times.run_until;
  std::string line = (end > now ? "ends " : "ended ") + print_when(end, now);
  if (tgt->times.renew_until > end && tgt->times.renew_until > now) {
    line += ", renewable until " + print_local(tgt->times.renew_until);
  }
  return line;
}

std::string next_step(const Session& session) {
  if (!session.tgt()) return "`waybill init [PRINCIPAL]` logs you in";
  return "`waybill submit TYPE --queue Q --action A --input FILE --wait` starts a workflow; "
         "`waybill --help` lists the commands";
}

}  // namespace

Outcome<Done> standing_main(Context& context, const Arguments&) {
  TRY(session, Session::open(context, std::nullopt));
  const CredentialCache* cache = session->cache();
  Table table;
  table.row(
      {"realm", session->realm().text() + ", KDC " + session->client().realm_file().kdcs.front()});
  table.row({"principal", cache == nullptr ? "nobody is logged in" : cache->principal().text()});
  if (cache != nullptr) table.row({"ticket", ticket_line(cache->tgt(), context.clock.now())});
  table.print(context.ui);
  context.ui.hint(next_step(*session));
  return done();
}

}  // namespace waybill::tools
