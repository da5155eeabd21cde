#pragma once

#include <iosfwd>

#include "tests/crosscheck/second/bytes.h"

namespace second {

/// The text form of specs/vectors, read in twenty lines. What is missing or broken throws
/// std::runtime_error.
struct VectorCase {
  std::vector<std::pair<std::string, std::string>> lines;

  bool has(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  Bytes hex(std::string_view name) const;
  std::uint64_t number(std::string_view name) const;
};
/// By its name, or by its first line when it has none.
std::ostream& operator<<(std::ostream& out, const VectorCase& row);

std::vector<VectorCase> read_vectors(const std::string& path);
Bytes from_hex(std::string_view hex);
std::string to_hex(View bytes);

/// The number of a refusal's name (`WB-…`) in the tables of an errors.md; 0 for "ok".
unsigned number_of(const std::string& errors_md, std::string_view name);

}  // namespace second
