#include "tools/login.h"

#include <pwd.h>
#include <unistd.h>

#include "ticket/exchange/keytab.h"
#include "tools/progress.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

Stop refused_login(const Error& error) {
  Stop stop(error);
  if (error.code == Errc::login_failed) {
    stop.hint =
        "for somebody who does not exist the answer is the same; after several failures "
        "even the right password has to wait a while, from where nobody of that name was logged in "
        "before";
  }
  if (error.code == Errc::bad_integrity) {
    stop.hint = "the KDC does not hold the key that the realm document names";
  }
  return stop;
}

}  // namespace

PrincipalKey derive_key(Ui& ui, Bytes password, const RealmDocument& realm,
                        const Principal& principal) {
  const Progress progress(ui, "deriving the key from the password");
  return key_from_password(password, realm.realm_id, principal.text());
}

Outcome<Login::Done> log_in(Session& session, const PrincipalKey& key, const Principal& principal,
                            Login::Wish wish) {
  const auto before = session.folder().load(principal);
  if (before) wish.earlier = before->tgt();
  auto login = session.client().login(key, principal, wish);
  if (!login) return refused_login(login.error());
  return *std::move(login);
}

Outcome<Login::Done> log_in(Session& session, const Keytab& keytab, Login::Wish wish) {
  Result<Login::Done> login = Errc::login_failed;
  for (const Keytab::Entry& entry : keytab.entries()) {
    login = session.client().login(entry.key, keytab.principal(), wish);
    if (login || login.error().code != Errc::login_failed) break;
  }
  if (!login) return refused_login(login.error());
  return *std::move(login);
}

Outcome<PrincipalKey> next_key(const Keytab& keytab, const std::string& path,
                               const Principal& principal, Kvno next) {
  if (keytab.principal() != principal) {
    return wrong_usage(path + " holds the key of " + keytab.principal().text() + ", not of " +
                       principal.text());
  }
  const Kvno newest = keytab.newest().kvno;
  if (newest == next) return keytab.newest().key.duplicate();
  const std::string hint = "`waybill keygen --principal " + principal.name() + " --out " + path +
                           " --add` makes the next one";
  return wrong_usage("the KDC's next version of " + principal.text() + " is " +
                         std::to_string(number(next)) + ", and the newest in " + path + " is " +
                         std::to_string(number(newest)),
                     number(newest) < number(next) ? hint : std::string());
}

void say_keys(Session& session, const Principal& principal, const Fields& answer) {
  session.ui().say("version " + escaped(answer.get("kvno")) + " of " + principal.text() +
                   " is the key from now on");
  const auto until = parse_unix(answer.get("older_until"));
  if (!until) {
    session.ui().say("with any older one nobody logs in any more");
    return;
  }
  session.ui().say("version " + escaped(answer.get("older_kvno")) + " can still log in until " +
                   print_when(*until, session.now()) + ", or until --retire-old");
}

Outcome<Principal> usual_principal(const Session& session) {
  if (session.cache() != nullptr) return session.cache()->principal();
  const passwd* user = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): one thread
  if (user == nullptr) return wrong_usage("name a principal");
  return session.principal(user->pw_name);
}

}  // namespace waybill::tools
