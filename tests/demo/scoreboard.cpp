#include "tests/demo/scoreboard.h"

#include <algorithm>
#include <cstdio>

namespace waybill::demo {
namespace {

constexpr std::string_view green = "\033[32m";
constexpr std::string_view red = "\033[31m";

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size()), ' ');
  return out;
}

}  // namespace

void Scoreboard::heading(std::string_view text) const { print("\n" + std::string(text) + "\n"); }

void Scoreboard::line(std::string_view mark, std::string_view colour, std::string_view code,
                      std::string_view what) const {
  const std::string shown = padded(mark, 8);
  print("  " + (colour_ ? std::string(colour) + shown + "\033[0m" : shown) + " " +
        padded(code, 19) + " " + std::string(what) + "\n");
}

void Scoreboard::honest(std::string_view what, bool accepted, std::string_view code) {
  ++steps_;
  if (accepted) return line("accepted", green, "(honest)", what);
  failed_ = true;
  line("FAILED", red, code, std::string(what) + ": the honest one was refused");
}

void Scoreboard::attack(std::string_view what, std::string_view code,
                        std::initializer_list<Errc> expected) {
  const bool known =
      std::ranges::any_of(expected, [&](Errc errc) { return describe(errc).name == code; });
  if (known) {
    ++refused_;
    return line("refused", green, code, what);
  }
  failed_ = true;
  if (code.empty()) {
    ++accepted_;
    return line("ACCEPTED", red, "", what);
  }
  line("WRONG", red, code, std::string(what) + ": refused, but with another code");
}

}  // namespace waybill::demo
