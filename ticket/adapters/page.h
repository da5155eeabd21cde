#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text for a terminal of 80 columns. Pure functions.
namespace waybill {

inline constexpr std::size_t page_width = 80;

/// How many columns a text of printable characters takes, counted in code points.
std::size_t width_of(std::string_view text);

/// The words of a text in lines of at most `width` columns; blank lines stay, and lines that begin
/// with a blank stay as they are. A word that is longer has a line of its own.
std::string filled(std::string_view text, std::size_t width = page_width);

/// A shell command, indented by two; what does not fit goes on in lines that end with a backslash,
/// so that it can be pasted. Breaks before options and redirections, also inside $(), never inside
/// quotes.
std::string filled_command(std::string_view command, std::size_t width = page_width);

/// `[##########          ]  50 %`. Requires `of` > 0.
std::string progress_bar(std::size_t done, std::size_t of);

}  // namespace waybill
