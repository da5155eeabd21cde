#include "ticket/adapters/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "ticket/adapters/log_options.h"
#include "ticket/adapters/request_id.h"

namespace waybill {
namespace {

constexpr std::size_t max_text = 1024;  // bytes of one value; a line must not flood the log

// The code point at the start of `text` and its length; length 0 when it is not valid UTF-8.
struct Rune {
  char32_t code = 0;
  std::size_t length = 0;
};

Rune next_rune(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> lowest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < lowest[length] || code > 0x10ffff || surrogate ? Rune{} : Rune{code, length};
}

// What could move the cursor, end a line, or turn the reading order of a line around.
bool is_hidden(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
         code == 0xfeff || code >= 0xe0000;
}

void append_escape(std::string& out, char32_t code) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (code > 0xffff) {  // JSON writes these as a surrogate pair
    append_escape(out, 0xd800 + ((code - 0x10000) >> 10));
    append_escape(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    return;
  }
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[(code >> shift) & 0xf];
}

// A JSON string, which is also how the text form quotes.
void append_quoted(std::string& out, std::string_view text) {
  const bool cut = text.size() > max_text;
  if (cut) text = text.substr(0, max_text);
  out += '"';
  while (!text.empty()) {
    const Rune rune = next_rune(text);
    if (rune.length == 0) {
      out += "\\ufffd";
    } else if (rune.code == '"' || rune.code == '\\') {
      out += '\\';
      out += static_cast<char>(rune.code);
    } else if (is_hidden(rune.code)) {
      append_escape(out, rune.code);
    } else {
      out += text.substr(0, rune.length);
    }
    text.remove_prefix(rune.length == 0 ? 1 : rune.length);
  }
  out += cut ? "...\"" : "\"";
}

bool is_plain(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/@+,%[]";
  return !text.empty() && text.size() <= max_text &&
         text.find_first_not_of(plain) == std::string_view::npos;
}

void append_text(std::string& out, std::string_view text, bool json) {
  if (!json && is_plain(text))
    out += text;
  else
    append_quoted(out, text);
}

spdlog::level::level_enum level_of(LogLevel lowest) {
  switch (lowest) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// One for the process. Threads write while another one changes its form.
struct Sink {
  spdlog::logger logger{"waybill", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::atomic<bool> json = false;

  Sink() {
    logger.set_error_handler([](const std::string&) {});  // a lost line must not write others
    take(LogForm::automatic, LogLevel::info);
  }
  void take(LogForm form, LogLevel lowest) {
    json = form == LogForm::json || (form == LogForm::automatic && ::isatty(STDERR_FILENO) == 0);
    logger.set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                            : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                       spdlog::pattern_time_type::utc);
    logger.set_level(level_of(lowest));
  }
};

Sink& sink() {
  static Sink only;
  return only;
}

void write(spdlog::level::level_enum level, std::string_view event, LogFields fields) noexcept {
  try {
    Sink& out = sink();
    if (!out.logger.should_log(level)) return;
    const bool json = out.json;
    std::string line = format_log_line(json, event, fields);
    if (const auto id = current_request_id(); !id.empty()) {  // of characters that need no quotes
      line.append(json ? ",\"request_id\":\"" : " request_id=").append(id);
      if (json) line += '"';
    }
    out.logger.log(level, spdlog::string_view_t(line));
  } catch (...) {  // no memory for a line: the daemon's work is worth more
  }
}

}  // namespace

std::string format_log_line(bool json, std::string_view event, LogFields fields) {
  std::string out;
  if (json) out += "\"event\":";
  append_text(out, event, json);
  for (const LogField& field : fields) {
    out += json ? "," : " ";
    append_text(out, field.key, json);
    out += json ? ":" : "=";
    if (const auto* text = std::get_if<std::string_view>(&field.value.value_)) {
      append_text(out, *text, json);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value.value_)) {
      out += std::to_string(*number);
    } else {
      out += std::to_string(std::get<std::uint64_t>(field.value.value_));
    }
  }
  return out;
}

void log_debug(std::string_view event, LogFields fields) noexcept {
  write(spdlog::level::debug, event, fields);
}
void log_info(std::string_view event, LogFields fields) noexcept {
  write(spdlog::level::info, event, fields);
}
void log_warning(std::string_view event, LogFields fields) noexcept {
  write(spdlog::level::warn, event, fields);
}
void log_error(std::string_view event, LogFields fields) noexcept {
  write(spdlog::level::err, event, fields);
}

void set_log_form(LogForm form, LogLevel lowest) { sink().take(form, lowest); }

void set_log_level(LogLevel lowest) noexcept { sink().logger.set_level(level_of(lowest)); }

std::optional<LogForm> log_form_from(std::string_view word) {
  if (word == "auto") return LogForm::automatic;
  if (word == "text") return LogForm::text;
  if (word == "json") return LogForm::json;
  return std::nullopt;
}

std::optional<LogLevel> log_level_from(std::string_view word) {
  if (word == "debug") return LogLevel::debug;
  if (word == "info") return LogLevel::info;
  if (word == "warning") return LogLevel::warning;
  if (word == "error") return LogLevel::error;
  return std::nullopt;
}

}  // namespace waybill
