#include "ticket/adapters/files.h"
#include "ticket/exchange/keytab.h"
#include "tools/admin.h"
#include "tools/commands.h"
#include "tools/login.h"

namespace waybill::tools {
namespace {

using namespace std::chrono_literals;

constexpr Login::Wish for_one_call{5min, 0s};  // the KDC wants a login this recent
constexpr Login::Wish usual{8h, 0s};

struct PasswdOptions {
  CommandLine::Text principal, old_file, new_file, keytab, cache;
  bool retire_old = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, PasswdOptions& options) {
  CommandLine line("waybill passwd", "Change your password, or the key of a service or a queue.");
  line.optional_argument("PRINCIPAL", options.principal,
                         "whose; otherwise the current principal's");
  line.option("--password-file", options.old_file, "FILE",
              "the present password; - is standard input");
  line.option("--new-password-file", options.new_file, "FILE",
              "the new one; both files of mode 0600");
  line.option("-t,--keytab", options.keytab, "KEYTAB",
              "tell the KDC of the newest key in it, made by `waybill keygen --add`");
  line.flag("--retire-old", options.retire_old,
            "with -t: the key before ends at once, with all that was got with it");
  add_cache_option(line, options.cache);
  line.note(
      "Without files both are asked for on the terminal, or read from standard input, a line "
      "each.\n"
      "A login with the present password or key comes first. Tickets got before end with it.");
  line.example("waybill passwd")
      .example("waybill passwd --password-file old.pw --new-password-file new.pw carol")
      .example(
          "waybill keygen --principal queue-alice --out alice.keytab --add && "
          "waybill passwd -t alice.keytab");
  CHECK_OK(line.parse(context.ui, arguments));
  if (options.keytab && (options.old_file || options.new_file)) {
    return wrong_usage("a keytab or passwords, not both");
  }
  if (options.retire_old && !options.keytab) return wrong_usage("a password has none to retire");
  return done();
}

Outcome<Fields> call(Session& session, Login::Done& login, const std::string& operation,
                     const Fields& arguments) {
  TRY(answers, session.client().call({login.tgt, login.kdc}, {{operation, arguments.encode()}}));
  const Answer& answer = answers.front();
  if (answer.refusal) return Stop(Error{*answer.refusal}, answer.detail);
  TRY(fields, Fields::decode(answer.value));
  return fields;
}

// A user does not know how many passwords there were before; the KDC says.
Outcome<Kvno> next_version(Session& session, Login::Done& login) {
  TRY(self, call(session, login, "self", {}));
  return tools::next_version(self);
}

Outcome<Fields> register_key(Session& session, Login::Done& login, const PrincipalKey& key,
                             const KeyClaim& claim, bool retire_old) {
  TRY(realm, session.realm_document());
  TRY(fields, key_fields(realm, key, claim, session.now()));
  if (retire_old) fields.add("retire_old", "yes");
  return call(session, login, "passwd", fields);
}

Outcome<Done> change_keytab(Session& session, const std::string& path, bool retire_old) {
  TRY(keytab, read_keytab(path));
  const Principal& principal = keytab.principal();
  if (keytab.entries().size() < 2) {
    return wrong_usage(path + " has one key, which the KDC knows or does not",
                       "`waybill keygen --principal " + principal.name() + " --out " + path +
                           " --add` makes the next one");
  }
  // The KDC has not heard of the newest yet.
  TRY(login, log_in(session, keytab.entries().back().key, principal, for_one_call));
  TRY(next, next_version(session, login));
  TRY(key, next_key(keytab, path, principal, next));
  TRY(answer, register_key(session, login, key, {principal, next}, retire_old));
  say_keys(session, principal, answer);
  return done();
}

Outcome<Done> change_password(Session& session, const PasswdOptions& options) {
  TRY(principal,
      options.principal ? session.principal(*options.principal) : usual_principal(session));
  TRY(realm, session.realm_document());
  const std::string who = "password for " + principal.text();
  TRY(old_password, read_password({options.old_file, "present " + who, false}));
  const PrincipalKey old_key = derive_key(session.ui(), old_password.expose(), realm, principal);
  TRY(login, log_in(session, old_key, principal, for_one_call));
  TRY(new_password, read_password({options.new_file, who, true}));
  const PrincipalKey new_key = derive_key(session.ui(), new_password.expose(), realm, principal);
  if (new_key.public_key() == old_key.public_key()) {
    return wrong_usage("the new password is the present one");
  }
  TRY(next, next_version(session, login));
  CHECK_OK(register_key(session, login, new_key, {principal, next}, false));
  session.ui().say("the password of " + principal.text() + " was changed");
  if (session.cache() == nullptr || session.cache()->principal() != principal) return done();
  TRY(again, log_in(session, new_key, principal, usual));
  session.begin(principal, std::move(again));
  return done();
}

}  // namespace

Outcome<Done> passwd_main(Context& context, const Arguments& arguments) {
  PasswdOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  if (options.keytab) return change_keytab(*session, *options.keytab, options.retire_old);
  return change_password(*session, options);
}

}  // namespace waybill::tools
