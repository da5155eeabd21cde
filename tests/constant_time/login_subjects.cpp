#include "kdc/as_exchange.h"
#include "tests/constant_time/hidden.h"
#include "tests/constant_time/subjects.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test {
namespace {

// What the KDC answers whoever shows this key under this name.
Outcome login(WholeKdc& kdc, const PrincipalKey& key, std::string_view name) {
  auto login = Login::start(key, kdc.principal(name), kdc.epochs.document(), WholeKdc::usual, noon);
  require(login && is_hidden(login->request()), "message 1 depends on the user's key");
  show(login->request());
  auto reply = kdc::as_exchange(kdc.parts, login->request());
  require(bool(reply), "an answer");
  return outcome(login->finish(*reply, noon));
}

// The key that is stored is what a guesser wants to come closer to, one byte at a time. It is
// hidden where it lies in the store; the guess is known to who makes it.
void a_login_is_judged() {
  WholeKdc kdc;
  const PrincipalKey& carols = kdc.keytab("carol").newest().key;
  const auto guess = PrincipalKey::random();
  require(hide_in_mapping("data.mdb", carols.public_key().bytes) > 0, "a stored key");
  for (const PrincipalKey* key : {&carols, &guess}) hide(key->secret().expose());
  require(login(kdc, guess, "carol") == Errc::login_failed, "another key");
  require(login(kdc, guess, "nobody") == Errc::login_failed, "another name");
  require(login(kdc, carols, "carol") == accepted, "her key");
}

constexpr Subject all_login_subjects[] = {
    {"a_login_is_judged", "is_key_of", a_login_is_judged},
};

}  // namespace

std::span<const Subject> login_subjects() { return all_login_subjects; }

}  // namespace waybill::test
