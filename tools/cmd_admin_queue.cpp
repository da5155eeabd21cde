#include "tools/admin.h"
#include "tools/commands.h"

namespace waybill::tools {
namespace {

struct Options {
  std::string name, owner, keytab;
  CommandLine::Text cache;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, Options& options) {
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
  Options options;
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

Outcome<Done> show(Context& context, const Arguments& arguments) {
  return admin_show(context, arguments, "waybill admin queue show", "admin.queue.show");
}

Outcome<Done> list(Context& context, const Arguments& arguments) {
  return admin_list(context, arguments, "waybill admin queue list", "admin.queue.list");
}

constexpr Subcommand subcommands[] = {
    {"add", add, "register a queue, with its owner and its key"},
    {"show", show, "show one"},
    {"list", list, "show all"},
};

}  // namespace

Outcome<Done> admin_queue_main(Context& context, const Arguments& arguments) {
  return dispatch(context, subcommands, "waybill admin queue", arguments);
}

}  // namespace waybill::tools
