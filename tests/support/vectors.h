#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/outcome.h"
#include "ticket/exchange/fields.h"
#include "ticket/secret.h"
#include "ticket/wire/bytes.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/hex.h"

namespace waybill::test {

/// The text form of specs/vectors (specs/vectors/README.md): `name = value` lines, an empty line
/// between cases, `#` comments. A name may stand on several lines of a case.

/// One scenario with one outcome. A missing or unreadable value is a broken file: the getters
/// throw std::runtime_error, which fails the test that reads it.
class VectorCase {
 public:
  std::vector<std::pair<std::string, std::string>> values;

  bool has(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  Buffer hex(std::string_view name) const;
  std::vector<Buffer> all_hex(std::string_view name) const;
  /// The lines of these names, in the order in which they stand, as bytes.
  std::vector<std::pair<std::string, Buffer>> all_of(
      std::initializer_list<std::string_view> names) const;
  template <std::size_t N>
  FixedBytes<N> bytes(std::string_view name) const {
    return exactly<N>(name, hex(name));
  }
  Secret<32> secret(std::string_view name) const { return Secret<32>::copy(bytes<32>(name)); }
  std::uint64_t number(std::string_view name) const;
  Time time(std::string_view name) const;
  /// The line `expect`.
  Outcome expect() const;

 private:
  template <std::size_t N>
  static FixedBytes<N> exactly(std::string_view name, const Buffer& bytes) {
    if (bytes.size() != N) complain(name, "has another length");
    return fixed<N>(bytes);
  }
  [[noreturn]] static void complain(std::string_view name, std::string_view what);
};
/// The line `name`, so that a failing row says which it is.
std::ostream& operator<<(std::ostream& out, const VectorCase& vector);

std::vector<VectorCase> parse_vectors(std::string_view text);
/// specs/vectors/FILE.
std::vector<VectorCase> load_vectors(std::string_view file);
/// Those of its cases that are of this kind; none of them is a broken file.
std::vector<VectorCase> load_vectors(std::string_view file, std::string_view kind);
/// Any text file of the source tree, by its path from the root.
std::string read_source(std::string_view path);

/// Writes the same form.
class VectorText {
 public:
  /// Opens the file with what it is; each line becomes a comment.
  explicit VectorText(std::string_view about);
  /// Starts a case. `comment` says why it is as it is, and may be empty.
  VectorText& begin(std::string_view name, std::string_view comment = {});
  VectorText& add(std::string_view name, std::string_view text);
  VectorText& add(std::string_view name, const std::string& text) {
    return add(name, std::string_view(text));
  }
  VectorText& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  VectorText& add(std::string_view name, Bytes bytes) { return add(name, to_hex(bytes)); }
  VectorText& add(std::string_view name, const Buffer& bytes) { return add(name, Bytes(bytes)); }
  VectorText& add(std::string_view name, std::uint64_t number) {
    return add(name, std::to_string(number));
  }
  VectorText& add(std::string_view name, Time time) {
    return add(name, std::to_string(time.time_since_epoch().count()));
  }
  VectorText& expect(Outcome outcome) { return add("expect", outcome.text()); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace waybill::test
