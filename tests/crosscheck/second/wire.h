#pragma once

#include "tests/crosscheck/second/bytes.h"

namespace second {

/// One value of a message in the canonical profile of MessagePack (protocol 1). What it holds of
/// bytes are views into the message.
///
/// Decoding is two steps. decode() checks the form of the whole message and makes the tree; then
/// the reading functions, called in the order in which the message has its values, check that
/// each is what should stand there.
struct Value {
  enum class Type : std::uint8_t { number, bin, text, array };
  Type type = Type::number;
  std::uint64_t integer = 0;
  View bytes{};
  std::vector<Value> items{};

  std::uint64_t number() const;
  std::uint64_t number32() const;  ///< kvno, ids of keys
  std::uint64_t time() const;
  View bin(std::size_t most) const;
  template <std::size_t N>
  std::array<std::uint8_t, N> fixed() const {
    require(type == Type::bin && bytes.size() == N, Code::malformed);
    return first<N>(bytes);
  }
  std::string str(std::size_t most) const;
  std::string name(std::size_t most) const;  ///< the alphabet of actions
  std::string realm() const;
  std::string principal() const;
  void literal(std::string_view text) const;
  void version() const;
  /// An array of just so many.
  const std::vector<Value>& array(std::size_t elements) const;
  /// A list.
  const std::vector<Value>& list(std::size_t least, std::size_t most) const;
};

/// The form of a message of at most `most` bytes. Refuses: limit_exceeded, not_canonical,
/// malformed.
Value decode(View message, std::size_t most);

/// Encoding: each gives the bytes of one value.
Bytes number(std::uint64_t value);
Bytes bin(View bytes);
Bytes str(std::string_view text);
Bytes array(const std::vector<Bytes>& encoded);
Bytes encode(const Value& value);

}  // namespace second
