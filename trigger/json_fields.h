#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ticket/wire/bytes.h"
#include "ticket/wire/error.h"

namespace waybill::trigger {

/// The JSON object of a request, read as strictly as the binary messages: UTF-8, one object, each
/// member named once, each value a text, a whole number, a boolean or a list of texts. A member
/// that nobody asked for is refused, never ignored. Like Reader (ticket/wire/codec.h) it latches
/// the first error, and finish() returns it.
class JsonFields {
 public:
  static constexpr std::size_t max_members = 16;
  static constexpr std::size_t max_list = 64;

  /// Errors: malformed, limit_exceeded (members, list).
  static Result<JsonFields> parse(std::string_view body);

  std::string text(std::string_view name);  ///< must be there
  std::optional<std::string> optional_text(std::string_view name);
  std::string name(std::string_view name, std::size_t most);  ///< a text that is_name()
  std::optional<std::string> optional_name(std::string_view name, std::size_t most);
  /// `otherwise` when it is not there. Errors: limit_exceeded.
  std::uint64_t number(std::string_view name, std::uint64_t most, std::uint64_t otherwise);
  bool boolean(std::string_view name);
  /// Names that are all different.
  std::vector<std::string> names(std::string_view name, std::size_t most_names, std::size_t most);
  /// Standard base64. Errors: limit_exceeded.
  Buffer bytes(std::string_view name, std::size_t most);
  /// The same, or nothing when it is not there.
  std::optional<Buffer> optional_bytes(std::string_view name, std::size_t most);
  /// Lower-case hex of 16 bytes.
  FixedBytes<16> id(std::string_view name);

  /// Refuses what was read, for a reason of the caller's own. The first reason stays.
  void fail(Errc code, const char* note);
  /// The first error, or malformed when a member is left over.
  Checked finish();

 private:
  using Value = std::variant<std::string, std::uint64_t, bool, std::vector<std::string>>;
  class Handler;
  template <class T>
  std::optional<T> take(std::string_view name);

  std::map<std::string, Value, std::less<>> members_;
  std::optional<Error> error_;
};

}  // namespace waybill::trigger
