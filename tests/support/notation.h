#pragma once

#include <string>

#include "ticket/wire/bytes.h"
#include "ticket/wire/error.h"

namespace waybill::test {

/// A message of any shape, read value by value and written again.
struct Transcoded {
  std::string notation;  ///< [1, "text", x'00ff']: as specs/vectors/codec.txt shows values
  Buffer bytes;          ///< encoded anew
};
/// Errors: the codec's.
Result<Transcoded> transcode(Bytes wire);

}  // namespace waybill::test
