#include "ticket/adapters/files.h"
#include "ticket/exchange/keytab.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "tools/admin.h"
#include "tools/commands.h"
#include "tools/login.h"
#include "tools/session.h"

namespace waybill::tools {
namespace {

struct KeygenOptions {
  std::string principal, out;
  CommandLine::Text keytab, password_file;
  bool password = false;
  bool add = false;
  bool drop_old = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, KeygenOptions& options) {
  CommandLine line("waybill keygen",
                   "Make the key of a service or a queue, in a keytab of mode 0600 (ktutil);\n"
                   "or print the public half of a user's.");
  line.required("--principal", options.principal, "NAME", "whose key");
  line.option("--out", options.keytab, "KEYTAB", "the file; an existing one is never overwritten");
  line.flag("--add", options.add, "put a further version into the keytab that is there");
  line.flag("--drop-old", options.drop_old,
            "with --add: although tickets may live that the oldest version opens");
  line.flag("--password", options.password,
            "no keytab: ask for a user's password, and print the public half of its key");
  line.option("--password-file", options.password_file, "FILE",
              "the same, from a file of mode 0600; - is standard input");
  line.note(
      "The secret half stays in the file. The public half, which is printed, is what\n"
      "`waybill admin principal add` and `waybill admin queue add` send to the KDC.\n\n"
      "A keytab keeps two versions, and a worker opens the tickets of both. To change a key "
      "without\n"
      "a gap: --add; restart who uses the keytab; then tell the KDC, which seals to the new\n"
      "version from then on, with `waybill passwd -t KEYTAB`, or as a queue's owner or an "
      "operator\n"
      "with `waybill admin queue rekey` (or `principal rekey`).\n\n"
      "The public half of a user's key is for `waybill admin principal import`. Whoever has it can "
      "try\n"
      "passwords against it, slowly: it is for an operator, and for nobody else.");
  line.example("waybill keygen --principal queue-alice --out alice.keytab")
      .example("waybill keygen --principal queue-alice --out alice.keytab --add")
      .example("waybill keygen --principal carol --password");
  CHECK_OK(line.parse(context.ui, arguments));
  const bool by_password = options.password || options.password_file;
  if (by_password == options.keytab.has_value()) {
    return wrong_usage("say --out KEYTAB, or --password for a user");
  }
  if (by_password && options.add) return wrong_usage("--add goes with --out");
  if (options.drop_old && !options.add) return wrong_usage("--drop-old goes with --add");
  options.out = options.keytab.value_or("");
  return done();
}

// A ticket that was sealed before the newest version was told may live that long after.
Outcome<Done> check_room(const KeygenOptions& options, const Keytab& keytab, Time now) {
  if (keytab.entries().size() < 2 || options.drop_old) return done();
  const Time safe = keytab.newest().created + limits::max_ticket_life;
  if (now >= safe) return done();
  const std::string oldest = std::to_string(number(keytab.entries().back().kvno));
  return wrong_usage(options.out + " has two versions, and tickets sealed to version " + oldest +
                         " may live until " + print_when(safe, now),
                     "`waybill tickets --queue` shows which do; --drop-old gives the version up");
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

Outcome<Keytab> with_next_version(const KeygenOptions& options, const Principal& principal,
                                  Time now) {
  TRY(keytab, read_keytab(options.out));
  if (keytab.principal() != principal) {
    return Stop(Exit::local, options.out + " holds the key of " + keytab.principal().text());
  }
  CHECK_OK(check_room(options, keytab, now));
  const auto next = static_cast<std::uint32_t>(number(keytab.newest().kvno) + 1);
  keytab.add({Kvno{next}, now, PrincipalKey::random()});
  return keytab;
}

// Its salt has the realm's id, which the KDC's realm document says.
Outcome<Done> print_users_key(Context& context, const KeygenOptions& options) {
  TRY(session, Session::open(context, std::nullopt));
  TRY(principal, local_principal(*session, options.principal));
  TRY(realm, session->realm_document());
  TRY(password, read_password({options.password_file, "password for " + principal.text(), true}));
  const PrincipalKey key = derive_key(context.ui, password.expose(), realm, principal);
  context.ui.print(to_hex(key.public_key().bytes));
  return done();
}

}  // namespace

Outcome<Done> keygen_main(Context& context, const Arguments& arguments) {
  KeygenOptions options;
  CHECK_OK(read_options(context, arguments, options));
  if (!options.keytab) return print_users_key(context, options);
  TRY(principal, principal_of(options.principal));
  const Time now = context.clock.now();
  if (options.add) {
    TRY(keytab, with_next_version(options, principal, now));
    write_file_atomic(options.out, keytab.encode(), 0600);
    context.ui.print(to_hex(keytab.newest().key.public_key().bytes));
    context.ui.say(options.out + " now holds version " +
                   std::to_string(number(keytab.newest().kvno)) + " of " + principal.text());
    context.ui.hint("restart who uses it; then `waybill passwd -t " + options.out +
                    "` tells the KDC");
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
