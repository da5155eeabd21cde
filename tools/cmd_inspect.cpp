#include <nlohmann/json.hpp>

#include "ticket/adapters/files.h"
#include "ticket/wire/limits.h"
#include "tools/cache_folder.h"
#include "tools/commands.h"
#include "tools/files_in.h"
#include "tools/session.h"
#include "tools/table.h"
#include "tools/ticket_view.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

struct InspectOptions {
  CommandLine::Text file, keytab, cache;
  bool as_json = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, InspectOptions& options) {
  CommandLine line("waybill inspect",
                   "Decode a ticket: its envelope always, its claims with a key.");
  line.optional_argument(
      "FILE", options.file,
      "a ticket, presentation or evidence: bytes, base64, hex or an\n"
      "Authorization line; - is standard input; without it, what the cache holds");
  line.option("-t,--keytab", options.keytab, "KEYTAB", "the audience's key, to see the claims");
  line.flag("--json", options.as_json, "as JSON");
  add_cache_option(line, options.cache);
  line.note("Nothing is verified here and no server is asked; `waybill verify` does the first.");
  line.example("waybill inspect")
      .example("waybill inspect -t alice.keytab job.ticket")
      .example("waybill authorize --path /v1/info | waybill inspect -");
  return line.parse(context.ui, arguments);
}

// The claims, from whoever can tell: the evidence itself, the keytab, or our own cache, which got
// the evidence with the ticket.
Outcome<std::optional<Body>> claims_of(const FoundTicket& found, const InspectOptions& options) {
  if (found.claims) return found.claims;
  if (options.keytab) {
    TRY(keytab, read_keytab(*options.keytab));
    TRY(opened, open_with(keytab, found.ticket));
    return std::optional(opened.body());
  }
  for (const CredentialCache& cache : CacheFolder::chosen(options.cache).all()) {
    for (const auto& [audience, issued] : cache.credentials()) {
      if (issued.ticket != found.ticket) continue;
      if (const auto evidence = Evidence::decode(issued.evidence)) {
        return std::optional(evidence->body);
      }
    }
  }
  return std::optional<Body>{};
}

json to_json(const FoundTicket& found, const std::optional<Body>& claims) {
  json out{{"form", found.form},
           {"envelope", header_to_json(found.header)},
           {"bytes", found.ticket.size()},
           {"verified", false}};
  if (found.presentation) out["presentation"] = presentation_to_json(*found.presentation);
  if (claims) out["claims"] = claims_to_json(*claims);
  return out;
}

void print(Context& context, const FoundTicket& found, const std::optional<Body>& claims) {
  Ui& ui = context.ui;
  const Time now = context.clock.now();
  const auto section = [&](const std::string& title, const auto& fill) {
    ui.print(ui.strong(title));
    Table table;
    fill(table);
    table.print(ui);
  };
  section("envelope (" + found.form + ")", [&](Table& t) { add_header(t, found.header); });
  if (found.presentation) {
    section("presentation", [&](Table& t) { add_presentation(t, *found.presentation, now); });
  }
  if (claims) section("claims (not verified)", [&](Table& t) { add_claims(t, *claims, now); });
  if (!claims && found.header.kind == Kind::service) {
    ui.hint("the claims are sealed to " + found.header.audience + "; -t KEYTAB opens them");
  }
  if (!claims && found.header.kind == Kind::tgt) {
    ui.hint("the claims are sealed to the KDC; nobody else can open them");
  }
}

// Every ticket of the current principal.
Outcome<Done> inspect_cache(Context& context, const InspectOptions& options) {
  const auto cache = CacheFolder::chosen(options.cache).current();
  if (!cache || cache->credentials().empty()) {
    return Stop(Exit::no_credentials, "there are no tickets to inspect", "run `waybill init`");
  }
  json all = json::array();
  for (const auto& [audience, issued] : cache->credentials()) {
    TRY(found, find_ticket(issued.ticket));
    TRY(claims, claims_of(found, options));
    if (options.as_json) {
      all.push_back(to_json(found, claims));
    } else {
      print(context, found, claims);
    }
  }
  if (options.as_json) context.ui.print_json(all);
  return done();
}

}  // namespace

Outcome<Done> inspect_main(Context& context, const Arguments& arguments) {
  InspectOptions options;
  CHECK_OK(read_options(context, arguments, options));
  if (!options.file) return inspect_cache(context, options);
  TRY(file, read_file_or_input(*options.file, 2 * limits::max_message));
  if (Keytab::decode(file)) return wrong_usage(*options.file + " is a keytab; it goes after -t");
  TRY(found, find_ticket(file));
  TRY(claims, claims_of(found, options));
  if (options.as_json) {
    context.ui.print_json(to_json(found, claims));
  } else {
    print(context, found, claims);
  }
  return done();
}

}  // namespace waybill::tools
