#include "tests/crosscheck/vector_run.h"

#include <stdexcept>

#include <boost/test/unit_test.hpp>

namespace second {

std::vector<VectorCase> cases(const char* file, std::string_view kind) {
  auto all = read_vectors(std::string(WAYBILL_SOURCE_DIR "/specs/vectors/") + file);
  if (!kind.empty()) {
    std::erase_if(all, [&](const VectorCase& row) { return row.text("kind") != kind; });
  }
  if (all.empty()) throw std::runtime_error(std::string(file) + " has no such cases");
  return all;
}

void expect_of(const VectorCase& row, const std::function<void()>& check) {
  unsigned outcome = 0;
  try {
    check();
  } catch (const Refused& refused) {
    outcome = static_cast<unsigned>(refused.code);
  }
  BOOST_TEST(outcome == number_of(WAYBILL_SOURCE_DIR "/specs/errors.md", row.text("expect")));
}

void same_hex(const VectorCase& row, std::string_view name, View bytes) {
  BOOST_TEST(to_hex(bytes) == row.text(name));
}

}  // namespace second
