#include "tools/text.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "ticket/wire/bytes.h"

namespace waybill::tools {
namespace {

using namespace std::chrono_literals;

struct Unit {
  char letter;
  std::string_view name;
  Seconds length;
};
constexpr std::array<Unit, 4> units{{
    {'d', "d", std::chrono::days(1)},
    {'h', "h", 1h},
    {'m', "min", 1min},
    {'s', "s", 1s},
}};
constexpr Seconds longest = std::chrono::days(3660);
constexpr Seconds last_time =
    std::chrono::sys_days(std::chrono::year(10000) / 1 / 1).time_since_epoch();

// Takes a decimal number off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// Just `digits` decimal digits off the front.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t digits) {
  unsigned value = 0;
  if (text.size() < digits) return std::nullopt;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;  // zero: broken UTF-8
};

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {0, 0};
  std::uint32_t value = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {0, 0};
    value = value << 6U | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < least[bytes] || value > 0x10ffff || surrogate) return {0, 0};
  return {value, bytes};
}

// Characters that act on a terminal or change the order of what stands beside them.
bool is_active(std::uint32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool direction = c == 0x200e || c == 0x200f || c == 0x061c ||
                         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  const bool line = c == 0x2028 || c == 0x2029;
  return control || direction || line || c == 0xfeff;
}

std::string print_active(std::uint32_t c) {
  std::array<char, 16> out{};
  const int size = c < 0x100 ? std::snprintf(out.data(), out.size(), "\\x%02x", c)
                             : std::snprintf(out.data(), out.size(), "\\u{%04x}", c);
  return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::optional<Seconds> parse_duration(std::string_view text) {
  Seconds total{};
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number || text.empty()) return std::nullopt;
    while (next_unit < units.size() && units[next_unit].letter != text.front()) ++next_unit;
    if (next_unit == units.size()) return std::nullopt;  // unknown, repeated or out of order
    const Unit& unit = units[next_unit++];
    text.remove_prefix(1);
    if (*number > static_cast<std::uint64_t>(longest / unit.length)) return std::nullopt;
    total += unit.length * static_cast<std::int64_t>(*number);
  }
  if (total == 0s || total > longest) return std::nullopt;
  return total;
}

std::string print_duration(Seconds duration) {
  std::size_t first = 0;
  while (first + 1 < units.size() && duration < units[first].length) ++first;
  const auto count = [&](const Unit& unit) {
    return std::to_string(duration / unit.length) + " " + std::string(unit.name);
  };
  std::string out = count(units[first]);
  duration %= units[first].length;
  if (first + 1 < units.size() && duration >= units[first + 1].length) {
    out += " " + count(units[first + 1]);
  }
  return out;
}

std::string print_relative(Time time, Time now) {
  if (time > now) return "in " + print_duration(time - now);
  if (time < now) return print_duration(now - time) + " ago";
  return "now";
}

std::string print_local(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  std::array<char, 32> out{};
  if (localtime_r(&seconds, &parts) == nullptr) return print_rfc3339(time);
  return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string print_rfc3339(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 32> out{};
  const int size = std::snprintf(
      out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {out.data(), static_cast<std::size_t>(size)};
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (take(text, '.') && !take_number(text)) return std::nullopt;
  if (!second || text != "Z") return std::nullopt;
  const auto date = std::chrono::year(static_cast<int>(*year)) / std::chrono::month(*month) /
                    std::chrono::day(*day);
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         Seconds(*second);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const auto number = take_number(text);
  return text.empty() ? number : std::nullopt;
}

std::optional<Time> parse_unix(std::string_view text) {
  const auto seconds = parse_number(text);
  if (!seconds) return std::nullopt;
  if (*seconds >= static_cast<std::uint64_t>(last_time.count())) return std::nullopt;
  return Time(Seconds(*seconds));
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const std::size_t taken = std::max<std::size_t>(point.bytes, 1);
    if (point.bytes == 0) {
      out += print_active(static_cast<std::uint8_t>(text.front()));
    } else if (is_active(point.value)) {
      out += print_active(point.value);
    } else {
      out += text.substr(0, taken);
    }
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace waybill::tools
