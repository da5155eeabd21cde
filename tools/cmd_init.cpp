#include "ticket/adapters/files.h"
#include "tools/commands.h"
#include "tools/login.h"
#include "tools/progress.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using namespace std::chrono_literals;

constexpr Seconds usual_life = 8h;

struct InitOptions {
  CommandLine::Text principal, keytab, cache, password_file;
  std::optional<Seconds> life, renewable;
  bool from_keytab = false;
  bool renew = false;
  bool verbose = false;

  Login::Wish wish() const { return {life.value_or(usual_life), renewable.value_or(0s)}; }
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, InitOptions& options) {
  CommandLine line("waybill init", "Log in: get a ticket-granting ticket (kinit).");
  line.optional_argument("PRINCIPAL", options.principal,
                         "who; otherwise the current principal, the keytab's, or your user name");
  line.duration("-l,--lifetime", options.life, "how long the ticket is wanted for (8h)");
  line.duration("-r,--renewable", options.renewable, "for how long -R shall be possible");
  line.flag("-k,--use-keytab", options.from_keytab, "with a key instead of a password");
  line.option("-t,--keytab", options.keytab, "KEYTAB", "the keytab; otherwise $WAYBILL_KEYTAB");
  line.option("--password-file", options.password_file, "FILE",
              "a file of mode 0600 whose first line is the password; - is standard input");
  line.flag("-R,--renew", options.renew, "renew the ticket that is there");
  line.flag("-V,--verbose", options.verbose, "say more of what happened");
  add_cache_option(line, options.cache);
  line.example("waybill init carol")
      .example("waybill init -l 1h -r 7d carol")
      .example("waybill init -k -t kdc/operator.keytab operator")
      .example("waybill init -R");
  CHECK_OK(line.parse(context.ui, arguments));
  if (options.keytab) options.from_keytab = true;
  if (options.renew && (options.principal || options.from_keytab || options.password_file)) {
    return wrong_usage("-R renews the current ticket and takes no principal, key or password");
  }
  if (options.from_keytab && options.password_file) {
    return wrong_usage("a keytab or a password, not both");
  }
  return done();
}

Outcome<std::string> keytab_path(const InitOptions& options) {
  if (options.keytab) return *options.keytab;
  if (const char* usual = from_environment("WAYBILL_KEYTAB")) return std::string(usual);
  return wrong_usage("-k wants a keytab: -t KEYTAB");
}

void report(Session& session, const InitOptions& options, const IssuedTicket& tgt) {
  Ui& ui = session.ui();
  const TicketTimes& times = tgt.times;
  const Time now = session.now();
  ui.say(session.cache()->principal().text() + " has a ticket until " +
         print_when(times.run_until, now));
  if (times.renew_until > times.run_until) {
    ui.say("renewable until " + print_when(times.renew_until, now));
  }
  const Seconds granted = times.run_until - times.issued_at;
  if (options.life && granted < *options.life) {
    ui.say("the realm grants at most " + print_duration(granted));
  }
  if (!options.verbose) return;
  ui.say("issued " + print_local(times.issued_at) + " by the KDC's clock");
  ui.say("realm document " + std::to_string(session.client().realm_serial()) + " of " +
         session.realm().text() + ", signed by the root key of the realm file");
  ui.say("kept in " + session.folder().path().string());
}

Outcome<Done> renew(Session& session, const InitOptions& options) {
  TRY(answer, session.call(Operation{"renew", EvidenceRequest{}.encode()}));
  TRY(issued, IssuedTicket::decode(answer.value));
  session.store(std::string(krbtgt_name), std::move(issued));
  report(session, options, *session.cache()->tgt());
  return done();
}

Outcome<Login::Done> with_keytab(Session& session, const InitOptions& options,
                                 std::optional<Principal>& principal) {
  TRY(path, keytab_path(options));
  TRY(keytab, read_keytab(path));
  if (principal && *principal != keytab.principal()) {
    return wrong_usage(path + " holds the key of " + keytab.principal().text());
  }
  if (keytab.principal().realm() != session.realm()) {
    return Stop(Error{Errc::wrong_realm}, "the keytab is of " + keytab.principal().text());
  }
  principal = keytab.principal();
  const Progress progress(session.ui(), "logging in");
  return log_in(session, keytab, options.wish());
}

Outcome<Login::Done> with_password(Session& session, const InitOptions& options,
                                   std::optional<Principal>& principal) {
  if (!principal) {
    TRY(usual, usual_principal(session));
    principal = std::move(usual);
  }
  if (principal->realm() != session.realm()) {
    return Stop(Error{Errc::wrong_realm}, "the realm file is of " + session.realm().text());
  }
  TRY(realm, session.realm_document());
  TRY(password, read_password({options.password_file, "password for " + principal->text(), false}));
  const PrincipalKey key = derive_key(session.ui(), password.expose(), realm, *principal);
  const Progress progress(session.ui(), "logging in");
  return log_in(session, key, *principal, options.wish());
}

}  // namespace

Outcome<Done> init_main(Context& context, const Arguments& arguments) {
  InitOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(session, Session::open(context, options.cache));
  if (options.renew) return renew(*session, options);
  std::optional<Principal> principal;
  if (options.principal) {
    TRY(named, session->principal(*options.principal));
    principal = std::move(named);
  }
  TRY(login, options.from_keytab ? with_keytab(*session, options, principal)
                                 : with_password(*session, options, principal));
  session->begin(*principal, std::move(login));
  report(*session, options, *session->cache()->tgt());
  return done();
}

}  // namespace waybill::tools
