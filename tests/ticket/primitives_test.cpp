// The published values of specs/vectors/primitives.txt, through the calls that the library makes.

#include <algorithm>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include "tests/support/vectors.h"
#include "ticket/crypto.h"
#include "ticket/wire/hex.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::primitives_test {
namespace {

std::vector<VectorCase> of_kind(std::string_view kind) {
  auto all = load_vectors("primitives.txt");
  std::erase_if(all, [&](const VectorCase& v) { return v.text("kind") != kind; });
  return all;
}

Label label_named(std::string_view name) {
  for (std::size_t i = 0; i < label_count; ++i) {
    const FixedBytes<16> bytes = label_bytes(static_cast<Label>(i));
    const std::string_view text = text_of(bytes);
    if (text.substr(0, text.find('\0')) == name) return static_cast<Label>(i);
  }
  throw std::runtime_error("no such label");
}

// hash() takes its parts as they stand in code, so a list of the file's length is written out.
Digest hash_parts(const VectorCase& row) {
  const Label label = label_named(row.text("label"));
  const std::vector<Buffer> parts = row.all_hex("part");
  const auto call = [&](std::initializer_list<Bytes> list) {
    return row.has("key") ? keyed_hash(label, row.secret("key"), list) : hash(label, list);
  };
  switch (parts.size()) {
    case 0:
      return call({});
    case 1:
      return call({parts[0]});
    case 2:
      return call({parts[0], parts[1]});
    default:
      throw std::runtime_error("more parts than this test can name");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_published_values)

BOOST_DATA_TEST_CASE(of_x25519_hold_and_a_zero_result_is_refused, bdata::make(of_kind("x25519")),
                     sample) {
  const VectorCase& row = sample;
  const auto shared = shared_secret(row.secret("secret"), row.bytes<32>("peer"));
  BOOST_TEST(shared.has_value() == (row.expect() == accepted));
  if (shared) BOOST_TEST(equal(shared->expose(), row.hex("shared")));
}

BOOST_DATA_TEST_CASE(of_xchacha20_poly1305_hold, bdata::make(of_kind("xchacha")), sample) {
  const VectorCase& row = sample;
  const Buffer sealed = row.hex("sealed"), ad = row.hex("ad");
  const auto key = row.bytes<32>("key");
  const auto nonce = row.bytes<24>("nonce");
  Buffer out(sealed.size() - 16);
  const int refused = crypto_aead_xchacha20poly1305_ietf_decrypt(
      out.data(), nullptr, nullptr, sealed.data(), sealed.size(), ad.data(), ad.size(),
      nonce.data(), key.data());
  BOOST_TEST((refused == 0) == (row.expect() == accepted));
  if (refused == 0) BOOST_TEST((out == row.hex("message")));
}

// Rules: R1.16
BOOST_DATA_TEST_CASE(of_ed25519_hold, bdata::make(of_kind("ed25519")), sample) {
  const VectorCase& row = sample;
  const bool valid =
      verify(KdcPublic{row.bytes<32>("public")}, row.hex("message"), row.bytes<64>("signature"));
  BOOST_TEST(valid == (row.expect() == accepted));
}

BOOST_DATA_TEST_CASE(of_the_labelled_hash_hold, bdata::make(of_kind("hash")), sample) {
  const VectorCase& row = sample;
  BOOST_TEST(to_hex(hash_parts(row)) == row.text("out"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::primitives_test
