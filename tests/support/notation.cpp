#include "tests/support/notation.h"

#include <limits>

#include "ticket/exchange/fields.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::test {
namespace {

constexpr std::size_t any = std::numeric_limits<std::size_t>::max();

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// Which type comes next is found by asking for each on a copy of the reader.
template <class Ask>
bool is_next(const Reader& in, Ask ask) {
  Reader probe = in;
  ask(probe);
  return !probe.failed();
}

void copy_value(Reader& in, Writer& out, std::string& notation) {
  if (is_next(in, [](Reader& r) { r.uint(); })) {
    const std::uint64_t value = in.uint();
    out.uint(value);
    notation += std::to_string(value);
  } else if (is_next(in, [](Reader& r) { r.bin(any); })) {
    const Bytes bytes = in.bin(any);
    out.bin(bytes);
    notation += "x'" + to_hex(bytes) + "'";
  } else if (is_next(in, [](Reader& r) { r.str(any); })) {
    const std::string_view text = in.str(any);
    out.str(text);
    notation += quoted(text);
  } else {
    const std::size_t elements = in.array(0, any);
    if (in.failed()) return;
    out.array(elements);
    notation += '[';
    for (std::size_t i = 0; i < elements; ++i) {
      if (i > 0) notation += ", ";
      copy_value(in, out, notation);
    }
    notation += ']';
  }
}

}  // namespace

Result<Transcoded> transcode(Bytes wire) {
  Reader in(wire, limits::max_message);
  if (in.failed()) return *in.first_error();
  Writer out;
  std::string notation;
  copy_value(in, out, notation);
  CHECK_OK(in.finish());
  return Transcoded{std::move(notation), out.take()};
}

}  // namespace waybill::test
