// What is read out of texts: one value has one text.

#include <algorithm>
#include <cctype>

#include "tests/fuzz/ticket_targets.h"
#include "ticket/exchange/feed_segment.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "ticket/wire/principal.h"

namespace waybill::test::fuzz {
namespace {

template <class... Texts>
std::vector<Buffer> texts(Texts... all) {
  return {copy_of(bytes_of(all))...};
}

bool is_within(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == text.npos;
}

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz", digits = "0123456789";

void read_principal(Bytes input) {
  const std::string_view text = text_of(input);
  const auto who = Principal::parse(text);
  if (!who) return;
  require(who->text() == text, "a principal is written as it was read");
  require(is_within(who->name(), std::string(lower) + std::string(digits) + "._/-"),
          "a principal's name has none but its letters");
  require(!who->name().empty() && who->name().size() <= limits::max_principal_name &&
              who->realm().text().size() <= limits::max_realm,
          "a principal's name has its lengths");
  const auto again = Principal::parse(who->name(), who->realm());
  require(again && *again == *who, "a bare name belongs to the realm");
}

void read_pattern(Bytes input) {
  const std::string_view text = text_of(input);
  const auto pattern = Pattern::parse(text);
  if (!pattern) return;
  require(pattern->text() == text, "a pattern is written as it was read");
  const bool open = text.ends_with('*');
  const std::string_view prefix = text.substr(0, text.size() - (open ? 1 : 0));
  require(prefix.find('*') == prefix.npos, "a star stands at the end alone");
  require(pattern->matches(prefix) || prefix.empty(), "a pattern matches its prefix");
  require(pattern->matches(std::string(prefix) + "x") == open, "only a star matches more");
  require(pattern->matches("~" + std::string(prefix)) == (open && prefix.empty()),
          "a pattern matches no other beginning");
}

void read_hex(Bytes input) {
  const auto bytes = from_hex(text_of(input));
  if (bytes) require(to_hex(*bytes) == text_of(input), "hex is written as it was read");
  require(*from_hex(to_hex(input)) == copy_of(input), "bytes come back from their hex");
}

void read_segment_name(Bytes input) {
  const auto name = SegmentName::parse(text_of(input));
  if (!name) return;
  require(name->path() == text_of(input), "a segment's name is written as it was read");
  require(name->before() < name->end(), "a segment holds something");
}

// Code point by code point, and written again: only UTF-8 comes out as it was.
bool survives_as_utf8(std::string_view text) {
  std::string again;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const int size = c < 0x80 ? 1 : (c >> 5) == 6 ? 2 : (c >> 4) == 14 ? 3 : (c >> 3) == 30 ? 4 : 0;
    if (size == 0 || i + static_cast<std::size_t>(size) > text.size()) return false;
    std::uint32_t point = size == 1 ? c : c & ((1U << (7 - size)) - 1);
    for (int k = 1; k < size; ++k) {
      point =
          point << 6 | (static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]) & 63U);
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    const int least = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static constexpr unsigned heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    again += static_cast<char>(heads[least] | point >> (6 * (least - 1)));
    for (int k = least - 2; k >= 0; --k)
      again += static_cast<char>(0x80 | (point >> (6 * k) & 63U));
    i += static_cast<std::size_t>(size);
  }
  return again == text;
}

void read_utf8(Bytes input) {
  require(is_utf8(text_of(input)) == survives_as_utf8(text_of(input)), "UTF-8 is what it is");
}

void read_name(Bytes input) {
  const std::string_view text = text_of(input);
  const bool good =
      !text.empty() && text.size() <= limits::max_name &&
      std::ranges::all_of(text, [](unsigned char c) {
        return (c < 0x80 && std::isalnum(c) != 0) ||
               std::string_view("._:/-").find(static_cast<char>(c)) != std::string::npos;
      });
  require(is_name(text, limits::max_name) == good, "a name is of its letters and length");
}

}  // namespace

Targets name_targets() {
  return {
      {"a_principal",
       [] { return texts("carol@DEMO.TEST", "trigger/orders@A", "a.b_c/d-1@x-Y.9", "carol"); },
       read_principal},
      {"a_pattern", [] { return texts("queue-*", "*", "invoice-report", "a:b/c"); }, read_pattern},
      {"a_name", [] { return texts("invoice:read", "a/b.c_d-E", ""); }, read_name},
      {"hex", [] { return texts("00ff", "deadbeef", "a", "AB"); }, read_hex},
      {"a_segment_name", [] { return texts("0/17", "0/17.5", "1/3", "0/0", "1/281474976710656"); },
       read_segment_name},
      {"utf8",
       [] { return texts("plain words", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xed\xa0\x80"); },
       read_utf8},
  };
}

}  // namespace waybill::test::fuzz
