#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

/// The operator's log on stderr: one line for each event, for people on a terminal and JSON
/// otherwise. Not the audit trail. An event is a literal (`ticket_issued`); what varies is in
/// fields. Values are texts and integers only, so a key type does not compile. Any bytes may be
/// logged: control characters, line ends and broken UTF-8 are escaped, and long texts are cut.
///
///   log_info("listening", {{"address", host}, {"port", port}});
///   2030-05-01T09:30:00.123Z info listening address=127.0.0.1 port=8088
///   {"time":"2030-05-01T09:30:00.123Z","level":"info","event":"listening","address":"127.0.0.1","port":8088}
namespace waybill {

/// Lives for one call: it refers to the text that it is made of.
class LogValue {
 public:
  LogValue(std::string_view text) : value_(text) {}
  LogValue(const std::string& text) : value_(std::string_view(text)) {}
  LogValue(const char* text) : value_(std::string_view(text)) {}
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) LogValue(T number)
      : value_(widen(number)) {}

 private:
  friend std::string format_log_line(bool json, std::string_view event,
                                     std::initializer_list<struct LogField> fields);
  using Wide = std::variant<std::string_view, std::int64_t, std::uint64_t>;
  template <std::integral T>
  static Wide widen(T number) {
    if constexpr (std::signed_integral<T>)
      return static_cast<std::int64_t>(number);
    else
      return static_cast<std::uint64_t>(number);
  }
  Wide value_;
};

struct LogField {
  std::string_view key;  // a literal in snake_case
  LogValue value;
};
using LogFields = std::initializer_list<LogField>;

enum class LogLevel { debug, info, warning, error };
enum class LogForm { automatic, text, json };  // automatic: text when stderr is a terminal

/// Thread-safe; a line is written whole. They never throw: a log that cannot be written is lost.
void log_debug(std::string_view event, LogFields fields = {}) noexcept;
void log_info(std::string_view event, LogFields fields = {}) noexcept;
void log_warning(std::string_view event, LogFields fields = {}) noexcept;
void log_error(std::string_view event, LogFields fields = {}) noexcept;

/// Call in main(), before threads write: a line of theirs could begin in one form and end in the
/// other. Without it: automatic, all but debug.
void set_log_form(LogForm form, LogLevel lowest = LogLevel::info);

/// The part of a line after time and level, as the functions above write it.
std::string format_log_line(bool json, std::string_view event, LogFields fields);

}  // namespace waybill
