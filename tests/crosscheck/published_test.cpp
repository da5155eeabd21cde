// The complete published sets of vectors/ through the primitives of both implementations, each
// called as it calls it. specs/vectors/primitives.txt has a part of them for everybody; these are
// all the rows. Where ticket/ hides a primitive in a larger step (a seal, Noise, a password), it is
// libsodium's function of that step that is called here.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include "tests/crosscheck/second/blake2b.h"
#include "tests/crosscheck/second/primitives.h"
#include "tests/crosscheck/second/vector_file.h"
#include "ticket/crypto.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::published_test {
namespace {

using second::from_hex;
using Row = second::VectorCase;

std::vector<Row> rows(const std::string& file, std::size_t expected) {
  auto all = second::read_vectors(WAYBILL_SOURCE_DIR "/tests/crosscheck/vectors/" + file);
  if (all.size() != expected) throw std::runtime_error(file + " is not complete");
  return all;
}

bool is_good(const Row& row) { return row.text("expect") == "ok"; }

// What the second makes of something that it may refuse.
template <class Call>
std::optional<Buffer> unless_refused(Call call) {
  try {
    return copy_of(call());
  } catch (const second::Refused&) {
    return std::nullopt;
  }
}

// Decryption by libsodium in one of its two forms, which take the same arguments.
template <class Decrypt>
std::optional<Buffer> decrypted(const Row& row, Decrypt decrypt) {
  const Buffer sealed = row.hex("sealed"), ad = row.hex("ad"), nonce = row.hex("nonce");
  const Buffer key = row.hex("key");
  Buffer out(sealed.size() - 16);
  if (decrypt(out.data(), nullptr, nullptr, sealed.data(), sealed.size(), ad.data(), ad.size(),
              nonce.data(), key.data()) != 0) {
    return std::nullopt;
  }
  return out;
}

template <class Decrypt>
void check_cipher(const Row& row, std::size_t nonce_size, Decrypt decrypt) {
  const Buffer nonce = row.hex("nonce");
  if (nonce.size() != nonce_size) {  // no nonce of ours has another length: it is in its type
    BOOST_TEST(!is_good(row));
    return;
  }
  std::optional<Buffer> wanted;
  if (is_good(row)) wanted = row.hex("message");
  BOOST_TEST((decrypted(row, decrypt) == wanted));
  BOOST_TEST((unless_refused([&] {
                return second::aead_open(row.hex("key"), nonce, row.hex("ad"), row.hex("sealed"));
              }) == wanted));
  if (!wanted) return;
  BOOST_TEST(
      (second::aead_seal(row.hex("key"), nonce, row.hex("ad"), *wanted) == row.hex("sealed")));
}

Buffer counting(std::size_t length) {
  Buffer out(length);
  for (std::size_t i = 0; i < length; ++i) out[i] = static_cast<std::uint8_t>(i);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(every_published_vector)

BOOST_DATA_TEST_CASE(of_x25519_holds, bdata::make(rows("x25519.txt", 518)), sample) {
  const Row& row = sample;
  std::optional<Buffer> wanted;
  if (is_good(row)) wanted = row.hex("shared");
  const auto shared =
      shared_secret(Secret<32>::copy(fixed<32>(row.hex("secret"))), fixed<32>(row.hex("peer")));
  BOOST_TEST(shared.has_value() == wanted.has_value());
  if (shared && wanted) BOOST_TEST(equal(shared->expose(), *wanted));
  BOOST_TEST((unless_refused([&] { return second::x25519(row.hex("secret"), row.hex("peer")); }) ==
              wanted));
}

BOOST_DATA_TEST_CASE(of_ed25519_holds, bdata::make(rows("ed25519.txt", 151)), sample) {
  const Row& row = sample;
  const Buffer key = row.hex("public"), message = row.hex("message");
  const Buffer signature = row.hex("signature");
  BOOST_TEST(second::ed25519_verifies(key, message, signature) == is_good(row));
  if (signature.size() != 64) return;  // ticket/ has no signature of another length
  BOOST_TEST(verify(KdcPublic{fixed<32>(key)}, message, fixed<64>(signature)) == is_good(row));
}

BOOST_DATA_TEST_CASE(of_xchacha20_poly1305_holds, bdata::make(rows("xchacha20_poly1305.txt", 315)),
                     row) {
  check_cipher(row, 24, crypto_aead_xchacha20poly1305_ietf_decrypt);
}

BOOST_DATA_TEST_CASE(of_chacha20_poly1305_holds, bdata::make(rows("chacha20_poly1305.txt", 325)),
                     row) {
  check_cipher(row, 12, crypto_aead_chacha20poly1305_ietf_decrypt);
}

BOOST_DATA_TEST_CASE(of_blake2b_holds, bdata::make(rows("blake2b.txt", 512)), sample) {
  const Row& row = sample;
  const Buffer input = counting(row.number("length")), key = counting(row.number("key_length"));
  const Buffer wanted = row.hex("out");
  Buffer out(64);
  crypto_generichash(out.data(), out.size(), input.data(), input.size(), key.data(), key.size());
  BOOST_TEST((out == wanted));
  BOOST_TEST((second::Blake2b({64, key, {}, {}}).update(input).finish() == wanted));
  if (key.empty()) BOOST_TEST(equal(second::plain_blake2b({input}), wanted));
}

BOOST_DATA_TEST_CASE(of_blake2b_with_all_its_parameters_holds,
                     bdata::make(rows("blake2b_parameters.txt", 504)), sample) {
  const Row& row = sample;
  const Buffer input = row.hex("in"), key = row.hex("key"), salt = row.hex("salt");
  const Buffer personal = row.hex("personal"), wanted = row.hex("out");
  Buffer out(wanted.size());
  crypto_generichash_blake2b_salt_personal(out.data(), out.size(), input.data(), input.size(),
                                           key.data(), key.size(), salt.data(), personal.data());
  BOOST_TEST((out == wanted));
  BOOST_TEST(
      (second::Blake2b({wanted.size(), key, salt, personal}).update(input).finish() == wanted));
}

BOOST_TEST_DECORATOR(*boost::unit_test::label("slow"))
BOOST_DATA_TEST_CASE(of_argon2id_holds, bdata::make(rows("argon2id.txt", 13)), sample) {
  const Row& row = sample;
  const Buffer password = row.hex("password"), salt = row.hex("salt"), secret = row.hex("secret");
  const Buffer ad = row.hex("ad"), wanted = row.hex("out");
  const std::size_t kibibytes = row.number("kibibytes"), passes = row.number("passes");
  const std::size_t lanes = row.number("lanes");
  BOOST_TEST((second::argon2id({kibibytes, passes, lanes, wanted.size()}, password, salt, secret,
                               ad) == wanted));
  // libsodium has one lane, salts of 16 bytes and nothing beside them, which is what we use.
  if (lanes != 1 || salt.size() != 16 || !secret.empty() || !ad.empty()) return;
  Buffer out(wanted.size());
  BOOST_TEST(crypto_pwhash(out.data(), out.size(), reinterpret_cast<const char*>(password.data()),
                           password.size(), salt.data(), passes, kibibytes * 1024,
                           crypto_pwhash_ALG_ARGON2ID13) == 0);
  BOOST_TEST((out == wanted));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::published_test
