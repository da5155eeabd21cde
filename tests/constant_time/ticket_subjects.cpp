#include "tests/constant_time/hidden.h"
#include "tests/constant_time/subjects.h"
#include "tests/support/test_realm.h"
#include "ticket/exchange/audience.h"
#include "ticket/records.h"

namespace waybill::test {
namespace {

void secrets_are_compared() {
  const auto secret = Secret<32>::random();
  const auto same = secret.duplicate();
  auto other_end = secret.duplicate();
  other_end.writable()[31] ^= 1;
  auto other_start = secret.duplicate();
  other_start.writable()[0] ^= 1;
  const Secret<32>* const all_of_them[] = {&secret, &same, &other_end, &other_start};
  for (const auto* one : all_of_them) hide(one->expose());
  require(secret == same, "the same secret");
  require(!(secret == other_end), "another end");
  require(!(secret == other_start), "another start");
}

void a_seal_is_opened() {
  const auto key = CallKey::random();
  hide(key.secret().expose());
  const Bytes ad = bytes_of("bound"), message = bytes_of("what is sealed");
  const Buffer sealed = seal(key, ad, message);
  require(is_hidden(sealed), "a seal depends on its key");
  show(sealed);
  const auto opened = open(key, ad, sealed);
  require(opened && equal(*opened, message), "the right key");
  require_refused(open(key, ad, damaged(sealed, 0)), Errc::bad_integrity, "nonce");
  require_refused(open(key, ad, damaged(sealed, 24)), Errc::bad_integrity, "commitment");
  require_refused(open(key, ad, damaged(sealed, 55)), Errc::bad_integrity, "its end");
  require_refused(open(key, ad, damaged(sealed, 56)), Errc::bad_integrity, "cipher text");
  require_refused(open(key, ad, damaged(sealed, sealed.size() - 1)), Errc::bad_integrity, "tag");
}

void a_tgt_is_opened() {
  TestRealm realm;
  Pieces right = realm.pieces(realm.tgt_body("carol"));
  const auto wire = realm.seal(right);
  Pieces wrong = realm.pieces(realm.tgt_body("carol"));
  wrong.body.session.back() ^= 1;
  const auto mismatched = realm.seal(wrong);
  for (const Pieces* pieces : {&right, &wrong})
    hide_in_plaintexts(pieces->session.secret().expose());
  hide(realm.tgt_key.secret().expose());

  const auto opened = SealedTicket::parse(wire)->open(realm.tgt_key);
  require(opened && is_hidden(opened->session().secret().expose()), "its session key");
  require(opened->session() == right.session, "of the KDC's making");
  require_refused(SealedTicket::parse(mismatched)->open(realm.tgt_key), Errc::session_mismatch,
                  "another session key");
}

void a_service_ticket_is_accepted() {
  TestRealm realm;
  Pieces pieces =
      realm.pieces(realm.workflow_body("carol", "queue-alice", work_of("invoice-report", "input")));
  realm.prove({&pieces, 1}, noon);
  const auto wire = realm.seal(pieces);
  hide_in_plaintexts(pieces.session.secret().expose());
  const Keytab keytab = realm.keytab("queue-alice");
  hide(keytab.newest().key.secret().expose());

  Audience audience(keytab, realm.document);
  for (int times = 0; times < 2; ++times) {  // the second time it is remembered
    const auto accepted = audience.accept(wire, noon);
    require(accepted && is_hidden(accepted->session().secret().expose()), "its session key");
  }
  require_refused(audience.accept(damaged(wire, wire.size() - 1), noon), Errc::bad_integrity,
                  "tag");
}

void a_record_is_checked() {
  auto master = MasterKey::random();
  hide(master.secret().expose());
  const RecordGuard guard(std::move(master));
  const Bytes key = bytes_of("carol"), value = bytes_of("a record");
  const Buffer stored = guard.protect("principals", key, value);
  require(is_hidden(stored), "a MAC depends on its key");
  show(stored);
  const auto checked = guard.check("principals", key, stored);
  require(checked && equal(*checked, value), "the record");
  require_refused(guard.check("principals", key, damaged(stored, 0)), Errc::bad_integrity, "value");
  require_refused(guard.check("principals", key, damaged(stored, stored.size() - 1)),
                  Errc::bad_integrity, "MAC");
}

void a_stored_secret_is_unwrapped() {
  auto master = MasterKey::random();
  hide(master.secret().expose());
  const RecordGuard guard(std::move(master));
  const auto secret = Secret<32>::random();
  hide_in_plaintexts(secret.expose());
  hide(secret.expose());
  const Buffer wrapped = guard.wrap("epoch", secret.expose());
  show(wrapped);
  const auto unwrapped = guard.unwrap("epoch", wrapped);
  require(unwrapped && is_hidden(*unwrapped), "the secret");
  require(same_secret(*unwrapped, secret.expose()), "the same one");
  require_refused(guard.unwrap("other", wrapped), Errc::bad_integrity, "another name");
}

void a_signature_is_made() {
  const auto seed = Secret<32>::random();
  hide(seed.expose());
  const auto key = KdcSigningKey::from_seed(seed);
  const auto signature = sign(key, bytes_of("a statement"));
  require(is_hidden(signature), "a signature depends on its key");
  show(signature);
  const auto verifier = key.public_key();
  show(verifier.bytes);
  require(verify(verifier, bytes_of("a statement"), signature), "the signature");
}

constexpr Subject all_ticket_subjects[] = {
    {"secrets_are_compared", "same_secret", secrets_are_compared},
    {"a_seal_is_opened", "waybill::detail::open", a_seal_is_opened},
    {"a_tgt_is_opened", "waybill::SealedTicket::read_plaintext", a_tgt_is_opened},
    {"a_service_ticket_is_accepted", "waybill::SealedTicket::read_plaintext",
     a_service_ticket_is_accepted},
    {"a_record_is_checked", "waybill::RecordGuard::check", a_record_is_checked},
    {"a_stored_secret_is_unwrapped", "waybill::detail::open", a_stored_secret_is_unwrapped},
    {"a_signature_is_made", "", a_signature_is_made},
};

}  // namespace

std::span<const Subject> ticket_subjects() { return all_ticket_subjects; }

}  // namespace waybill::test
