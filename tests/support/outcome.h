#pragma once

#include <optional>
#include <ostream>
#include <string_view>

#include "ticket/wire/error.h"

namespace waybill {

/// How Boost.Test prints a code: by its stable name.
inline std::ostream& boost_test_print_type(std::ostream& out, Errc code) {
  return out << describe(code).name;
}

}  // namespace waybill

namespace waybill::test {

/// What became of something: accepted, or refused with a code. Compares and prints, so that a test
/// says BOOST_TEST(outcome(result) == Errc::bad_tag) and a failure names both codes.
struct Outcome {
  std::optional<Errc> refusal;

  Outcome() = default;
  Outcome(Errc code) : refusal(code) {}  // NOLINT(google-explicit-constructor): tables of rows
  /// "ok" or the stable name of the code, as in specs/vectors.
  std::string_view text() const { return refusal ? describe(*refusal).name : "ok"; }

  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Outcome& o) { return out << o.text(); }
};
inline const Outcome accepted;

template <class T>
Outcome outcome(const Result<T>& result) {
  return result ? Outcome() : Outcome(result.error().code);
}

/// The outcome that a vector's `expect` line names; nothing when there is no such code.
inline std::optional<Outcome> outcome_from(std::string_view text) {
  if (text == "ok") return Outcome();
  for (const ErrorText& row : all_errors()) {
    if (row.name == text) return Outcome(row.code);
  }
  return std::nullopt;
}

}  // namespace waybill::test
