#include "ticket/adapters/files.h"
#include "ticket/hex.h"
#include "ticket/keytab.h"
#include "tools/commands.h"
#include "tools/session.h"

namespace waybill::tools {
namespace {

struct Options {
  std::string principal, out;
  bool add = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, Options& options) {
  CommandLine line("waybill keygen",
                   "Make the key of a service or a queue, in a keytab of mode 0600 (ktutil).");
  line.required("--principal", options.principal, "NAME", "whose key");
  line.required("--out", options.out, "KEYTAB", "the file; an existing one is never overwritten");
  line.flag("--add", options.add, "put a further version into the keytab that is there");
  line.note(
      "The secret half stays in the file. The public half, which is printed, is what\n"
      "`waybill admin principal add` and `waybill admin queue add` send to the KDC. A keytab "
      "keeps\n"
      "two versions; `waybill passwd -t KEYTAB` tells the KDC of the one that --add made.");
  line.example("waybill keygen --principal queue-alice --out alice.keytab")
      .example("waybill keygen --principal queue-alice --out alice.keytab --add");
  return line.parse(context.ui, arguments);
}

Outcome<Principal> principal_of(const std::string& text) {
  if (text.find('@') == text.npos) {
    TRY(realm, open_realm_file());
    TRY(principal, Principal::parse(text, realm.realm));
    return principal;
  }
  TRY(principal, Principal::parse(text));
  return principal;
}

Outcome<Keytab> with_next_version(const Options& options, const Principal& principal, Time now) {
  TRY(keytab, read_keytab(options.out));
  if (keytab.principal() != principal) {
    return Stop(Exit::local, options.out + " holds the key of " + keytab.principal().text());
  }
  const auto next = static_cast<std::uint32_t>(number(keytab.newest().kvno) + 1);
  keytab.add({Kvno{next}, now, PrincipalKey::random()});
  return keytab;
}

}  // namespace

Outcome<Done> keygen_main(Context& context, const Arguments& arguments) {
  Options options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(principal, principal_of(options.principal));
  const Time now = context.clock.now();
  if (options.add) {
    TRY(keytab, with_next_version(options, principal, now));
    write_file_atomic(options.out, keytab.encode(), 0600);
    context.ui.print(to_hex(keytab.newest().key.public_key().bytes));
    context.ui.say(options.out + " now holds version " +
                   std::to_string(number(keytab.newest().kvno)) + " of " + principal.text());
    context.ui.hint("`waybill passwd -t " + options.out + "` tells the KDC");
    return done();
  }
  const Keytab keytab(principal, {Kvno{1}, now, PrincipalKey::random()});
  create_file(options.out, keytab.encode(), 0600);
  context.ui.print(to_hex(keytab.newest().key.public_key().bytes));
  context.ui.say(options.out + " holds the key of " + principal.text() +
                 "; above is its public half");
  return done();
}

}  // namespace waybill::tools
