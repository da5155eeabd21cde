#include "tests/crosscheck/verdict.h"

#include <boost/test/unit_test.hpp>

namespace waybill::test {

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  const auto known = errc_from(verdict.code);
  if (verdict.code == 0) return out << "accepted as " << verdict.read;
  return out << (known ? describe(*known).name : "a refusal without a name");
}

void Comparison::add(Bytes input, const Verdict& first, const Verdict& second) {
  ++seen_[first.code];
  if (first == second || ++differences_[{first.code, second.code}] > 1) return;
  BOOST_ERROR(what_ << ": " << to_hex(input) << "\n  first:  " << first
                    << "\n  second: " << second);
}

void Comparison::reached(std::initializer_list<Errc> refusals, std::size_t acceptances) const {
  const auto times = [&](unsigned code) {
    const auto found = seen_.find(code);
    return found == seen_.end() ? 0 : found->second;
  };
  for (const auto& [code, count] : seen_) {
    BOOST_TEST_MESSAGE(what_ << ": " << Verdict{code} << ": " << count);
  }
  BOOST_TEST(differences_.empty(), what_);
  BOOST_TEST(times(0) >= acceptances, what_ << ": accepted");
  for (const Errc code : refusals) {
    BOOST_TEST(times(static_cast<unsigned>(code)) > 0U, what_ << ": " << describe(code).name);
  }
}

}  // namespace waybill::test
