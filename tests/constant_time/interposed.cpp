// The only places where something that depends on a secret becomes public without having been sent.
// These functions stand in front of libsodium's of the same names, for our code and for libsodium
// itself: each calls the real one, and says which of its results everybody may know.

#include <dlfcn.h>

#include <cstdlib>
#include <iostream>

#include <sodium.h>

#include "tests/constant_time/hidden.h"

namespace {

using waybill::Bytes;
namespace test = waybill::test;

template <class Function>
Function* real(Function* /*ours*/, const char* name) {
  void* found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr) {
    std::cerr << "constant_time: no " << name << " behind ours\n";
    std::abort();
  }
  return reinterpret_cast<Function*>(found);
}

// Accepted or refused: the caller's answer says so anyway.
int shown(int verdict) {
  test::show({reinterpret_cast<const std::uint8_t*>(&verdict), sizeof verdict});
  return verdict;
}

// What the comparisons are not: the control of each subject that compares.
int early_exit(const void* a, const void* b, std::size_t size) {
  const auto* left = static_cast<const std::uint8_t*>(a);
  const auto* right = static_cast<const std::uint8_t*>(b);
  for (std::size_t i = 0; i < size; ++i) {
    if (left[i] != right[i]) return -1;
  }
  return 0;
}

}  // namespace

extern "C" {

int sodium_memcmp(const void* const a, const void* const b, std::size_t size) {
  static const auto theirs = real(&sodium_memcmp, "sodium_memcmp");
  return test::compares_with_early_exit ? early_exit(a, b, size) : shown(theirs(a, b, size));
}

// By which libsodium's decryption compares tags.
int crypto_verify_16(const unsigned char* a, const unsigned char* b) {
  static const auto theirs = real(&crypto_verify_16, "crypto_verify_16");
  return test::compares_with_early_exit ? early_exit(a, b, 16) : shown(theirs(a, b));
}

// By which same_secret() compares what has 32 bytes.
int crypto_verify_32(const unsigned char* a, const unsigned char* b) {
  static const auto theirs = real(&crypto_verify_32, "crypto_verify_32");
  return test::compares_with_early_exit ? early_exit(a, b, 32) : shown(theirs(a, b));
}

// Refused for a public key of small order, which its sender knows.
int crypto_scalarmult(unsigned char* out, const unsigned char* secret, const unsigned char* peer) {
  static const auto theirs = real(&crypto_scalarmult, "crypto_scalarmult");
  return shown(theirs(out, secret, peer));
}

int crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned char* out, unsigned long long* out_size,
                                               unsigned char* unused, const unsigned char* in,
                                               unsigned long long in_size, const unsigned char* ad,
                                               unsigned long long ad_size,
                                               const unsigned char* nonce,
                                               const unsigned char* key) {
  static const auto theirs = real(&crypto_aead_xchacha20poly1305_ietf_decrypt,
                                  "crypto_aead_xchacha20poly1305_ietf_decrypt");
  const int refused = theirs(out, out_size, unused, in, in_size, ad, ad_size, nonce, key);
  if (refused == 0) test::show_plaintext(Bytes(out, in_size - 16));
  return refused;
}

int crypto_aead_chacha20poly1305_ietf_decrypt(unsigned char* out, unsigned long long* out_size,
                                              unsigned char* unused, const unsigned char* in,
                                              unsigned long long in_size, const unsigned char* ad,
                                              unsigned long long ad_size,
                                              const unsigned char* nonce,
                                              const unsigned char* key) {
  static const auto theirs =
      real(&crypto_aead_chacha20poly1305_ietf_decrypt, "crypto_aead_chacha20poly1305_ietf_decrypt");
  const int refused = theirs(out, out_size, unused, in, in_size, ad, ad_size, nonce, key);
  if (refused == 0) test::show_plaintext(Bytes(out, in_size - 16));
  return refused;
}

}  // extern "C"
