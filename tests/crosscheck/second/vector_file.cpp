#include "tests/crosscheck/second/vector_file.h"

#include <fstream>
#include <map>
#include <stdexcept>

namespace second {
namespace {

std::ifstream opened(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return file;
}

// | number | `enumerator` | `name` | …
std::map<std::string, unsigned, std::less<>> read_errors(const std::string& path) {
  std::map<std::string, unsigned, std::less<>> out;
  std::ifstream file = opened(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t name = line.find("| `WB-");
    if (!line.starts_with("| ") || name == std::string::npos) continue;
    if (line.find_first_of("0123456789") != 2) continue;  // a table of other codes
    const std::size_t from = name + 3;
    out[line.substr(from, line.find('`', from) - from)] =
        static_cast<unsigned>(std::stoul(line.substr(2)));
  }
  return out;
}

}  // namespace

std::vector<VectorCase> read_vectors(const std::string& path) {
  std::vector<VectorCase> cases;
  std::ifstream file = opened(path);
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      inside = false;
      continue;
    }
    if (!inside) cases.emplace_back();
    inside = true;
    const std::size_t equals = line.find(" =");
    if (equals == std::string::npos) throw std::runtime_error(path + ": no value: " + line);
    const std::size_t value = std::min(line.size(), equals + 3);
    cases.back().lines.emplace_back(line.substr(0, equals), line.substr(value));
  }
  return cases;
}

std::ostream& operator<<(std::ostream& out, const VectorCase& row) {
  if (row.has("name")) return out << row.text("name");
  return out << row.lines.front().first << " " << row.lines.front().second;
}

bool VectorCase::has(std::string_view name) const { return !all(name).empty(); }

const std::string& VectorCase::text(std::string_view name) const {
  for (const auto& [key, value] : lines) {
    if (key == name) return value;
  }
  throw std::runtime_error("no line " + std::string(name));
}

std::vector<std::string> VectorCase::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : lines) {
    if (key == name) out.push_back(value);
  }
  return out;
}

Bytes VectorCase::hex(std::string_view name) const { return from_hex(text(name)); }

std::uint64_t VectorCase::number(std::string_view name) const { return std::stoull(text(name)); }

Bytes from_hex(std::string_view hex) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (hex.size() % 2 != 0 || hex.find_first_not_of(digits) != std::string_view::npos) {
    throw std::runtime_error("not hex: " + std::string(hex));
  }
  Bytes out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(digits.find(hex[i]) << 4 | digits.find(hex[i + 1])));
  }
  return out;
}

std::string to_hex(View bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

unsigned number_of(const std::string& errors_md, std::string_view name) {
  if (name == "ok") return 0;
  static const auto names = read_errors(errors_md);
  const auto found = names.find(name);
  if (found == names.end()) throw std::runtime_error("no refusal " + std::string(name));
  return found->second;
}

}  // namespace second
