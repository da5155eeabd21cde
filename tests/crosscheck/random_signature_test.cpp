// Signatures that one verifier of Ed25519 accepts and another does not: both of ours agree.

#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include "tests/crosscheck/second/primitives.h"
#include "tests/crosscheck/second/vector_file.h"
#include "tests/crosscheck/tree.h"
#include "tests/crosscheck/verdict.h"
#include "tests/support/test_realm.h"

namespace waybill::test::random_signature_test {
namespace {

// A key that is none: y from 0 to 2 or from p - 1 on, or of order 8, with either sign of x.
FixedBytes<32> any_edge(TreeMutator& random) {
  FixedBytes<32> out{};
  if (random.one_in(4)) {
    out = fixed<32>(
        second::from_hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));
  } else if (random.one_in(2)) {
    out.fill(0xff);
    out[0] = static_cast<std::uint8_t>(0xec + random.below(20));
    out[31] = 0x7f;
  } else {
    out[0] = static_cast<std::uint8_t>(random.below(3));
  }
  if (random.one_in(2)) out[31] |= 0x80;
  return out;
}

// (R, r + h·a) with h = SHA-512(R ‖ key ‖ message): right for the key of `secret`, and for a lax
// verifier also for keys of small order, now and then.
FixedBytes<64> signed_by_hand(const FixedBytes<32>& secret, const FixedBytes<32>& key,
                              const FixedBytes<32>& r, const FixedBytes<32>& big_r,
                              const Buffer& message) {
  Buffer hashed;
  for (const Bytes part : {Bytes(big_r), Bytes(key), Bytes(message)}) {
    hashed.insert(hashed.end(), part.begin(), part.end());
  }
  FixedBytes<64> wide;
  crypto_hash_sha512(wide.data(), hashed.data(), hashed.size());
  FixedBytes<32> h, product, s;
  crypto_core_ed25519_scalar_reduce(h.data(), wide.data());
  crypto_core_ed25519_scalar_mul(product.data(), h.data(), secret.data());
  FixedBytes<32> own;
  if (crypto_scalarmult_ed25519_base_noclamp(own.data(), secret.data()) != 0 || own != key) {
    product.fill(0);  // a key of small order adds nothing, where h is a multiple of it
  }
  crypto_core_ed25519_scalar_add(s.data(), r.data(), product.data());
  FixedBytes<64> out;
  std::ranges::copy(big_r, out.begin());
  std::ranges::copy(s, out.begin() + 32);
  return out;
}

void add_order(FixedBytes<64>& signature) {
  const Buffer order =
      second::from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(both_implementations_agree, *boost::unit_test::label("slow"))

// Verifiers of Ed25519 differ over what nobody who means well ever signs: keys and R of small
// order, coordinates beyond the field, S beyond the group.
BOOST_AUTO_TEST_CASE(on_signatures_that_a_lax_verifier_accepts) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  TreeMutator random(89);
  Comparison all("signature");
  for (std::size_t n = 0; n < 2'000; ++n) {
    const auto scalar = [&] {
      FixedBytes<32> out;
      const auto wide = copy_of(realm.fresh<32>());
      Buffer padded = wide;
      padded.resize(crypto_core_ed25519_NONREDUCEDSCALARBYTES);
      crypto_core_ed25519_scalar_reduce(out.data(), padded.data());
      return out;
    };
    const auto times_base = [](const FixedBytes<32>& by) {
      FixedBytes<32> out{};
      if (crypto_scalarmult_ed25519_base_noclamp(out.data(), by.data()) != 0) out[0] = 1;
      return out;
    };
    const FixedBytes<32> secret = scalar(), r = random.one_in(4) ? FixedBytes<32>{} : scalar();
    FixedBytes<32> key = times_base(secret);
    const FixedBytes<32> big_r = times_base(r);  // the neutral point where r is 0
    if (random.one_in(2)) key = any_edge(random);
    const Buffer message(random.below(40), 5);
    FixedBytes<64> signature = signed_by_hand(secret, key, r, big_r, message);
    if (random.one_in(6)) add_order(signature);
    if (random.one_in(6)) random.any(signature) ^= 1;
    const Buffer wire = Writer().array(3).bin(key).bin(message).bin(signature).take();
    const auto verdict = [](bool good) { return Verdict{good ? 0U : 144U}; };
    all.add(wire, verdict(verify(KdcPublic{key}, message, signature)),
            verdict(second::ed25519_verifies(key, message, signature)));
  }
  all.reached({Errc::bad_proof}, 300);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::random_signature_test
