#pragma once

#include <map>
#include <string>

#include "tests/crosscheck/second/bytes.h"
#include "ticket/wire/error.h"
#include "ticket/wire/hex.h"

namespace waybill::test {

/// What one implementation makes of an input: the number of a refusal, or 0 and what it read.
struct Verdict {
  unsigned code = 0;
  std::string read{};
  friend bool operator==(const Verdict&, const Verdict&) = default;
};
std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

/// `read` turns what was accepted into text.
template <class R, class Read>
Verdict by_first(R&& result, Read read) {
  if (!result) return {static_cast<unsigned>(result.error().code)};
  return {0, read(*result)};
}
template <class Read>
Verdict by_second(Read read) {
  try {
    return {0, read()};
  } catch (const second::Refused& refused) {
    return {static_cast<unsigned>(refused.code)};
  }
}

/// Collects comparisons, and how often each verdict was reached.
class Comparison {
 public:
  explicit Comparison(std::string_view what) : what_(what) {}
  /// Fails the test case, with the input in hex, when the two differ: once for each pair of codes.
  void add(Bytes input, const Verdict& first, const Verdict& second);
  /// Fails the test case unless each of these was reached: a comparison whose inputs all fail at
  /// the first check compares little.
  void reached(std::initializer_list<Errc> refusals, std::size_t acceptances) const;

 private:
  std::string what_;
  std::map<std::pair<unsigned, unsigned>, std::size_t> differences_;
  std::map<unsigned, std::size_t> seen_;
};

}  // namespace waybill::test
