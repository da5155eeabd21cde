#include <algorithm>

#include <nlohmann/json.hpp>

#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "tools/cache_folder.h"
#include "tools/commands.h"
#include "tools/table.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

struct ListOptions {
  CommandLine::Text cache;
  bool silent = false;
  bool all = false;
  bool as_json = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, ListOptions& options) {
  CommandLine line("waybill list", "Show the tickets that you hold (klist).");
  add_cache_option(line, options.cache);
  line.flag("-s,--silent", options.silent, "print nothing; the exit status says (0 valid, 4 not)");
  line.flag("-A,--all", options.all, "of all principals, not only the current one");
  line.flag("--json", options.as_json, "as JSON");
  line.example("waybill list")
      .example("waybill list -A")
      .example("waybill list -s || waybill init");
  return line.parse(context.ui, arguments);
}

bool is_valid(const CredentialCache& cache, Time now) {
  return cache.tgt() != nullptr && now < cache.tgt()->times.run_until;
}

// What its evidence says it is called; a TGT has none.
std::string id_of(const IssuedTicket& ticket) {
  const auto evidence = Evidence::decode(ticket.evidence);
  return evidence ? to_hex(evidence->body.id) : "";
}

json to_json(const CredentialCache& cache, bool is_current, Time now) {
  json tickets = json::array();
  for (const auto& [audience, issued] : cache.credentials()) {
    json ticket{{"audience", audience},
                {"issued_at", print_rfc3339(issued.times.issued_at)},
                {"start_by", print_rfc3339(issued.times.start_by)},
                {"run_until", print_rfc3339(issued.times.run_until)},
                {"renew_until", print_rfc3339(issued.times.renew_until)},
                {"valid", now < issued.times.run_until}};
    if (const std::string id = id_of(issued); !id.empty()) ticket["id"] = id;
    tickets.push_back(std::move(ticket));
  }
  return {{"principal", cache.principal().text()},
          {"current", is_current},
          {"valid", is_valid(cache, now)},
          {"tickets", std::move(tickets)}};
}

void print_cache(Ui& ui, const CredentialCache& cache, bool is_current, Time now) {
  ui.print(ui.strong(cache.principal().text()) + (is_current ? "  (current)" : ""));
  Table table({"  TICKET FOR", "ISSUED", "ENDS", "RENEWABLE UNTIL"});
  for (const auto& [audience, issued] : cache.credentials()) {
    const TicketTimes& times = issued.times;
    table.row({"  " + audience, print_local(times.issued_at), print_when(times.run_until, now),
               times.renew_until > times.run_until ? print_local(times.renew_until) : "-"});
  }
  table.print(ui);
}

}  // namespace

Outcome<Done> list_main(Context& context, const Arguments& arguments) {
  ListOptions options;
  CHECK_OK(read_options(context, arguments, options));
  const CacheFolder folder = CacheFolder::chosen(options.cache);
  const auto current = folder.current();
  const Time now = context.clock.now();
  const bool valid = current && is_valid(*current, now);
  if (options.silent) return valid ? done() : Stop(Exit::no_credentials, "");

  std::vector<CredentialCache> caches;
  if (options.all) caches = folder.all();
  if (!options.all && current) caches.push_back(*folder.load(current->principal()));
  json out = json::array();
  for (const CredentialCache& cache : caches) {
    const bool is_current = current && current->principal() == cache.principal();
    if (options.as_json) {
      out.push_back(to_json(cache, is_current, now));
    } else {
      print_cache(context.ui, cache, is_current, now);
    }
  }
  if (options.as_json) context.ui.print_json(options.all || out.empty() ? out : out.front());
  if (caches.empty()) {
    return Stop(Exit::no_credentials, "there are no tickets in " + folder.path().string(),
                "run `waybill init`");
  }
  if (!valid && !options.all) context.ui.hint("the ticket is over; run `waybill init`");
  return done();
}

}  // namespace waybill::tools
