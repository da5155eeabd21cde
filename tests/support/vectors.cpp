#include "tests/support/vectors.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

void write_comment(std::string& out, std::string_view text) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    out += line.empty() ? "#" : "# ";
    out += line;
    out += '\n';
  }
}

}  // namespace

void VectorCase::complain(std::string_view name, std::string_view what) {
  throw std::runtime_error("vector: " + std::string(name) + " " + std::string(what));
}

bool VectorCase::has(std::string_view name) const {
  return std::ranges::any_of(values, [&](const auto& v) { return v.first == name; });
}

const std::string& VectorCase::text(std::string_view name) const {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  complain(name, "is missing");
}

std::vector<std::string> VectorCase::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : values) {
    if (key == name) out.push_back(value);
  }
  return out;
}

Buffer VectorCase::hex(std::string_view name) const {
  auto bytes = from_hex(text(name));
  if (!bytes) complain(name, "is not hex");
  return *std::move(bytes);
}

std::vector<Buffer> VectorCase::all_hex(std::string_view name) const {
  std::vector<Buffer> out;
  for (auto& [line, bytes] : all_of({name})) out.push_back(std::move(bytes));
  return out;
}

std::vector<std::pair<std::string, Buffer>> VectorCase::all_of(
    std::initializer_list<std::string_view> names) const {
  std::vector<std::pair<std::string, Buffer>> out;
  for (const auto& [name, value] : values) {
    if (std::ranges::find(names, name) == names.end()) continue;
    auto bytes = from_hex(value);
    if (!bytes) complain(name, "is not hex");
    out.emplace_back(name, *std::move(bytes));
  }
  return out;
}

std::uint64_t VectorCase::number(std::string_view name) const {
  const std::string& value = text(name);
  std::uint64_t out = 0;
  const char* end = value.data() + value.size();
  if (std::from_chars(value.data(), end, out).ptr != end) complain(name, "is not a number");
  return out;
}

Time VectorCase::time(std::string_view name) const {
  return Time{Seconds{static_cast<std::int64_t>(number(name))}};
}

Outcome VectorCase::expect() const {
  const auto found = outcome_from(text("expect"));
  if (!found) complain("expect", "names no error code");
  return *found;
}

std::ostream& operator<<(std::ostream& out, const VectorCase& vector) {
  return out << (vector.has("name") ? vector.text("name") : std::string("a case without a name"));
}

std::vector<VectorCase> parse_vectors(std::string_view text) {
  std::vector<VectorCase> out;
  VectorCase current;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    if (trim(line).empty()) {
      if (!current.values.empty()) out.push_back(std::exchange(current, {}));
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string::npos)
      throw std::runtime_error("vector: a line without '=': " + line);
    current.values.emplace_back(trim(std::string_view(line).substr(0, equals)),
                                trim(std::string_view(line).substr(equals + 1)));
  }
  if (!current.values.empty()) out.push_back(std::move(current));
  return out;
}

std::string read_source(std::string_view path) {
  std::ifstream file(std::string(WAYBILL_SOURCE_DIR "/") + std::string(path), std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + std::string(path));
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::vector<VectorCase> load_vectors(std::string_view file) {
  return parse_vectors(read_source("specs/vectors/" + std::string(file)));
}

std::vector<VectorCase> load_vectors(std::string_view file, std::string_view kind) {
  auto all = load_vectors(file);
  std::erase_if(all, [&](const VectorCase& row) { return row.text("kind") != kind; });
  if (all.empty()) throw std::runtime_error(std::string(file) + " has no " + std::string(kind));
  return all;
}

VectorText::VectorText(std::string_view about) { write_comment(text_, about); }

VectorText& VectorText::begin(std::string_view name, std::string_view comment) {
  text_ += '\n';
  write_comment(text_, comment);
  return add("name", name);
}

VectorText& VectorText::add(std::string_view name, std::string_view text) {
  text_ += name;
  text_ += text.empty() ? " =" : " = ";
  text_ += text;
  text_ += '\n';
  return *this;
}

}  // namespace waybill::test
