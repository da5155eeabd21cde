#include "ticket/crypto.h"

#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"

namespace waybill::test::crypto_test {
namespace {

const Buffer message = copy_of(bytes_of("the message"));
const Buffer ad = copy_of(bytes_of("what it is bound to"));

Label label_at(std::size_t i) { return static_cast<Label>(i); }

Buffer flipped(Bytes bytes, std::size_t bit) {
  Buffer out = copy_of(bytes);
  out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] ^ (1U << (bit % 8)));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_label)

BOOST_AUTO_TEST_CASE(is_unlike_every_other_and_says_whose_it_is) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < label_count; ++i) {
    const auto bytes = label_bytes(label_at(i));
    BOOST_TEST(text_of(bytes).starts_with("WB1 "), i);
    BOOST_TEST(bytes[4] != 0, i);
    BOOST_TEST(seen.emplace(text_of(bytes)).second, i);
  }
  BOOST_TEST(seen.size() == 22U);
}

BOOST_AUTO_TEST_CASE(separates_what_is_hashed_under_it) {
  const Secret<32> key = Secret<32>::random();
  std::set<Digest> plain, keyed;
  for (std::size_t i = 0; i < label_count; ++i) {
    plain.insert(hash(label_at(i), {message}));
    keyed.insert(keyed_hash(label_at(i), key, {message}));
  }
  BOOST_TEST(plain.size() == label_count);
  BOOST_TEST(keyed.size() == label_count);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_hash)

BOOST_AUTO_TEST_CASE(knows_where_one_part_ends) {
  const auto of = [](std::initializer_list<Bytes> parts) { return hash(Label::request, parts); };
  const auto a = bytes_of("a"), b = bytes_of("b"), ab = bytes_of("ab");
  const std::set<Digest> all{of({}),     of({{}}),     of({{}, {}}), of({ab}),       of({a, b}),
                             of({b, a}), of({ab, {}}), of({{}, ab}), of({a, {}, b}), of({a})};
  BOOST_TEST(all.size() == 10U);
}

BOOST_AUTO_TEST_CASE(depends_on_every_bit_of_its_key) {
  const Secret<32> zero;
  std::set<Digest> all{hash(Label::session, {message}),
                       keyed_hash(Label::session, zero, {message})};
  const FixedBytes<32> bytes{};
  for (std::size_t bit = 0; bit < 256; ++bit) {
    const auto key = Secret<32>::copy(fixed<32>(flipped(bytes, bit)));
    all.insert(keyed_hash(Label::session, key, {message}));
  }
  BOOST_TEST(all.size() == 258U);
}

BOOST_AUTO_TEST_CASE(has_one_value_whether_it_is_secret_or_not) {
  const Secret<32> key = Secret<32>::random();
  const Digest open = keyed_hash(Label::chain, key, {message, ad});
  BOOST_TEST(equal(derive_secret(Label::chain, key, {message, ad}).expose(), open));
  BOOST_TEST(equal(derive<ChainKey>(Label::chain, key, {message, ad}).secret().expose(), open));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_seal)

BOOST_AUTO_TEST_CASE(opens_with_the_same_key_and_what_it_was_bound_to) {
  const TgtKey key = TgtKey::random();
  for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 4096U, 1'000'000U}) {
    const Buffer plain(size, 0x5a);
    const Buffer sealed = seal(key, ad, plain);
    BOOST_TEST(sealed.size() == size + seal_overhead);
    const auto opened = open(key, ad, sealed);
    BOOST_REQUIRE(bool(opened));
    BOOST_TEST((*opened == plain));
  }
}

BOOST_AUTO_TEST_CASE(is_another_one_each_time) {
  const TgtKey key = TgtKey::random();
  std::set<Buffer> seen;
  for (int i = 0; i < 100; ++i) seen.insert(seal(key, ad, message));
  BOOST_TEST(seen.size() == 100U);
}

BOOST_AUTO_TEST_CASE(does_not_open_with_another_key) {
  const TgtKey key = TgtKey::random();
  const Buffer sealed = seal(key, ad, message);
  BOOST_TEST(outcome(open(TgtKey::random(), ad, sealed)) == Errc::bad_integrity);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    const TgtKey near(Secret<32>::copy(fixed<32>(flipped(key.secret().expose(), bit))));
    BOOST_TEST(outcome(open(near, ad, sealed)) == Errc::bad_integrity, bit);
  }
}

BOOST_AUTO_TEST_CASE(does_not_open_under_other_associated_data) {
  const TgtKey key = TgtKey::random();
  const Buffer sealed = seal(key, ad, message);
  BOOST_TEST(outcome(open(key, {}, sealed)) == Errc::bad_integrity);
  BOOST_TEST(outcome(open(key, Bytes(ad).first(ad.size() - 1), sealed)) == Errc::bad_integrity);
  BOOST_TEST(outcome(open(key, message, sealed)) == Errc::bad_integrity);
  for (std::size_t bit = 0; bit < ad.size() * 8; ++bit) {
    BOOST_TEST(outcome(open(key, flipped(ad, bit), sealed)) == Errc::bad_integrity, bit);
  }
}

// Rules: R1.13
BOOST_AUTO_TEST_CASE(does_not_open_when_a_bit_of_it_is_flipped) {
  const TgtKey key = TgtKey::random();
  const Buffer sealed = seal(key, ad, message);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    BOOST_TEST(outcome(open(key, ad, flipped(sealed, bit))) == Errc::bad_integrity, bit);
  }
}

BOOST_AUTO_TEST_CASE(does_not_open_when_it_is_cut_or_longer) {
  const TgtKey key = TgtKey::random();
  Buffer sealed = seal(key, ad, message);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    BOOST_TEST(outcome(open(key, ad, Bytes(sealed).first(size))) == Errc::bad_integrity, size);
  }
  sealed.push_back(0);
  BOOST_TEST(outcome(open(key, ad, sealed)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(of_nothing_is_still_checked) {
  const TgtKey key = TgtKey::random();
  const Buffer sealed = seal(key, {}, {});
  BOOST_TEST(outcome(open(key, {}, sealed)) == accepted);
  BOOST_TEST(outcome(open(key, {}, flipped(sealed, 8 * 70))) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_signature)

BOOST_AUTO_TEST_CASE(verifies_for_its_message_and_key_alone) {
  const KdcSigningKey key = KdcSigningKey::random();
  const Signature signature = sign(key, message);
  BOOST_TEST(verify(key.public_key(), message, signature));
  BOOST_TEST(!verify(KdcSigningKey::random().public_key(), message, signature));
  BOOST_TEST(!verify(key.public_key(), {}, signature));
  BOOST_TEST(!verify(key.public_key(), ad, signature));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    BOOST_TEST(!verify(key.public_key(), message, fixed<64>(flipped(signature, bit))), bit);
  }
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    BOOST_TEST(!verify(key.public_key(), flipped(message, bit), signature), bit);
  }
}

BOOST_AUTO_TEST_CASE(under_a_key_of_zeros_verifies_nothing) {
  BOOST_TEST(!verify(KdcPublic{}, message, Signature{}));
  Signature small{};
  small[0] = 1;
  BOOST_TEST(!verify(KdcPublic{}, message, small));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_shared_secret)

BOOST_AUTO_TEST_CASE(is_the_same_from_both_sides_and_from_no_other) {
  const PrincipalKey one = PrincipalKey::random(), two = PrincipalKey::random();
  const auto here = shared_secret(one.secret(), two.public_key().bytes);
  const auto there = shared_secret(two.secret(), one.public_key().bytes);
  const auto other = shared_secret(PrincipalKey::random().secret(), one.public_key().bytes);
  BOOST_REQUIRE((here && there && other));
  BOOST_TEST((*here == *there));
  BOOST_TEST(!(*here == *other));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_key_from_a_password, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(depends_on_password_realm_and_principal) {
  const Digest here{}, there{1};
  const auto key = [](std::string_view password, const Digest& realm, std::string_view name) {
    return key_from_password(bytes_of(password), realm, name).public_key().bytes;
  };
  const std::set<FixedBytes<32>> all{
      key("correct horse", here, "carol@DEMO.TEST"), key("correct horsf", here, "carol@DEMO.TEST"),
      key("correct horse", there, "carol@DEMO.TEST"), key("correct horse", here, "carl@DEMO.TEST"),
      key("", here, "carol@DEMO.TEST")};
  BOOST_TEST(all.size() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::crypto_test
