#include "tools/admin.h"
#include "tools/commands.h"
#include "tools/login.h"
#include "tools/rows.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

struct PrincipalOptions {
  std::string name;
  CommandLine::Text password_file, keytab, cache;
  std::vector<std::string> roles;
  bool service = false;
  bool with_queues = false;
  bool retire_old = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments,
                           PrincipalOptions& options) {
  CommandLine line("waybill admin principal add", "Register a user or a service.");
  line.argument("NAME", options.name, "as carol or trigger/orders");
  line.option("--password-file", options.password_file, "FILE",
              "a user's first password, in a file of mode 0600; - is standard input");
  line.flag("--service", options.service, "a service instead of a user");
  line.option("--keytab", options.keytab, "KEYTAB",
              "its key; the public half and the proof of possession are sent");
  line.list("--role", options.roles, "ROLE", "a role, repeatable; operator may do all of admin");
  line.flag("--with-queues", options.with_queues,
            "hand it the queues that wait for an owner of this name");
  add_cache_option(line, options.cache);
  line.note(
      "A queue may be added for an owner who does not exist yet. Whoever adds that owner later "
      "says\n"
      "--with-queues, so that nobody gets a queue by taking a name.");
  line.example("waybill admin principal add carol --password-file carol.pw")
      .example("waybill admin principal add trigger/orders --service --keytab trigger.keytab")
      .example("waybill admin principal add alice --role operator --with-queues");
  CHECK_OK(line.parse(context.ui, arguments));
  if (options.service && !options.keytab) return wrong_usage("a service wants --keytab KEYTAB");
  if (options.keytab && options.password_file) {
    return wrong_usage("a keytab or a password, not both");
  }
  return done();
}

Outcome<PrincipalKey> key_of(Session& session, const PrincipalOptions& options,
                             const Principal& principal, const RealmDocument& realm) {
  if (options.keytab) {
    TRY(keytab, read_keytab(*options.keytab));
    return first_key(keytab, principal);
  }
  TRY(password, read_password({options.password_file, "password for " + principal.text(), true}));
  return derive_key(session.ui(), password.expose(), realm, principal);
}

Outcome<Done> add(Context& context, const Arguments& arguments) {
  PrincipalOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  TRY(principal, local_principal(*session, options.name));
  CHECK_OK(session->tgt());
  TRY(realm, session->realm_document());
  TRY(key, key_of(*session, options, principal, realm));
  TRY(claim, key_fields(realm, key, {principal, Kvno{1}}, session->now()));
  Fields fields{{"name", principal.name()}, {"kind", options.service ? "service" : "user"}};
  for (const auto& [name, value] : claim.entries()) fields.add(name, value);
  for (const std::string& role : options.roles) fields.add("role", role);
  if (options.with_queues) fields.add("with_queues", "yes");
  if (auto added = session->call("admin.principal.add", fields); !added) {
    Stop stop = added.error();
    const bool queues_wait = stop.sentence.find("with_queues") != std::string::npos;
    if (queues_wait) stop.hint = "if this is the owner that was meant, add --with-queues";
    return stop;
  }
  context.ui.say("added the " + std::string(options.service ? "service " : "user ") +
                 principal.text());
  return done();
}

Outcome<Done> read_options_of_rekey(Context& context, const Arguments& arguments,
                                    PrincipalOptions& options) {
  CommandLine line("waybill admin principal rekey",
                   "Give somebody a new password, or a service its next key.");
  line.argument("NAME", options.name, "who");
  line.option("--password-file", options.password_file, "FILE",
              "a user's new password, in a file of mode 0600; - is standard input");
  line.option("--keytab", options.keytab, "KEYTAB",
              "with the next version, made by `waybill keygen --add`; the public half and the\n"
              "proof of possession are sent");
  line.flag("--retire-old", options.retire_old, "end the key before it at once");
  add_cache_option(line, options.cache);
  line.note(
      "A user's old password ends at once, and what was got with it. A service can still log in "
      "with\n"
      "the key before until it is retired, at the latest after the longest renewal (7 days). For\n"
      "one's own key there is `waybill passwd`.");
  line.example("waybill admin principal rekey carol --password-file carol.pw")
      .example("waybill admin principal rekey trigger/orders --keytab trigger.keytab")
      .example("waybill admin principal rekey trigger/orders --retire-old");
  CHECK_OK(line.parse(context.ui, arguments));
  if (options.keytab && options.password_file) {
    return wrong_usage("a keytab or a password, not both");
  }
  return done();
}

Outcome<PrincipalKey> new_key(Session& session, const PrincipalOptions& options,
                              const Principal& principal, const Fields& row, Kvno next) {
  if (options.keytab) {
    TRY(keytab, read_keytab(*options.keytab));
    return next_key(keytab, *options.keytab, principal, next);
  }
  if (row.get("kind") != "user") return wrong_usage("a service wants --keytab KEYTAB");
  TRY(realm, session.realm_document());
  return key_of(session, options, principal, realm);
}

Outcome<Done> rekey_one(Context& context, const Arguments& arguments) {
  PrincipalOptions options;
  CHECK_OK(read_options_of_rekey(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  TRY(principal, local_principal(*session, options.name));
  TRY(row, session->call("admin.principal.show", Fields{{"name", principal.name()}}));
  TRY(next, next_version(row));
  Rekey wanted{principal, next, std::nullopt, options.retire_old};
  if (options.keytab || options.password_file || !options.retire_old) {
    TRY(key, new_key(*session, options, principal, row, next));
    wanted.key = std::move(key);
  }
  return rekey(*session, "admin.principal.rekey", wanted);
}

Outcome<Done> change(Context& context, const Arguments& arguments) {
  std::string name;
  std::vector<std::string> set, add, remove;
  CommandLine::Text cache;
  bool none = false;
  CommandLine line("waybill admin principal change", "Give and take roles.");
  line.argument("NAME", name, "whose");
  line.list("--role", set, "ROLE[,ROLE...]", "these and no others");
  line.list("--add-role", add, "ROLE[,ROLE...]", "these too");
  line.list("--remove-role", remove, "ROLE[,ROLE...]", "not these");
  line.flag("--no-roles", none, "none at all");
  add_cache_option(line, cache);
  line.note(
      "It holds for what is asked from now on, by whoever is logged in too. Tickets of work that a "
      "role\n"
      "allowed stay valid until they are renewed; `waybill revoke --subject` ends those.");
  line.example("waybill admin principal change carol --add-role clerk")
      .example("waybill admin principal change carol --role clerk,auditor");
  CHECK_OK(line.parse(context.ui, arguments));
  const int wishes = int(!set.empty()) + int(!add.empty()) + int(!remove.empty()) + int(none);
  if (wishes != 1) {
    return wrong_usage("say one of --role, --add-role, --remove-role and --no-roles");
  }
  TRY(session, Session::open(context, cache));
  TRY(principal, local_principal(*session, name));
  const char* const how = !add.empty() ? "add" : !remove.empty() ? "remove" : "set";
  Fields fields{{"name", principal.name()}, {"roles", how}};
  for (const auto* roles : {&set, &add, &remove}) {
    for (const std::string& role : *roles) fields.add("role", role);
  }
  TRY(answer, session->call("admin.principal.change", fields));
  const std::string roles = print_field(answer, "role", session->now());
  context.ui.say(principal.text() + (roles.empty() ? " has no roles" : " has " + escaped(roles)));
  return done();
}

Outcome<Done> show(Context& context, const Arguments& arguments) {
  return admin_show(context, arguments, "waybill admin principal show", "admin.principal.show");
}

Outcome<Done> list(Context& context, const Arguments& arguments) {
  const ListCommand all{
      .command = "waybill admin principal list",
      .operation = "admin.principal.list",
      .key = "name",
      .filters = {{"--kind", "KIND", "kind", nullptr, "user, service or queue"},
                  {"--role", "ROLE", "role", nullptr, "who has this role"},
                  {"--disabled", nullptr, "disabled", "yes", "who is disabled"},
                  {"--enabled", nullptr, "disabled", "no", "who is not"},
                  {"--locked", nullptr, "locked", "yes", "who is locked out at this moment"},
                  {"--prefix", "TEXT", "prefix", nullptr, "whose name begins so"}},
      .columns = {"name", "kind", "role", "disabled", "kvno", "created"},
      .examples = {"waybill admin principal list --kind service --prefix trigger/",
                   "waybill admin principal list --role clerk --json"}};
  return admin_list(context, arguments, all);
}

Outcome<Done> disable(Context& context, const Arguments& arguments) {
  return admin_do(context, arguments, "principal", "disable",
                  "Refuse its logins, and revoke all that it asked for until now.");
}

Outcome<Done> enable(Context& context, const Arguments& arguments) {
  return admin_do(context, arguments, "principal", "enable",
                  "Let it log in again; what was revoked stays so.");
}

Outcome<Done> unlock(Context& context, const Arguments& arguments) {
  std::string name;
  CommandLine::Text cache;
  CommandLine line("waybill admin principal unlock",
                   "Let a user log in who is locked out by wrong passwords.");
  line.argument("NAME", name, "who");
  add_cache_option(line, cache);
  line.note(
      "After five wrong passwords a lock stands for a second, after each further one twice as "
      "long,\n"
      "up to a minute; it ends by itself. `waybill admin principal show` says how many there were "
      "and\n"
      "until when: known_failures are those of somebody who was logged in before, from where he "
      "was,\n"
      "failures those of everybody else. Both begin anew. Somebody may be guessing: look first "
      "with\n"
      "`waybill audit search --principal NAME --event login`.");
  line.example("waybill admin principal unlock carol");
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(principal, local_principal(*session, name));
  TRY(answer, session->call("admin.principal.unlock", Fields{{"name", principal.name()}}));
  const bool lifted = answer.get("lifted") == "yes";
  context.ui.say(lifted ? "unlocked " + principal.text()
                        : principal.text() + " was not locked; its count begins anew");
  return done();
}

Outcome<Done> remove(Context& context, const Arguments& arguments) {
  return admin_remove(
      context, arguments, "principal",
      "Its grants and ceilings go with it. Who owns a queue is not removed: `waybill admin queue\n"
      "change` gives that to somebody else first. To lock somebody out for a while, `disable`.");
}

constexpr Subcommand subcommands[] = {
    {"add", add, "register a user or a service"},
    {"show", show, "show one"},
    {"list", list, "show all"},
    {"change", change, "give and take roles"},
    {"disable", disable, "refuse its logins, and revoke its tickets"},
    {"enable", enable, "let it log in again"},
    {"unlock", unlock, "let it log in after too many wrong passwords"},
    {"rekey", rekey_one, "give it a new password or its next key"},
    {"remove", remove, "take it out of the realm, with its grants and tickets"},
    {"import", admin_principal_import, "register and change many, from a file, or none"},
    {"export", admin_principal_export, "print them all, as `import` reads them"},
};

}  // namespace

Outcome<Done> admin_principal_main(Context& context, const Arguments& arguments) {
  return dispatch(context, subcommands, "waybill admin principal", arguments);
}

}  // namespace waybill::tools
