#include "tools/login.h"

#include <pwd.h>
#include <unistd.h>

#include "ticket/keytab.h"
#include "tools/progress.h"

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

Outcome<Principal> usual_principal(const Session& session) {
  if (session.cache() != nullptr) return session.cache()->principal();
  const passwd* user = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): one thread
  if (user == nullptr) return wrong_usage("name a principal");
  return session.principal(user->pw_name);
}

}  // namespace waybill::tools
