#include "tools/commands.h"
#include "tools/session.h"
#include "tools/table.h"
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

struct Reached {
  bool well;
  std::string line;
};

Reached reach(const RealmFile& realm, const Clock& clock) {
  KdcClient client(realm, clock);
  try {
    if (const auto document = client.fetch_realm(); !document) {
      return {false, std::string(describe(document.error().code).sentence)};
    }
    if (realm.kdcs.size() == 1) return {true, escaped(realm.kdcs.front()) + " answers"};
    return {true, "one of " + std::to_string(realm.kdcs.size()) + " answers"};
  } catch (const HttpError& error) {
    return {false, escaped(error.what())};
  }
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
  table.row({"realm", session->realm().text()});
  const Reached kdc = reach(session->client().realm_file(), context.clock);
  table.row({"KDC", kdc.line});
  table.row({"principal", cache == nullptr ? "nobody is logged in" : cache->principal().text()});
  if (cache != nullptr) table.row({"ticket", ticket_line(cache->tgt(), context.clock.now())});
  table.print(context.ui);
  context.ui.hint(kdc.well ? next_step(*session) : "`waybill doctor` looks for what is wrong");
  return done();
}

}  // namespace waybill::tools
