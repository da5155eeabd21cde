#pragma once

#include <random>
#include <span>

#include "ticket/wire/bytes.h"

namespace waybill::test {

/// Breaks messages, the same way in every run: bits and bytes changed, inserted, dropped, doubled,
/// cut off, joined with another message; heads of MessagePack values are its favourites.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  /// One of `seeds` with one to three changes. Requires a seed that is not empty.
  Buffer mutate(std::span<const Buffer> seeds);

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }
  void change(Buffer& message, std::span<const Buffer> seeds);
  void resize(Buffer& message, std::span<const Buffer> seeds);

  std::mt19937_64 random_;
};

}  // namespace waybill::test
