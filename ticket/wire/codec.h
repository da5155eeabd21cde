#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/wire/bytes.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/error.h"
#include "ticket/wire/principal.h"

namespace waybill {

/// Canonical MessagePack (specs/protocol.md 1): arrays, unsigned integers, bin and str, each in
/// its shortest form; no maps, floats, ext, nil, booleans or negative integers; nesting at most
/// limits::max_depth. What decodes encodes to the same bytes; everything else is refused.

/// Reads one message from front to back. The whole of it is checked for form before the first
/// value is handed out. A value that is not as asked for latches the first error; from then on
/// every call answers with an empty value, and finish() returns the error. So a decoder is a
/// straight list of fields with one check at its end, before anything read is believed.
/// Views point into the wire bytes, which must live longer than the reader's answers.
class Reader {
 public:
  Reader(Bytes wire, std::size_t max_bytes);

  void array(std::size_t elements);                        ///< an array of just that many
  std::size_t array(std::size_t least, std::size_t most);  ///< a list; 0 on an error
  std::uint64_t uint();
  std::uint32_t uint32();
  Time time();  ///< seconds; refused beyond year 9999
  Bytes bin(std::size_t most);
  template <std::size_t N>
  FixedBytes<N> bin() {
    const Bytes bytes = exact_bin(N);
    return failed() ? FixedBytes<N>{} : fixed<N>(bytes);
  }
  Bytes exact_bin(std::size_t size);            ///< the same, in place
  std::string_view str(std::size_t most);       ///< UTF-8, may be empty
  std::string name(std::size_t most);           ///< is_name()
  std::string optional_name(std::size_t most);  ///< is_name(), or empty
  std::optional<Principal> principal();         ///< name@REALM; nothing on an error
  std::optional<Realm> realm();
  void literal(std::string_view text);  ///< just this str
  void version();                       ///< limits::protocol_version, or bad_version

  /// Refuses what was read so far, for a reason of the caller's own. The first reason stays.
  void fail(Errc code, const char* note);
  bool failed() const { return error_.has_value(); }
  const std::optional<Error>& first_error() const { return error_; }
  /// The first error, or malformed when values are left over.
  Checked finish();

 private:
  enum class Type : std::uint8_t { array, uint, bin, str };
  // Sixteen bytes, since every field of every message is one.
  struct Token {
    union {
      std::uint64_t number;      // value of a uint, elements of an array
      const std::uint8_t* data;  // of a bin or str
    };
    std::uint32_t size;
    Type type;
    Bytes bytes() const { return {data, size}; }
  };
  class Visitor;
  const Token* next(Type type);

  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  std::optional<Error> error_;
};

/// Writes one message. The number of values must match the arrays announced; the caller sees to it
/// and every decoder's test re-encodes.
class Writer {
 public:
  Writer() = default;
  /// For a message with a secret in it: a buffer that never grows leaves no copy behind.
  explicit Writer(std::size_t capacity) { out_.reserve(capacity); }
  Writer& array(std::size_t elements);
  Writer& uint(std::uint64_t value);
  Writer& time(Time value);
  Writer& bin(Bytes bytes);
  Writer& str(std::string_view text);
  Writer& raw(Bytes canonical);  ///< bytes that are one canonical value already
  Buffer take() { return std::move(out_); }

 private:
  Buffer out_;
};

bool is_utf8(std::string_view text);

}  // namespace waybill
