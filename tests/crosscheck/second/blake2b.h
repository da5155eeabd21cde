#pragma once

#include "tests/crosscheck/second/bytes.h"

namespace second {

/// BLAKE2b of RFC 7693 with the whole parameter block of the BLAKE2 paper: Botan 2 has no key, salt
/// or personalisation. 1 to 64 bytes of output, a key of up to 64, salt and personalisation of up
/// to 16, zero-padded.
class Blake2b {
 public:
  struct Parameters {
    std::size_t output = 64;
    View key{};
    View salt{};
    View personal{};
  };
  explicit Blake2b(const Parameters& parameters);

  Blake2b& update(View bytes);
  Bytes finish();

 private:
  void compress(bool last);

  std::size_t output_;
  std::array<std::uint64_t, 8> state_{};
  std::array<std::uint8_t, 128> block_{};
  std::size_t filled_ = 0;
  std::uint64_t count_ = 0;  // bytes compressed; 2^64 of them are never hashed here
};

}  // namespace second
