#pragma once

#include "tests/fuzz/target.h"

namespace waybill::test::fuzz {

/// Of a decoder `Result<T> T::decode(Bytes)` with an encoder beside it.
template <class Message>
void is_canonical(Bytes wire) {
  const auto read = Message::decode(wire);
  if (read) require(equal(read->encode(), wire), "what decodes is canonical");
}

}  // namespace waybill::test::fuzz
