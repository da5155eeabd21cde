// What a client keeps and sends: issued tickets, files, seals, payloads, proofs of possession. Made
// by either implementation, broken, and judged by both.

#include <boost/test/unit_test.hpp>

#include "tests/crosscheck/second/files.h"
#include "tests/crosscheck/second/login.h"
#include "tests/crosscheck/second/primitives.h"
#include "tests/crosscheck/tree.h"
#include "tests/crosscheck/verdict.h"
#include "tests/support/mutator.h"
#include "tests/support/test_realm.h"
#include "ticket/exchange/ccache.h"
#include "ticket/payload.h"
#include "ticket/possession.h"

namespace waybill::test::random_client_test {
namespace {

std::uint64_t seconds(Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

Bytes bytes_in(const Secret<32>& secret) { return secret.expose(); }

std::string text_of_issued(Bytes ticket, Bytes session, Bytes evidence,
                           std::initializer_list<std::uint64_t> times) {
  std::string out = to_hex(ticket) + " " + to_hex(session) + " " + to_hex(evidence);
  for (const std::uint64_t time : times) out += " " + std::to_string(time);
  return out;
}

std::string text_of(const IssuedTicket& read) {
  return text_of_issued(read.ticket, bytes_in(read.session.secret()), read.evidence,
                        {seconds(read.times.issued_at), seconds(read.times.start_by),
                         seconds(read.times.run_until), seconds(read.times.renew_until)});
}

std::string text_of(const second::Issued& read) {
  return text_of_issued(read.ticket, read.session, read.evidence,
                        {read.issued_at, read.start_by, read.run_until, read.renew_until});
}

Buffer public_copy(const SecretBuffer& secret) { return {secret.begin(), secret.end()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(both_implementations_agree, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(on_issued_tickets) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  TreeMutator random(95);
  Comparison all("issued ticket");
  const Buffer seeds[] = {public_copy(realm.tgt(realm.tgt_body("carol")).encode()),
                          public_copy(realm.issue(realm.service_body("carol", "mail")).encode())};
  for (std::size_t n = 0; n < 3'000; ++n) {
    const Buffer wire = random.mutate(random.any(seeds));
    all.add(wire,
            by_first(IssuedTicket::decode(wire),
                     [](const IssuedTicket& read) { return text_of(read); }),
            by_second([&] { return text_of(second::Issued::read(wire)); }));
  }
  all.reached({Errc::malformed, Errc::not_canonical}, 300);
}

BOOST_AUTO_TEST_CASE(on_files) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  TreeMutator random(96);
  Mutator bytes(97);
  Keytab keytab = realm.keytab("queue-alice");
  const Buffer one = public_copy(keytab.encode());
  keytab.add({Kvno{2}, noon, realm.key("queue-bob").duplicate()});
  const Buffer keytabs[] = {one, public_copy(keytab.encode())};
  Comparison of_keytabs("keytab");
  for (std::size_t n = 0; n < 3'000; ++n) {
    const Buffer seed = random.any(keytabs);
    const Buffer file = random.one_in(4) ? bytes.mutate({&seed, 1}) : random.mutate(seed);
    of_keytabs.add(file,
                   by_first(Keytab::decode(file),
                            [](const Keytab& read) { return to_hex(public_copy(read.encode())); }),
                   by_second([&] { return to_hex(second::Keytab::read(file).encode()); }));
  }
  of_keytabs.reached({Errc::malformed, Errc::not_canonical, Errc::limit_exceeded, Errc::bad_name,
                      Errc::bad_version},
                     300);

  CredentialCache cache(realm.principal("carol"), realm.fresh<16>(), 7);
  cache.store("krbtgt", realm.tgt(realm.tgt_body("carol")));
  cache.store("mail", realm.issue(realm.service_body("carol", "mail")));
  const Buffer whole = public_copy(cache.encode());
  Comparison of_caches("credential cache");
  for (std::size_t n = 0; n < 3'000; ++n) {
    const Buffer file = random.one_in(4) ? bytes.mutate({&whole, 1}) : random.mutate(whole);
    of_caches.add(
        file,
        by_first(CredentialCache::decode(file),
                 [](const CredentialCache& read) { return to_hex(public_copy(read.encode())); }),
        by_second([&] { return to_hex(second::CredentialCache::read(file).encode()); }));
  }
  for (const std::size_t count : {255U, 256U, 257U}) {
    Writer out;
    out.array(6).str("waybill-ccache").uint(1).str("carol@DEMO.TEST").bin(realm.fresh<16>());
    out.uint(7).array(count);
    for (std::size_t n = 0; n < count; ++n) {
      out.array(2).str("service-" + std::to_string(n)).bin(cache.tgt()->encode());
    }
    const Buffer file = out.take();
    of_caches.add(
        file,
        by_first(CredentialCache::decode(file),
                 [](const CredentialCache& read) { return to_hex(public_copy(read.encode())); }),
        by_second([&] { return to_hex(second::CredentialCache::read(file).encode()); }));
  }
  of_caches.reached({Errc::limit_exceeded, Errc::malformed, Errc::not_canonical, Errc::bad_name,
                     Errc::bad_version},
                    300);
}

BOOST_AUTO_TEST_CASE(on_seals_and_payloads) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  TreeMutator random(98);
  Mutator bytes(99);
  Comparison of_inputs("input"), of_results("result"), of_seals("seal");
  const auto read = [](const Buffer& payload) { return to_hex(payload); };
  for (std::size_t n = 0; n < 1'500; ++n) {
    const SessionKey session = realm.fresh_session();
    const Bytes key = bytes_in(session.secret());
    const Buffer payload(random.below(200), 6), ad(random.below(40), 7);
    const auto nonce = realm.fresh<24>();
    const auto broken = [&](Buffer sealed) {
      return random.one_in(2) ? sealed : bytes.mutate({&sealed, 1});
    };
    const auto bound = [&](const char* usual) { return random.one_in(16) ? "other" : usual; };

    const InputBinding made_for{"default", "queue-alice", "report", "report-1"};
    const InputBinding asked{bound("default"), bound("queue-alice"), bound("report"),
                             bound("report-1")};
    const auto binding = [](const InputBinding& b) {
      return second::input_binding(b.space, b.queue, b.workflow_type, b.workflow_id);
    };
    const Buffer input =
        broken(random.one_in(2) ? seal_input(session, made_for, payload)
                                : second::seal_input(key, binding(made_for), payload, nonce));
    of_inputs.add(input, by_first(open_input(session, asked, input), read), by_second([&] {
                    return to_hex(second::open_input(key, binding(asked), input));
                  }));

    const ResultBinding of_run{realm.fresh<16>(), "report-1", "run-1"};
    ResultBinding wanted = of_run;
    if (random.one_in(12)) wanted.ticket[0] ^= 1;
    wanted.run_chain = bound("run-1");
    const auto run = [](const ResultBinding& b) {
      return second::result_binding(b.ticket, b.workflow_id, b.run_chain);
    };
    const Buffer result =
        broken(random.one_in(2) ? seal_result(session, of_run, payload)
                                : second::seal_result(key, run(of_run), payload, nonce));
    of_results.add(result, by_first(open_result(session, wanted, result), read), by_second([&] {
                     return to_hex(second::open_result(key, run(wanted), result));
                   }));

    const Buffer plain = detail::seal(session.secret(), ad, payload, nonce);
    BOOST_TEST((plain == second::seal(key, ad, payload, nonce)));
    const Buffer sealed = broken(plain);
    of_seals.add(sealed, by_first(open(session, ad, sealed), read),
                 by_second([&] { return to_hex(second::open(key, ad, sealed)); }));
  }
  of_inputs.reached({Errc::bad_integrity}, 300);
  of_results.reached({Errc::bad_result}, 300);
  of_seals.reached({Errc::bad_integrity}, 300);
}

BOOST_AUTO_TEST_CASE(on_proofs_of_possession) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  TreeMutator random(90);
  Comparison all("possession");
  for (std::uint32_t n = 0; n < 500; ++n) {
    const EpochKey epoch(Secret<32>::copy(realm.fresh<32>()));
    const PrincipalKey key(Secret<32>::copy(realm.fresh<32>()));
    const Principal who = realm.principal("queue-" + std::to_string(n));
    const KeyClaim claim{who, Kvno{n * n * n}};
    const second::Claim same{who.text(), number(claim.kvno), key.public_key().bytes,
                             epoch.public_key().bytes};
    const auto text = [](const std::optional<Digest>& proof) {
      return proof ? Verdict{0, to_hex(*proof)} : Verdict{31};
    };
    EpochPublic other = epoch.public_key();
    if (random.one_in(10)) {  // small orders
      other.bytes = {};
      other.bytes[0] = static_cast<std::uint8_t>(random.below(2));
    }
    second::Claim at_client = same;
    at_client.epoch = other.bytes;
    all.add({}, text(prove_possession(key, other, claim)), by_second([&] {
              return to_hex(second::possession(bytes_in(key.secret()), other.bytes, at_client));
            }));
    all.add({}, text(expected_possession(epoch, key.public_key(), claim)), by_second([&] {
              return to_hex(second::possession(bytes_in(epoch.secret()), same.key, same));
            }));
  }
  all.reached({Errc::bad_integrity}, 900);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::random_client_test
