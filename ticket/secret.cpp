#include "ticket/secret.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <ostream>

#include <sodium.h>

#include "ticket/wire/codec.h"

namespace waybill {
namespace {

constexpr std::size_t slots_per_region = 2048;
constexpr std::size_t max_regions = 32;  // 4 MiB locked at the most, half of the usual limit

// A free slot holds the pointer to the next free one; everything else in it is zero.
struct FreeSlot {
  FreeSlot* next;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): an allocator's
std::mutex arena_lock;
FreeSlot* free_list = nullptr;
std::size_t regions = 0;
bool all_locked = true;  // false from the first region that could not be locked
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

// sodium_malloc ignores a failed mlock, so the lock is asked for again and its answer returned.
void add_region() {
  const std::size_t size = slots_per_region * LockedArena::slot_bytes;
  auto* memory = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (memory == nullptr) throw std::bad_alloc();
  const bool locked = sodium_mlock(memory, size) == 0;
  sodium_memzero(memory, size);
  for (std::size_t i = slots_per_region; i-- > 0;) {
    free_list = new (memory + i * LockedArena::slot_bytes) FreeSlot{free_list};
  }
  ++regions;
  all_locked = all_locked && locked;
}

}  // namespace

bool LockedArena::start() {
  if (sodium_init() < 0) std::abort();  // no source of randomness: nothing can be done safely
  const std::scoped_lock guard(arena_lock);
  if (regions == 0) add_region();
  return all_locked;
}

std::uint8_t* LockedArena::take() {
  const std::scoped_lock guard(arena_lock);
  if (free_list == nullptr) {
    if (regions >= max_regions || sodium_init() < 0) throw std::bad_alloc();
    // A program that started with locked memory goes on with locked memory, or not at all.
    const bool promised = regions > 0 && all_locked;
    add_region();
    if (promised && !all_locked) throw std::bad_alloc();
  }
  FreeSlot* slot = free_list;
  free_list = slot->next;
  slot->next = nullptr;
  return reinterpret_cast<std::uint8_t*>(slot);
}

void LockedArena::give(std::uint8_t* slot) noexcept {
  sodium_memzero(slot, slot_bytes);
  const std::scoped_lock guard(arena_lock);
  free_list = new (slot) FreeSlot{free_list};
}

Secret<32> read_secret(Reader& in) {
  const Bytes bytes = in.exact_bin(32);
  return in.failed() ? Secret<32>() : Secret<32>::copy(bytes.first<32>());
}

void wipe(std::span<std::uint8_t> memory) noexcept { sodium_memzero(memory.data(), memory.size()); }

bool same_secret(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  // Keys, tags and commitments; the general one looks at a byte at a time.
  if (a.size() == 32) return crypto_verify_32(a.data(), b.data()) == 0;
  // The size of nothing is no secret either, and libsodium wants a place to look at.
  return a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void fill_random(std::span<std::uint8_t> memory) noexcept {
  if (!memory.empty()) randombytes_buf(memory.data(), memory.size());
}

std::ostream& print_hidden(std::ostream& out) { return out << "[secret]"; }

}  // namespace waybill
