#include "tools/admin.h"

#include <nlohmann/json.hpp>

#include "tools/login.h"
#include "tools/rows.h"
#include "tools/text.h"

namespace waybill::tools {

Outcome<Done> each_row(Session& session, const std::string& operation, const Fields& arguments,
                       const std::function<bool(Fields row)>& visit) {
  std::string after(arguments.get("after"));
  for (;;) {
    Fields asked;
    for (const auto& [name, value] : arguments.entries()) {
      if (name != "after") asked.add(name, value);
    }
    if (!after.empty()) asked.add("after", after);
    TRY(answer, session.call(Operation{operation, asked.encode()}));
    TRY(page, Page::decode(answer.value));
    for (Fields& row : page.rows) {
      if (!visit(std::move(row))) return done();
    }
    if (page.next.empty() || page.next == after) return done();
    after = page.next;
  }
}

Outcome<Done> admin_list(Context& context, const Arguments& arguments, const std::string& command,
                         const std::string& operation, std::vector<std::string> columns) {
  CommandLine::Text cache;
  bool as_json = false;
  CommandLine line(command, "Show them all.");
  line.flag("--json", as_json, "as JSON");
  add_cache_option(line, cache);
  line.example(command).example(command + " --json");
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(rows, session->list(operation, {}));
  if (as_json) {
    context.ui.print_json(to_json(rows));
  } else {
    print_rows(context.ui, rows, context.clock.now(), std::move(columns));
  }
  return done();
}

Outcome<Done> admin_show(Context& context, const Arguments& arguments, const std::string& command,
                         const std::string& operation) {
  std::string name;
  CommandLine::Text cache;
  bool as_json = false;
  CommandLine line(command, "Show one.");
  line.argument("NAME", name, "which");
  line.flag("--json", as_json, "as JSON");
  add_cache_option(line, cache);
  line.example(command + " queue-alice");
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(principal, local_principal(*session, name));
  TRY(row, session->call(operation, Fields{{"name", principal.name()}}));
  if (as_json) {
    context.ui.print_json(to_json(row));
  } else {
    print_record(context.ui, row, context.clock.now());
  }
  return done();
}

Outcome<Done> admin_do(Context& context, const Arguments& arguments, const std::string& subject,
                       const std::string& verb, const std::string& effect) {
  const std::string command = "waybill admin " + subject + " " + verb;
  std::string name;
  CommandLine::Text cache;
  CommandLine line(command, effect);
  line.argument("NAME", name, "which");
  add_cache_option(line, cache);
  line.example(command + (subject == "queue" ? " queue-alice" : " carol"));
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(principal, local_principal(*session, name));
  CHECK_OK(session->call("admin." + subject + "." + verb, Fields{{"name", principal.name()}}));
  context.ui.say(verb + "d " + principal.text());
  return done();
}

Outcome<Done> admin_remove(Context& context, const Arguments& arguments, const std::string& subject,
                           const std::string& note) {
  const std::string command = "waybill admin " + subject + " remove";
  std::string name;
  CommandLine::Text cache;
  CommandLine line(command, "Take it out of the realm, and revoke its tickets. Not taken back.");
  line.argument("NAME", name, "which");
  add_cache_option(line, cache);
  line.note(note);
  line.example(command + (subject == "queue" ? " queue-alice" : " carol"));
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(principal, local_principal(*session, name));
  TRY(answer, session->call("admin." + subject + ".remove", Fields{{"name", principal.name()}}));
  const std::string grants = escaped(answer.get("grants"));
  context.ui.say("removed " + principal.text() +
                 (grants.empty() ? "" : ", and with it the grants " + grants));
  return done();
}

Outcome<PrincipalKey> first_key(const Keytab& keytab, const Principal& principal) {
  if (keytab.principal() != principal) {
    return wrong_usage("the keytab holds the key of " + keytab.principal().text() + ", not of " +
                       principal.text());
  }
  for (const Keytab::Entry& entry : keytab.entries()) {
    if (entry.kvno == Kvno{1}) return entry.key.duplicate();
  }
  return wrong_usage("the keytab holds later versions than the first",
                     "a new principal starts with version 1; `waybill keygen` makes one");
}

Outcome<Kvno> next_version(const Fields& row) {
  const auto kvno = parse_number(row.get("kvno"));
  if (!kvno || *kvno >= UINT32_MAX) return Error{Errc::malformed, "kvno"};
  return Kvno{static_cast<std::uint32_t>(*kvno + 1)};
}

Outcome<Done> rekey(Session& session, const std::string& operation, const Rekey& wanted) {
  Fields fields{{"name", wanted.principal.name()}};
  if (wanted.key) {
    TRY(realm, session.realm_document());
    TRY(claim, key_fields(realm, *wanted.key, {wanted.principal, wanted.next}, session.now()));
    for (const auto& [name, value] : claim.entries()) fields.add(name, value);
  }
  if (wanted.retire_old) fields.add("retire_old", "yes");
  auto answer = session.call(operation, fields);
  if (!answer) {
    Stop stop = answer.error();
    if (stop.sentence.find("retire_old") != std::string::npos) stop.hint = "--retire-old says so";
    return stop;
  }
  say_keys(session, wanted.principal, *answer);
  return done();
}

Outcome<Principal> local_principal(const Session& session, const std::string& text) {
  TRY(principal, session.principal(text));
  if (principal.realm() != session.realm()) {
    return wrong_usage(principal.text() + " is of another realm than " + session.realm().text());
  }
  return principal;
}

}  // namespace waybill::tools
