#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ticket/adapters/page.h"
#include "ticket/wire/clock.h"

/// Values as a person types and reads them. Pure functions; only print_local() looks at the
/// system, for its time zone.
namespace waybill::tools {

/// `15m`, `8h`, `7d`, `90s`, or several units from the largest to the smallest: `1d8h`. A number
/// needs its unit. Nothing for any other text, for zero, and beyond ten years.
std::optional<Seconds> parse_duration(std::string_view text);
/// The two largest units: `7 h 58 min`, `1 d 8 h`, `42 s`. Requires a duration that is not
/// negative.
std::string print_duration(Seconds duration);

/// `in 7 h 58 min`, `12 min ago`, `now`.
std::string print_relative(Time time, Time now);
/// `2030-05-01 11:30:00`, in the time zone of the user.
std::string print_local(Time time);
/// `2030-05-01T09:30:00Z`: every time in JSON.
std::string print_rfc3339(Time time);
/// Reads what print_rfc3339 wrote, also with a fraction of a second, which is dropped.
std::optional<Time> parse_rfc3339(std::string_view text);
/// Decimal digits and nothing else.
std::optional<std::uint64_t> parse_number(std::string_view text);
/// Decimal Unix seconds, as in the fields of the KDC's answers.
std::optional<Time> parse_unix(std::string_view text);

/// A text of somebody else, safe to print on a terminal and in one line: control characters,
/// directional marks and broken UTF-8 become `\x1b` and `\u{202e}`. A backslash stays as it is.
std::string escaped(std::string_view text);

}  // namespace waybill::tools
