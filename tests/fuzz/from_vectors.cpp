#include "tests/fuzz/from_vectors.h"

#include "tests/support/vectors.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/limits.h"

namespace waybill::test::fuzz {

std::vector<Buffer> from_vectors(std::string_view file, std::string_view name) {
  std::vector<Buffer> out;
  for (const VectorCase& row : load_vectors(file)) {
    for (Buffer& value : row.all_hex(name)) out.push_back(std::move(value));
  }
  return out;
}

std::vector<Buffer> signed_parts(const std::vector<Buffer>& messages) {
  std::vector<Buffer> out;
  for (const Buffer& message : messages) {
    Reader in(message, limits::max_message);
    if (in.array(2, 3) == 3) in.uint();  // who signed
    const Bytes part = in.bin(message.size());
    if (!in.failed()) out.push_back(copy_of(part));
  }
  return out;
}

}  // namespace waybill::test::fuzz
