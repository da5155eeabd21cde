#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ticket/wire/bytes.h"

namespace waybill::test {

/// What has to stay secret, by a name for the failing test; and the forms in which somebody could
/// come by it: the bytes or an inner part of them, their hex and base64.
class KnownSecrets {
 public:
  /// A key of 16 bytes or more: found by any 16 bytes of it that begin at a multiple of eight,
  /// since a copy may have been clamped or half overwritten.
  void add_key(const std::string& name, Bytes key);
  /// Found whole. At least two bytes.
  void add_text(const std::string& name, std::string_view text);

  /// Names of those that `bytes` holds, each once, in order.
  std::vector<std::string> found_in(std::string_view bytes) const;
  /// The longest form, in bytes: what pieces of a large text must overlap by.
  std::size_t longest() const { return longest_; }

 private:
  struct Form {
    std::string name;
    std::string bytes;
  };
  void add_form(const std::string& name, std::string bytes);

  // By its first two bytes; nearly no place in a memory begins like any of them.
  std::bitset<1 << 16> starts_;
  std::unordered_multimap<unsigned, Form> forms_;
  std::size_t longest_ = 0;
};

}  // namespace waybill::test
