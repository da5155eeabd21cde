// Logins: both clients at one KDC in process, whose answers are right, broken inside, or changed on
// the way; and the bytes of Noise.

#include <boost/test/unit_test.hpp>

#include "tests/crosscheck/second/login.h"
#include "tests/crosscheck/tree.h"
#include "tests/crosscheck/verdict.h"
#include "tests/support/mutator.h"
#include "tests/support/test_realm.h"

namespace waybill::test::random_login_test {
namespace {

std::uint64_t seconds(Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

Bytes bytes_in(const Secret<32>& secret) { return secret.expose(); }

/// One login on the wire: what the KDC's answer does to a client.
struct Exchange {
  Buffer payload;               ///< of message 2
  std::size_t tampered = 0;     ///< a byte of message 2 to change, counted from 1
  std::optional<Buffer> reply;  ///< instead of a message 2
};

class Kdc {
 public:
  explicit Kdc(TestRealm& realm) : realm_(realm) {}

  /// Reads a request, which must be right, and answers it.
  Buffer answer(Bytes request, const LoginRequest& wanted, const Exchange& exchange) {
    if (exchange.reply) return *exchange.reply;
    const auto envelope = LoginEnvelope::decode(request);
    BOOST_REQUIRE(bool(envelope));
    noise::Responder responder(realm_.epoch.secret().duplicate(),
                               login_prologue(envelope->realm, envelope->epoch),
                               Secret<32>::copy(realm_.fresh<32>()));
    const auto payload = responder.read(envelope->message);
    BOOST_REQUIRE(bool(payload));
    BOOST_TEST((*payload == wanted.encode()));
    BOOST_TEST((responder.initiator() == realm_.key("carol").public_key().bytes));
    Buffer out = *responder.write(exchange.payload);
    if (exchange.tampered > 0) out[(exchange.tampered - 1) % out.size()] ^= 0x10;
    return out;
  }

 private:
  TestRealm& realm_;
};

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

// A number that is not known yet is a refusal all the same, without its number.
Verdict known(Verdict verdict) {
  if (verdict.code != 0) {
    verdict.code = static_cast<unsigned>(errc_from(verdict.code).value_or(Errc::policy_denied));
  }
  return verdict;
}

Buffer public_copy(const SecretBuffer& secret) { return {secret.begin(), secret.end()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(both_implementations_agree, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(on_logins) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  Kdc kdc(realm);
  TreeMutator random(91);
  const Principal carol = realm.principal("carol");
  const second::RealmDocument document = second::RealmDocument::read(
      realm.signed_document(), "DEMO.TEST", realm.root.public_key().bytes);
  static constexpr Time times[] = {noon, noon, noon, noon + 120s, noon - 121s};
  const LoginRequest wish{carol, 8h, 24h, noon};
  Comparison all("login");
  for (std::size_t n = 0; n < 2'000; ++n) {
    LoginReply reply{std::nullopt, random.any(times), realm.fresh<16>(),
                     realm.tgt(realm.tgt_body("carol"))};
    if (random.one_in(6)) reply = {Errc::login_failed, noon, realm.fresh<16>(), std::nullopt};
    Exchange exchange{public_copy(reply.encode()), 0, {}};
    if (random.one_in(2)) exchange.payload = random.mutate(exchange.payload);
    if (random.one_in(8)) exchange.tampered = 1 + random.below(200);
    if (random.one_in(30)) exchange.reply = Buffer(random.below(100), 9);
    if (random.one_in(60)) exchange.payload = Buffer(random.one_in(2) ? 5000 : 70'000, 9);

    auto first = Login::start(realm.key("carol"), carol, realm.document, {8h, 24h}, noon);
    BOOST_REQUIRE(bool(first));
    const Buffer to_first = kdc.answer(first->request(), wish, exchange);
    second::Login second(bytes_in(realm.key("carol").secret()), document,
                         {carol.text(), 8 * 3600, 24 * 3600, seconds(noon)}, realm.fresh<32>());
    const Buffer to_second = kdc.answer(second.request(), wish, exchange);
    all.add(exchange.payload,
            by_first(first->finish(to_first, noon),
                     [](const Login::Done& read) {
                       return text_of(read.tgt) + to_hex(read.kdc) +
                              std::to_string(seconds(read.kdc_time));
                     }),
            known(by_second([&] {
              const auto read = second.finish(to_second, seconds(noon));
              return text_of(read.tgt) + to_hex(read.kdc) + std::to_string(read.kdc_time);
            })));
  }
  all.reached({Errc::login_failed, Errc::clock_skew, Errc::bad_integrity, Errc::malformed,
               Errc::not_canonical, Errc::limit_exceeded},
              300);
}

BOOST_AUTO_TEST_CASE(on_which_epoch_a_login_uses) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  TreeMutator random(92);
  Comparison all("epoch");
  for (std::size_t n = 0; n < 300; ++n) {
    realm.document.epochs.clear();
    for (const std::uint32_t id : {3U, 1U, 2U}) {
      const Time from = noon + Seconds(random.below(5)) - 2s;
      realm.document.epochs.push_back(
          {KeyId{id}, realm.epoch.public_key(), from, from + Seconds(random.below(4))});
    }
    const auto document = second::RealmDocument::read(realm.signed_document(), "DEMO.TEST",
                                                      realm.root.public_key().bytes);
    const auto first =
        Login::start(realm.key("carol"), realm.principal("carol"), realm.document, {8h, 24h}, noon);
    const auto epoch_in = [](Bytes request) {
      const auto envelope = LoginEnvelope::decode(request);
      return envelope ? std::to_string(number(envelope->epoch)) : "none";
    };
    all.add(
        {}, by_first(first, [&](const Login& login) { return epoch_in(login.request()); }),
        by_second([&] {
          return epoch_in(second::Login(bytes_in(realm.key("carol").secret()), document,
                                        {"carol@DEMO.TEST", 1, 1, seconds(noon)}, realm.fresh<32>())
                              .request());
        }));
  }
  all.reached({Errc::unknown_epoch}, 100);
}

BOOST_AUTO_TEST_CASE(on_noise_messages_byte_by_byte) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  TreeMutator random(93);
  Mutator bytes(94);
  Comparison all("message 2");
  for (std::size_t n = 0; n < 1'000; ++n) {
    const auto identity = realm.fresh<32>(), mine = realm.fresh<32>(), theirs = realm.fresh<32>();
    const EpochKey epoch(Secret<32>::copy(realm.fresh<32>()));
    const Buffer prologue(random.below(80), 3), hello(random.below(300), 4),
        answer(random.below(300), 5);
    noise::Initiator first(Secret<32>::copy(identity), epoch.public_key().bytes, prologue,
                           Secret<32>::copy(mine));
    second::Initiator second(identity, epoch.public_key().bytes, prologue, mine);
    const Buffer message1 = *first.write(hello);
    BOOST_TEST((message1 == second.write(hello)));
    noise::Responder responder(epoch.secret().duplicate(), prologue, Secret<32>::copy(theirs));
    BOOST_TEST((*responder.read(message1) == hello));
    Buffer message2 = *responder.write(answer);
    if (random.one_in(2)) message2 = bytes.mutate({&message2, 1});
    if (random.one_in(10))
      std::fill_n(message2.begin(), std::min<std::size_t>(32, message2.size()), std::uint8_t{0});
    all.add(message2,
            by_first(first.read(message2), [](const Buffer& read) { return to_hex(read); }),
            by_second([&] { return to_hex(second.read(message2)); }));
  }
  all.reached({Errc::bad_integrity}, 300);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::random_login_test
