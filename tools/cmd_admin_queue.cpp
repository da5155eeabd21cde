#include "tools/admin.h"
#include "tools/commands.h"
#include "tools/login.h"

namespace waybill::tools {
namespace {

struct QueueOptions {
  std::string name, owner, keytab;
  CommandLine::Text cache;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, QueueOptions& options) {
  CommandLine line("waybill admin queue add", "Register a queue, with its owner and its key.");
  line.argument("NAME", options.name, "as queue-alice");
  line.required("--owner", options.owner, "PRINCIPAL",
                "who may revoke at it; may be somebody who is added later");
  line.required("--keytab", options.keytab, "KEYTAB",
                "its key; the public half and the proof of possession are sent, nothing else");
  add_cache_option(line, options.cache);
  line.note(
      "For an owner who does not exist yet the queue waits, and nobody has an owner's rights, "
      "until\n"
      "`waybill admin principal add OWNER --with-queues` says so.");
  line.example("waybill admin queue add queue-alice --owner alice --keytab alice.keytab");
  return line.parse(context.ui, arguments);
}

Outcome<Done> add(Context& context, const Arguments& arguments) {
  QueueOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  TRY(queue, local_principal(*session, options.name));
  TRY(owner, local_principal(*session, options.owner));
  CHECK_OK(session->tgt());
  TRY(keytab, read_keytab(options.keytab));
  TRY(key, first_key(keytab, queue));
  TRY(realm, session->realm_document());
  TRY(claim, key_fields(realm, key, {queue, Kvno{1}}, session->now()));
  Fields fields{{"name", queue.name()}, {"owner", owner.name()}};
  for (const auto& [name, value] : claim.entries()) fields.add(name, value);
  TRY(answer, session->call("admin.queue.add", fields));
  context.ui.say("added the queue " + queue.text() + ", owned by " + owner.text());
  if (answer.get("owner_pending") == "yes") {
    context.ui.say("there is no " + owner.text() +
                   " yet, so nobody has an owner's rights until "
                   "`waybill admin principal add " +
                   owner.name() + " --with-queues`");
  }
  return done();
}

Outcome<Done> rekey(Context& context, const Arguments& arguments) {
  std::string name;
  CommandLine::Text path, cache;
  bool retire_old = false;
  CommandLine line("waybill admin queue rekey",
                   "Give a queue its next key, or retire the one before. For its owner too.");
  line.argument("NAME", name, "as queue-alice");
  line.option("--keytab", path, "KEYTAB",
              "with the next version, made by `waybill keygen --add`; its public half and the\n"
              "proof of possession are sent, nothing else");
  line.flag("--retire-old", retire_old, "end the key before it at once");
  add_cache_option(line, cache);
  line.note(
      "Restart the queue's workers with the new keytab first: from this command on the KDC seals "
      "to\n"
      "the new key, and a worker opens what was sealed to the old one for as long as the keytab "
      "has\n"
      "both. With the old key nobody logs in when it is retired, at the latest after the longest\n"
      "renewal (7 days). An owner needs a login of the last five minutes.");
  line.example("waybill keygen --principal queue-alice --out alice.keytab --add")
      .example("waybill admin queue rekey queue-alice --keytab alice.keytab")
      .example("waybill admin queue rekey queue-alice --retire-old");
  CHECK_OK(line.parse(context.ui, arguments));
  if (!path && !retire_old) return wrong_usage("say --keytab KEYTAB, or --retire-old, or both");
  TRY(session, Session::open(context, cache));
  TRY(queue, local_principal(*session, name));
  TRY(row, session->call("admin.queue.show", Fields{{"name", queue.name()}}));
  TRY(next, next_version(row));
  Rekey wanted{queue, next, std::nullopt, retire_old};
  if (path) {
    TRY(keytab, read_keytab(*path));
    TRY(key, next_key(keytab, *path, queue, next));
    wanted.key = std::move(key);
  }
  return rekey(*session, "admin.queue.rekey", wanted);
}

Outcome<Done> show(Context& context, const Arguments& arguments) {
  return admin_show(context, arguments, "waybill admin queue show", "admin.queue.show");
}

Outcome<Done> list(Context& context, const Arguments& arguments) {
  const ListCommand all{
      .command = "waybill admin queue list",
      .operation = "admin.queue.list",
      .key = "name",
      .filters = {{"--owner", "PRINCIPAL", "owner", nullptr, "whose they are, or are to be"},
                  {"--disabled", nullptr, "disabled", "yes", "those that are disabled"},
                  {"--enabled", nullptr, "disabled", "no", "those that are not"},
                  {"--prefix", "TEXT", "prefix", nullptr, "whose name begins so"}},
      .columns = {"name", "owner", "owner_pending", "disabled", "kvno", "created"},
      .examples = {"waybill admin queue list --owner alice"}};
  return admin_list(context, arguments, all);
}

Outcome<Done> change(Context& context, const Arguments& arguments) {
  std::string name, new_owner;
  CommandLine::Text cache;
  CommandLine line("waybill admin queue change", "Give a queue to another owner.");
  line.argument("NAME", name, "as queue-alice");
  line.required("--owner", new_owner, "PRINCIPAL", "who is registered, and owns it from now on");
  add_cache_option(line, cache);
  line.note(
      "The one before loses an owner's rights at once, and keeps what he has of the queue's key:\n"
      "`waybill admin queue rekey` ends that.");
  line.example("waybill admin queue change queue-alice --owner bob");
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(queue, local_principal(*session, name));
  TRY(owner, local_principal(*session, new_owner));
  CHECK_OK(
      session->call("admin.queue.change", Fields{{"name", queue.name()}, {"owner", owner.name()}}));
  context.ui.say("the queue " + queue.text() + " is owned by " + owner.text());
  return done();
}

Outcome<Done> disable(Context& context, const Arguments& arguments) {
  return admin_do(context, arguments, "queue", "disable",
                  "Send it no work, refuse its logins, and revoke all that was issued to it.");
}

Outcome<Done> enable(Context& context, const Arguments& arguments) {
  return admin_do(context, arguments, "queue", "enable",
                  "Let it have work again; what was revoked stays so.");
}

Outcome<Done> remove(Context& context, const Arguments& arguments) {
  return admin_remove(context, arguments, "queue",
                      "Grants and ceilings that name this queue go with it; those for a prefix of "
                      "queues stay.\nWork that waits for it is refused.");
}

constexpr Subcommand subcommands[] = {
    {"add", add, "register a queue, with its owner and its key"},
    {"show", show, "show one"},
    {"list", list, "show all"},
    {"change", change, "give it to another owner"},
    {"disable", disable, "send it no work, and revoke its tickets"},
    {"enable", enable, "let it have work again"},
    {"rekey", rekey, "give it its next key, or retire the one before"},
    {"remove", remove, "take it out of the realm, with its grants and tickets"},
};

}  // namespace

Outcome<Done> admin_queue_main(Context& context, const Arguments& arguments) {
  return dispatch(context, subcommands, "waybill admin queue", arguments);
}

}  // namespace waybill::tools
