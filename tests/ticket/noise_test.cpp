#include "ticket/noise.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/vectors.h"
#include "ticket/crypto.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::noise_test {
namespace {

const Buffer prologue = copy_of(bytes_of("a prologue"));
const Buffer hello = copy_of(bytes_of("hello"));

/// Both sides of one exchange that has not begun.
struct Sides {
  PrincipalKey user = PrincipalKey::random();
  EpochKey kdc = EpochKey::random();
  noise::Initiator initiator{user.secret().duplicate(), kdc.public_key().bytes, prologue};
  noise::Responder responder{kdc.secret().duplicate(), prologue};
};

Buffer flipped(Bytes bytes, std::size_t bit) {
  Buffer out = copy_of(bytes);
  out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] ^ (1U << (bit % 8)));
  return out;
}

std::vector<VectorCase> small_order_points() {
  auto all = load_vectors("primitives.txt");
  std::erase_if(all, [](const VectorCase& v) {
    return v.text("kind") != "x25519" || v.expect() == accepted;
  });
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_noise_exchange)

BOOST_DATA_TEST_CASE(gives_the_published_bytes, bdata::make(load_vectors("noise.txt")), sample) {
  const VectorCase& row = sample;
  const auto payloads = row.all_hex("payload"), messages = row.all_hex("message");
  BOOST_REQUIRE(payloads.size() == messages.size());
  BOOST_REQUIRE(payloads.size() > 4U);
  noise::Initiator initiator(row.secret("init_static"), row.bytes<32>("init_remote_static"),
                             row.hex("init_prologue"), row.secret("init_ephemeral"));
  noise::Responder responder(row.secret("resp_static"), row.hex("resp_prologue"),
                             row.secret("resp_ephemeral"));

  BOOST_TEST((*initiator.write(payloads[0]) == messages[0]));
  BOOST_TEST((*responder.read(messages[0]) == payloads[0]));
  BOOST_TEST((responder.initiator() == PrincipalKey(row.secret("init_static")).public_key().bytes));
  BOOST_TEST((*responder.write(payloads[1]) == messages[1]));
  BOOST_TEST((*initiator.read(messages[1]) == payloads[1]));
  BOOST_TEST(equal(initiator.state().handshake_hash(), row.hex("handshake_hash")));
  BOOST_TEST(equal(responder.state().handshake_hash(), row.hex("handshake_hash")));

  auto [there, back] = initiator.state().split();
  auto [here, away] = responder.state().split();
  for (std::size_t i = 2; i < messages.size(); ++i) {
    const bool from_initiator = i % 2 == 0;
    auto& sender = from_initiator ? there : away;
    auto& receiver = from_initiator ? here : back;
    BOOST_TEST((sender.encrypt({}, payloads[i]) == messages[i]), i);
    BOOST_TEST((*receiver.decrypt({}, messages[i]) == payloads[i]), i);
  }
}

BOOST_AUTO_TEST_CASE(carries_a_payload_each_way_and_proves_the_initiators_key) {
  Sides sides;
  const Buffer first = *sides.initiator.write(hello);
  BOOST_TEST(first.size() == hello.size() + noise::message1_overhead);
  BOOST_TEST((*sides.responder.read(first) == hello));
  BOOST_TEST((sides.responder.initiator() == sides.user.public_key().bytes));
  const Buffer second = *sides.responder.write(hello);
  BOOST_TEST(second.size() == hello.size() + noise::message2_overhead);
  BOOST_TEST((*sides.initiator.read(second) == hello));
}

BOOST_AUTO_TEST_CASE(is_another_one_each_time) {
  const Sides sides;
  const auto message = [&] {
    return *noise::Initiator(sides.user.secret().duplicate(), sides.kdc.public_key().bytes,
                             prologue)
                .write(hello);
  };
  BOOST_TEST((message() != message()));
}

BOOST_AUTO_TEST_CASE(refuses_the_first_message_with_any_bit_flipped) {
  Sides sides;
  const Buffer message = *sides.initiator.write(hello);
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    // The last bit of an X25519 public key is not part of it, but it is part of the hash.
    noise::Responder responder(sides.kdc.secret().duplicate(), prologue);
    BOOST_TEST(outcome(responder.read(flipped(message, bit))) == Errc::bad_integrity, bit);
  }
}

BOOST_AUTO_TEST_CASE(refuses_the_second_message_with_any_bit_flipped) {
  const Sides keys;
  const auto session = [&] {
    return std::pair{noise::Initiator(keys.user.secret().duplicate(), keys.kdc.public_key().bytes,
                                      prologue, Secret<32>::copy(FixedBytes<32>{1})),
                     noise::Responder(keys.kdc.secret().duplicate(), prologue,
                                      Secret<32>::copy(FixedBytes<32>{2}))};
  };
  auto [initiator, responder] = session();
  BOOST_REQUIRE(bool(responder.read(*initiator.write(hello))));
  const Buffer message = *responder.write(hello);
  BOOST_TEST(outcome(initiator.read(message)) == accepted);
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    auto other = session().first;
    BOOST_REQUIRE(bool(other.write(hello)));
    BOOST_TEST(outcome(other.read(flipped(message, bit))) == Errc::bad_integrity, bit);
  }
}

BOOST_AUTO_TEST_CASE(refuses_messages_of_a_wrong_length) {
  Sides sides;
  const Buffer first = *sides.initiator.write(hello);
  for (std::size_t size = 0; size < first.size(); ++size) {
    noise::Responder responder(sides.kdc.secret().duplicate(), prologue);
    BOOST_TEST(outcome(responder.read(Bytes(first).first(size))) == Errc::bad_integrity, size);
  }
  noise::Responder responder(sides.kdc.secret().duplicate(), prologue);
  BOOST_TEST(outcome(responder.read(Buffer(limits::max_noise_message + 1))) == Errc::bad_integrity);
  for (const std::size_t size : {0U, 1U, 31U, 32U, 47U}) {
    BOOST_TEST(outcome(Sides().initiator.read(Buffer(size))) == Errc::bad_integrity, size);
  }
}

BOOST_AUTO_TEST_CASE(refuses_another_prologue) {
  Sides sides;
  const Buffer message = *sides.initiator.write(hello);
  for (const std::string_view other : {"", "a prologua", "a prologue ", "A prologue"}) {
    noise::Responder responder(sides.kdc.secret().duplicate(), bytes_of(other));
    BOOST_TEST(outcome(responder.read(message)) == Errc::bad_integrity, other);
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_was_made_for_another_kdc) {
  Sides sides;
  const Buffer message = *sides.initiator.write(hello);
  noise::Responder other(EpochKey::random().secret().duplicate(), prologue);
  BOOST_TEST(outcome(other.read(message)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_of_who_has_not_the_kdcs_key) {
  Sides sides;
  const Buffer message = *sides.initiator.write(hello);
  // Somebody in between, with a key of his own, answers what he was never able to read.
  noise::Responder impostor(EpochKey::random().secret().duplicate(), prologue);
  noise::Initiator accomplice(PrincipalKey::random().secret().duplicate(),
                              sides.kdc.public_key().bytes, prologue);
  BOOST_TEST(outcome(impostor.read(message)) == Errc::bad_integrity);
  BOOST_REQUIRE(bool(sides.responder.read(*accomplice.write(hello))));
  const Buffer answer_to_another = *sides.responder.write(hello);
  BOOST_TEST(outcome(sides.initiator.read(answer_to_another)) == Errc::bad_integrity);
}

// Rules: R1.15
BOOST_DATA_TEST_CASE(refuses_keys_of_small_order, bdata::make(small_order_points()), sample) {
  const VectorCase& row = sample;
  const auto point = row.bytes<32>("peer");
  noise::Initiator initiator(PrincipalKey::random().secret().duplicate(), point, prologue);
  BOOST_TEST(outcome(initiator.write(hello)) == Errc::bad_integrity);

  Buffer forged(noise::message1_overhead);
  std::ranges::copy(point, forged.begin());
  noise::Responder responder(EpochKey::random().secret().duplicate(), prologue);
  BOOST_TEST(outcome(responder.read(forged)) == Errc::bad_integrity);

  Sides sides;
  BOOST_REQUIRE(bool(sides.initiator.write(hello)));
  BOOST_TEST(outcome(sides.initiator.read(forged)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_transport_message)

BOOST_AUTO_TEST_CASE(is_read_once_and_in_its_turn) {
  Sides sides;
  BOOST_REQUIRE(bool(sides.responder.read(*sides.initiator.write({}))));
  BOOST_REQUIRE(bool(sides.initiator.read(*sides.responder.write({}))));
  auto [sender, unused] = sides.initiator.state().split();
  auto [receiver, other] = sides.responder.state().split();
  const Buffer first = sender.encrypt({}, hello), second = sender.encrypt({}, hello);
  BOOST_TEST((first != second));
  BOOST_TEST(outcome(receiver.decrypt({}, second)) == Errc::bad_integrity);
  BOOST_TEST((*receiver.decrypt({}, first) == hello));
  BOOST_TEST(outcome(receiver.decrypt({}, first)) == Errc::bad_integrity);
  BOOST_TEST(outcome(receiver.decrypt(hello, second)) == Errc::bad_integrity);
  BOOST_TEST(outcome(other.decrypt({}, second)) == Errc::bad_integrity);
  BOOST_TEST(outcome(receiver.decrypt({}, Bytes(second).first(15))) == Errc::bad_integrity);
  BOOST_TEST((*receiver.decrypt({}, second) == hello));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::noise_test
