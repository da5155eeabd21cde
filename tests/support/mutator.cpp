#include "tests/support/mutator.h"

namespace waybill::test {
namespace {

// Heads of values, the edges of their ranges, and types that are never used.
constexpr std::uint8_t heads[] = {0x00, 0x01, 0x7f, 0x80, 0x90, 0x91, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1,
                                  0xc2, 0xc4, 0xc5, 0xc6, 0xc7, 0xca, 0xcc, 0xcd, 0xce, 0xcf, 0xd0,
                                  0xd3, 0xd4, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xe0, 0xff};

using Difference = Buffer::difference_type;

}  // namespace

Buffer Mutator::mutate(std::span<const Buffer> seeds) {
  Buffer message = seeds[below(seeds.size())];
  for (std::size_t n = 1 + below(3); n > 0; --n) {
    if (message.empty()) message.push_back(byte());
    if (below(3) == 0) {
      resize(message, seeds);
    } else {
      change(message, seeds);
    }
  }
  return message;
}

void Mutator::change(Buffer& message, std::span<const Buffer>) {
  std::uint8_t& at = message[below(message.size())];
  switch (below(5)) {
    case 0:
      at = static_cast<std::uint8_t>(at ^ (1U << below(8)));
      break;
    case 1:
      at = heads[below(std::size(heads))];
      break;
    case 2:
      at = static_cast<std::uint8_t>(at + 1);
      break;
    case 3:
      at = static_cast<std::uint8_t>(at - 1);
      break;
    default:
      at = byte();
  }
}

void Mutator::resize(Buffer& message, std::span<const Buffer> seeds) {
  const std::size_t from = below(message.size());
  const std::size_t length = 1 + below(std::min<std::size_t>(message.size() - from, 40));
  const auto first = message.begin() + static_cast<Difference>(from);
  const auto last = first + static_cast<Difference>(length);
  switch (below(6)) {
    case 0:
      message.erase(first, last);
      break;
    case 1:
      message.insert(first, heads[below(std::size(heads))]);
      break;
    case 2: {
      const Buffer twice(first, last);
      message.insert(last, twice.begin(), twice.end());
      break;
    }
    case 3:
      message.resize(from);
      break;
    case 4:
      message.push_back(byte());
      break;
    default: {
      const Buffer& other = seeds[below(seeds.size())];
      message.resize(from);
      const std::size_t start = below(other.size() + 1);
      message.insert(message.end(), other.begin() + static_cast<Difference>(start), other.end());
    }
  }
}

}  // namespace waybill::test
