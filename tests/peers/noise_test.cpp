// Noise IK against an independent implementation, live and in both roles: github.com/flynn/noise,
// Debian's golang-github-flynn-noise-dev, in the program that noise/main.go makes of it.

#include "ticket/noise.h"

#include <csignal>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/peers/peer.h"
#include "tests/support/outcome.h"
#include "ticket/wire/hex.h"

namespace waybill::test::noise_test {
namespace {

const std::filesystem::path program = WAYBILL_NOISE_PEER;

boost::test_tools::assertion_result peer_is_built(boost::unit_test::test_unit_id) {
  return std::filesystem::exists(program);
}

std::string word(Bytes bytes) { return bytes.empty() ? "-" : to_hex(bytes); }

using Key = DhKeyPair<struct NoisePurpose>;

/// The peer, one handshake at a time.
class NoisePeer {
 public:
  NoisePeer() : peer_(program) { std::signal(SIGPIPE, SIG_IGN); }

  void be_initiator(const Key& key, const Key& responder, Bytes prologue) {
    BOOST_REQUIRE(ask("initiator " + word(key.secret().expose()) + " " +
                      word(responder.public_key().bytes) + " " + word(prologue)));
  }
  void be_responder(const Key& key, Bytes prologue) {
    BOOST_REQUIRE(ask("responder " + word(key.secret().expose()) + " " + word(prologue)));
  }
  Buffer write(Bytes payload) { return ask("write " + word(payload)).value(); }
  std::optional<Buffer> read(Bytes message) { return ask("read " + word(message)); }
  Buffer initiator() { return ask("peer").value(); }
  Buffer hash() { return ask("hash").value(); }
  Buffer seal(Bytes plaintext) { return ask("seal " + word(plaintext)).value(); }
  std::optional<Buffer> open(Bytes ciphertext) { return ask("open " + word(ciphertext)); }

 private:
  std::optional<Buffer> ask(const std::string& line) {
    const std::string answer = peer_.ask(line);
    if (answer == "refused") return std::nullopt;
    BOOST_REQUIRE(answer.starts_with("ok "));
    return *from_hex(std::string_view(answer).substr(3));
  }

  Peer peer_;
};

// Two transport messages each way, as both ends split their keys.
void check_transport(NoisePeer& peer, noise::CipherState& ours, noise::CipherState& theirs) {
  for (const std::size_t size : {0U, 100U}) {
    const Buffer text(size, 7);
    BOOST_TEST((peer.open(ours.encrypt({}, text)) == text));
    const auto opened = theirs.decrypt({}, peer.seal(text));
    BOOST_REQUIRE(bool(opened));
    BOOST_TEST((*opened == text));
  }
}

const Buffer prologue{0x94, 0xa7, 'w', 'a', 'y', 'b', 'i', 'l', 'l'};
const Buffer other_prologue{0x94, 0xa7, 'w', 'a', 'y', 'b', 'i', 'l', 'm'};

}  // namespace

BOOST_AUTO_TEST_SUITE(an_independent_noise_peer, *boost::unit_test::precondition(peer_is_built))

BOOST_AUTO_TEST_CASE(answers_our_initiator_and_is_answered_by_our_responder) {
  NoisePeer peer;
  for (std::size_t n = 0; n < 50; ++n) {
    const Key alice = Key::random(), kdc = Key::random();
    const Buffer hello(7 * n, 1), answer(11 * n, 2), before(n, 3);

    peer.be_responder(kdc, before);
    noise::Initiator initiator(alice.secret().duplicate(), kdc.public_key().bytes, before);
    BOOST_TEST((peer.read(*initiator.write(hello)) == hello));
    BOOST_TEST(equal(peer.initiator(), alice.public_key().bytes));
    const auto read = initiator.read(peer.write(answer));
    BOOST_REQUIRE(bool(read));
    BOOST_TEST((*read == answer));
    BOOST_TEST(equal(peer.hash(), initiator.state().handshake_hash()));
    auto [from_us, to_us] = initiator.state().split();
    check_transport(peer, from_us, to_us);

    peer.be_initiator(alice, kdc, before);
    noise::Responder responder(kdc.secret().duplicate(), before);
    const auto received = responder.read(peer.write(hello));
    BOOST_REQUIRE(bool(received));
    BOOST_TEST((*received == hello));
    BOOST_TEST((responder.initiator() == alice.public_key().bytes));
    BOOST_TEST((peer.read(*responder.write(answer)) == answer));
    BOOST_TEST(equal(peer.hash(), responder.state().handshake_hash()));
    auto [from_peer, to_peer] = responder.state().split();
    check_transport(peer, to_peer, from_peer);
  }
}

BOOST_AUTO_TEST_CASE(and_we_refuse_each_others_messages_when_a_bit_of_them_changed) {
  NoisePeer peer;
  const Key alice = Key::random(), kdc = Key::random();
  const Buffer payload(20, 1);
  for (std::size_t at = 0; at < 32 + 48 + 16 + payload.size(); ++at) {
    const auto changed = [&](Buffer message) {
      // The top bit of a public key says nothing (RFC 7748, 5), but it is hashed all the same.
      message[at % message.size()] ^= 0x80;
      return message;
    };
    peer.be_responder(kdc, prologue);
    noise::Initiator initiator(alice.secret().duplicate(), kdc.public_key().bytes, prologue);
    const Buffer message1 = *initiator.write(payload);
    BOOST_TEST(!peer.read(changed(message1)).has_value());
    peer.be_responder(kdc, prologue);
    BOOST_REQUIRE(peer.read(message1).has_value());
    BOOST_TEST(outcome(initiator.read(changed(peer.write(payload)))) == Errc::bad_integrity);

    peer.be_initiator(alice, kdc, prologue);
    const Buffer theirs = peer.write(payload);
    noise::Responder deceived(kdc.secret().duplicate(), prologue);
    BOOST_TEST(outcome(deceived.read(changed(theirs))) == Errc::bad_integrity);
    noise::Responder responder(kdc.secret().duplicate(), prologue);
    BOOST_REQUIRE(bool(responder.read(theirs)));
    BOOST_TEST(!peer.read(changed(*responder.write(payload))).has_value());
  }
}

BOOST_AUTO_TEST_CASE(and_we_refuse_each_other_under_another_prologue) {
  NoisePeer peer;
  const Key alice = Key::random(), kdc = Key::random();
  peer.be_responder(kdc, other_prologue);
  noise::Initiator initiator(alice.secret().duplicate(), kdc.public_key().bytes, prologue);
  BOOST_TEST(!peer.read(*initiator.write(prologue)).has_value());

  peer.be_initiator(alice, kdc, other_prologue);
  noise::Responder responder(kdc.secret().duplicate(), prologue);
  BOOST_TEST(outcome(responder.read(peer.write(prologue))) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(and_we_refuse_each_other_with_another_static_key_of_the_responder) {
  NoisePeer peer;
  const Key alice = Key::random(), kdc = Key::random(), impostor = Key::random();
  peer.be_responder(impostor, prologue);
  noise::Initiator initiator(alice.secret().duplicate(), kdc.public_key().bytes, prologue);
  BOOST_TEST(!peer.read(*initiator.write(prologue)).has_value());

  peer.be_initiator(alice, kdc, prologue);
  noise::Responder responder(impostor.secret().duplicate(), prologue);
  BOOST_TEST(outcome(responder.read(peer.write(prologue))) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::noise_test
