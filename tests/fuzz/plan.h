#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ticket/wire/bytes.h"

namespace waybill::test::fuzz {

/// An input read as a list of choices, for targets that make their message themselves: where bytes
/// are sealed or signed, no fuzzer would ever guess them. Every input is a plan; one that has ended
/// goes on with zeros.
class Plan {
 public:
  explicit Plan(Bytes input) : left_(input) {}

  bool is_over() const { return left_.empty(); }
  std::uint8_t byte();
  bool yes() { return (byte() & 1U) != 0; }
  std::size_t below(std::size_t n);  ///< requires n > 0
  std::uint64_t number();            ///< small ones and the edges of 64 bits more often
  Buffer bytes(std::size_t most);    ///< its length, then itself
  std::string text(std::size_t most);
  template <std::size_t N>
  FixedBytes<N> fixed() {
    FixedBytes<N> out{};
    for (std::uint8_t& b : out) b = byte();
    return out;
  }
  template <class T, std::size_t N>
  const T& one_of(const T (&all)[N]) {
    return all[below(N)];
  }
  Bytes rest() { return std::exchange(left_, {}); }

 private:
  Bytes left_;
};

/// What somebody on the way may do to a message: one to four changes of bytes, after the plan; with
/// parts of `other` among them. The outcome may be the message itself.
Buffer changed(Bytes message, Bytes other, Plan& plan);

/// Inputs of all lengths up to about 700 bytes, the same in every run.
std::vector<Buffer> some_plans();

}  // namespace waybill::test::fuzz
