#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <vector>

#include "ticket/wire/bytes.h"

namespace waybill::test {

/// One decoder: what it is fed with, and what becomes of a message: its bytes as the library writes
/// them, or nothing when it was refused. Where a message is signed or sealed, the decoder is that
/// of what is inside, and it is signed or sealed anew.
struct Decoder {
  const char* name;
  std::vector<Buffer> seeds;
  std::function<std::optional<Buffer>(Bytes)> decode;
  friend std::ostream& operator<<(std::ostream& out, const Decoder& d) { return out << d.name; }
};

/// Those of tickets, presentations and calls, and those of all other messages and files.
std::vector<Decoder> ticket_decoders();
std::vector<Decoder> message_decoders();

}  // namespace waybill::test
