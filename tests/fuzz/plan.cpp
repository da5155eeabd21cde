#include "tests/fuzz/plan.h"

#include <algorithm>
#include <random>

namespace waybill::test::fuzz {
namespace {

void change(Buffer& message, Bytes other, Plan& plan) {
  const auto at = [&] { return plan.below(message.size() + 1); };
  const auto place = [&](std::size_t offset) {
    return message.begin() + static_cast<std::ptrdiff_t>(offset);
  };
  switch (plan.below(7)) {
    case 0:  // a bit
      if (!message.empty()) message[plan.below(message.size())] ^= 1U << plan.below(8);
      return;
    case 1:  // a byte
      if (!message.empty()) message[plan.below(message.size())] = plan.byte();
      return;
    case 2: {  // some more
      const Buffer more = plan.bytes(40);
      message.insert(place(at()), more.begin(), more.end());
      return;
    }
    case 3: {  // some less
      const std::size_t from = at();
      message.erase(place(from), place(from + plan.below(message.size() - from + 1)));
      return;
    }
    case 4: {  // a part of another message instead
      if (other.empty()) return;
      const std::size_t from = plan.below(other.size());
      const Bytes part = other.subspan(from, 1 + plan.below(other.size() - from));
      const std::size_t to = at();
      const std::size_t over = std::min(part.size(), message.size() - to);
      std::ranges::copy(part.first(over), place(to));
      return;
    }
    case 5: {  // two parts change places
      const std::size_t half = message.size() / 2;
      const std::size_t size = plan.below(half + 1);
      std::swap_ranges(place(0), place(size), place(half));
      return;
    }
    default:  // cut off
      message.resize(at());
  }
}

}  // namespace

std::uint8_t Plan::byte() {
  if (left_.empty()) return 0;
  const std::uint8_t first = left_.front();
  left_ = left_.subspan(1);
  return first;
}

std::size_t Plan::below(std::size_t n) {
  std::size_t value = byte();
  if (n > 0x100) value = value << 8 | byte();
  if (n > 0x10000) value = value << 8 | byte();
  return value % n;
}

std::uint64_t Plan::number() {
  const std::uint8_t kind = byte();
  if (kind < 0x80) return kind;
  if (kind < 0x90) return ~std::uint64_t{0} - (kind & 0x0fU);
  std::uint64_t value = 0;
  for (unsigned i = 0; i <= kind % 8U; ++i) value = value << 8 | byte();
  return value;
}

Buffer Plan::bytes(std::size_t most) {
  const std::size_t size = std::min(below(most + 1), left_.size());
  const Bytes taken = left_.first(size);
  left_ = left_.subspan(size);
  return copy_of(taken);
}

std::string Plan::text(std::size_t most) { return std::string(text_of(bytes(most))); }

Buffer changed(Bytes message, Bytes other, Plan& plan) {
  Buffer out = copy_of(message);
  for (std::size_t n = 1 + plan.below(4); n > 0; --n) change(out, other, plan);
  return out;
}

std::vector<Buffer> some_plans() {
  std::mt19937_64 random(2026);
  std::vector<Buffer> out;
  for (std::size_t size = 1; size < 700; size += 1 + size / 4) {
    for (int i = 0; i < 4; ++i) {
      Buffer plan(size);
      for (std::uint8_t& byte : plan) byte = static_cast<std::uint8_t>(random());
      out.push_back(std::move(plan));
    }
  }
  return out;
}

}  // namespace waybill::test::fuzz
