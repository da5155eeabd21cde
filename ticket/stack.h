#pragma once

#include <cstddef>

namespace waybill {

/// First in a function that hands a secret to libsodium: when the function ends, what those that it
/// called left on the stack is overwritten. libsodium wipes its states, but not every temporary: of
/// a keyed BLAKE2b the whole result stays behind.
class ClearStackOnExit {
 public:
  /// Deeper than anything that is called, but for Argon2.
  static constexpr std::size_t usual_bytes = 4096;
  /// Enough where BLAKE2b alone is called.
  static constexpr std::size_t hash_bytes = 2048;

  explicit ClearStackOnExit(std::size_t bytes = usual_bytes) : bytes_(bytes) {}
  ClearStackOnExit(const ClearStackOnExit&) = delete;
  ClearStackOnExit& operator=(const ClearStackOnExit&) = delete;
  ~ClearStackOnExit();

 private:
  std::size_t bytes_;
};

}  // namespace waybill
