#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <span>
#include <utility>

#include "ticket/wire/bytes.h"

namespace waybill {

/// Locked memory for secrets: guarded pages that are never swapped nor dumped. One for the process
/// (it is an allocator, the one global of this library). Thread-safe.
class LockedArena {
 public:
  static constexpr std::size_t slot_bytes = 64;

  /// Makes the arena and initialises libsodium; call first in main(). False when the pages could
  /// not be locked (RLIMIT_MEMLOCK): a program refuses to start then, unless its operator allows.
  static bool start();

  static std::uint8_t* take();                    // throws std::bad_alloc when memory runs out
  static void give(std::uint8_t* slot) noexcept;  // wipes
};

/// Overwrites memory that held a secret; the compiler may not drop it.
void wipe(std::span<std::uint8_t> memory) noexcept;

/// Constant-time equality: for secrets, tags and commitments. Different lengths are unequal.
bool same_secret(Bytes a, Bytes b) noexcept;

void fill_random(std::span<std::uint8_t> memory) noexcept;
std::ostream& print_hidden(std::ostream& out);

/// N fresh random public bytes: identifiers and nonces.
template <std::size_t N>
FixedBytes<N> random_bytes() {
  FixedBytes<N> out{};
  fill_random(out);
  return out;
}

/// N secret bytes in one slot of the locked arena. Moves, never copies, dies wiped; equality is
/// constant time; printing shows "[secret]".
template <std::size_t N>
class Secret {
  static_assert(N <= LockedArena::slot_bytes);

 public:
  Secret() : slot_(LockedArena::take()) {}  // all zero; filled by a maker below
  /// Copies out of `bytes`, which the caller wipes.
  static Secret copy(std::span<const std::uint8_t, N> bytes) {
    Secret s;
    std::copy(bytes.begin(), bytes.end(), s.slot_);
    return s;
  }
  static Secret random() {
    Secret s;
    fill_random(s.writable());
    return s;
  }

  Secret(Secret&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  Secret& operator=(Secret&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() {
    if (slot_ != nullptr) LockedArena::give(slot_);
  }

  /// The ways in and out of the secret: `git grep -E 'expose|writable'` is an auditor's list.
  std::span<const std::uint8_t, N> expose() const noexcept {
    return std::span<const std::uint8_t, N>(slot_, N);
  }
  std::span<std::uint8_t, N> writable() noexcept { return std::span<std::uint8_t, N>(slot_, N); }

  /// A second holder of the same secret, said out loud.
  Secret duplicate() const { return copy(expose()); }

  friend bool operator==(const Secret& a, const Secret& b) noexcept {
    return same_secret(a.expose(), b.expose());
  }
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return print_hidden(out); }

 private:
  std::uint8_t* slot_;
};

/// Wipes each block that it gives back, the outgrown ones too.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}
  T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T* memory, std::size_t n) noexcept {
    wipe({reinterpret_cast<std::uint8_t*>(memory), n * sizeof(T)});
    std::allocator<T>().deallocate(memory, n);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

class Reader;
/// The next value of a message, 32 secret bytes; the wire buffer stays the caller's to wipe.
Secret<32> read_secret(Reader& in);

/// A message that holds a secret among other things. Not locked: for the moment of a reply.
using SecretBuffer = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;
inline SecretBuffer secret_copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// Wipes a buffer when the scope ends: for plaintexts that hold a session key on the way.
class WipeOnExit {
 public:
  explicit WipeOnExit(Buffer& buffer) : buffer_(buffer) {}
  WipeOnExit(const WipeOnExit&) = delete;
  WipeOnExit& operator=(const WipeOnExit&) = delete;
  ~WipeOnExit() { wipe(buffer_); }

 private:
  Buffer& buffer_;
};

/// What was written into an ordinary buffer, which is wiped.
inline SecretBuffer wiped_copy(Buffer plain) {
  const WipeOnExit wiped(plain);
  return secret_copy(plain);
}

}  // namespace waybill
