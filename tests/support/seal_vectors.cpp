#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/crypto.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

FixedBytes<32> counting(std::uint8_t from) {
  FixedBytes<32> out;
  for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::uint8_t>(from + i);
  return out;
}

const FixedBytes<32> key = counting(0);
const FixedBytes<32> other_key = counting(100);
const FixedBytes<24> fixed_nonce = fixed<24>(counting(0));
const Buffer plain_ad{0x93, 0x01, 0xa3, 0x73, 0x76, 0x63, 0x07};
const Buffer message = copy_of(bytes_of("what is sealed"));

Buffer seal(Bytes with_ad, Bytes plain) {
  return detail::seal(Secret<32>::copy(key), with_ad, plain, fixed_nonce);
}

Buffer changed(std::size_t at) {
  Buffer out = seal(plain_ad, message);
  out[at] ^= 1;
  return out;
}

// One ciphertext that XChaCha20-Poly1305 opens under both cipher keys which our two keys give for
// this nonce and ad. Made by solving two linear equations modulo 2^130 - 5 for the last two blocks
// before the tag; milliseconds. Own work.
constexpr std::string_view under_two_keys =
    "b1e7141c896a0003f819995f148d80f94172de8df5b68ae2bc1d8e44ad1e465e0100000000000000000000000000"
    "0000af39c09cb49138d80ca1e29507ace48c538fc78552c1089cc287a45323991ec0301d905471da094c7245fcf4"
    "453e6ae8";

// The same ciphertext behind the commitment of one of the keys.
Buffer committed_to(const FixedBytes<32>& which) {
  Buffer out = detail::seal(Secret<32>::copy(which), plain_ad, {}, fixed_nonce);
  out.resize(24 + 32);
  const Buffer cipher = *from_hex(under_two_keys);
  out.insert(out.end(), cipher.begin(), cipher.end());
  return out;
}

void add(VectorText& out, const FixedBytes<32>& with, Bytes with_ad, const Buffer& sealed) {
  out.add("key", Bytes(with)).add("ad", with_ad).add("sealed", sealed);
  const auto opened = detail::open(Secret<32>::copy(with), with_ad, sealed);
  if (opened) out.add("message", *opened);
}

void add_good(VectorText& out) {
  const auto good = [&](std::string_view name, Bytes with_ad, const Buffer& plain) {
    out.begin(name);
    add(out, key, with_ad, seal(with_ad, plain));
    out.expect(accepted);
  };
  good("a seal", plain_ad, message);
  good("a seal of nothing", plain_ad, {});
  good("a seal bound to nothing", {}, message);
  good("a seal of 1000 bytes", plain_ad, Buffer(1000, 0x5a));
}

void add_bad(VectorText& out) {
  const auto bad = [&](std::string_view name, const FixedBytes<32>& with, Bytes with_ad,
                       const Buffer& sealed) {
    out.begin(name);
    add(out, with, with_ad, sealed);
    out.expect(Errc::bad_integrity);
  };
  const Buffer sealed = seal(plain_ad, message);
  bad("another key", other_key, plain_ad, sealed);
  bad("other associated data", key, Bytes(plain_ad).first(6), sealed);
  bad("no associated data", key, {}, sealed);
  bad("a bit of the nonce", key, plain_ad, changed(0));
  bad("a bit of the commitment", key, plain_ad, changed(24));
  bad("the last bit of the commitment", key, plain_ad, changed(55));
  bad("a bit of the ciphertext", key, plain_ad, changed(56));
  bad("a bit of the tag", key, plain_ad, changed(sealed.size() - 1));
  bad("a byte short", key, plain_ad, copy_of(Bytes(sealed).first(sealed.size() - 1)));
  Buffer longer = sealed;
  longer.push_back(0);
  bad("a byte long", key, plain_ad, longer);
  bad("a byte shorter than any seal", key, plain_ad, copy_of(Bytes(sealed).first(71)));
  bad("nothing", key, plain_ad, {});
}

}  // namespace

std::string make_seal_vectors() {
  VectorText out("Seals: nonce, commitment, ciphertext with its tag.");
  add_good(out);
  add_bad(out);
  const std::string_view why =
      "The cipher alone opens this ciphertext under both keys. It was made by solving two linear\n"
      "equations modulo 2^130 - 5. Own work. The commitment tells which key it is for.";
  out.begin("two keys, committed to the first, opened with the first", why);
  add(out, key, plain_ad, committed_to(key));
  out.expect(accepted);
  out.begin("two keys, committed to the first, opened with the second");
  add(out, other_key, plain_ad, committed_to(key));
  out.expect(Errc::bad_integrity);
  out.begin("two keys, committed to the second, opened with the second");
  add(out, other_key, plain_ad, committed_to(other_key));
  out.expect(accepted);
  out.begin("two keys, committed to the second, opened with the first");
  add(out, key, plain_ad, committed_to(other_key));
  out.expect(Errc::bad_integrity);
  return out.take();
}

}  // namespace waybill::test
