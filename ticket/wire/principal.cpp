#include "ticket/wire/principal.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

// The bytes that a kind of name may have.
class Alphabet {
 public:
  // Letters are a range of ASCII, `others` are named.
  constexpr Alphabet(bool upper, std::string_view others) {
    for (char c = 'a'; c <= 'z'; ++c) allow(c);
    for (char c = 'A'; upper && c <= 'Z'; ++c) allow(c);
    for (char c = '0'; c <= '9'; ++c) allow(c);
    for (const char c : others) allow(c);
  }
  bool spells(std::string_view text, std::size_t limit) const {
    return !text.empty() && text.size() <= limit && std::ranges::all_of(text, [this](char c) {
      return allowed_[static_cast<std::uint8_t>(c)];
    });
  }

 private:
  constexpr void allow(char c) { allowed_[static_cast<std::uint8_t>(c)] = true; }
  std::array<bool, 256> allowed_{};
};

constexpr Alphabet realm_alphabet(true, ".-");
constexpr Alphabet principal_alphabet(false, "._/-");
constexpr Alphabet name_alphabet(true, "._:/-");

}  // namespace

Result<Realm> Realm::parse(std::string_view text) {
  if (!realm_alphabet.spells(text, limits::max_realm)) return Error{Errc::bad_name, "realm"};
  return Realm(text);
}

Result<Principal> Principal::parse(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return Error{Errc::bad_name, "principal without a realm"};
  TRY(realm, Realm::parse(text.substr(at + 1)));
  return make(text.substr(0, at), std::move(realm));
}

Result<Principal> Principal::parse(std::string_view text, const Realm& realm) {
  return text.find('@') == std::string_view::npos ? make(text, realm) : parse(text);
}

Result<Principal> Principal::make(std::string_view name, Realm realm) {
  if (!principal_alphabet.spells(name, limits::max_principal_name)) {
    return Error{Errc::bad_name, "principal"};
  }
  return Principal(name, std::move(realm));
}

bool is_name(std::string_view text, std::size_t limit) { return name_alphabet.spells(text, limit); }

Result<Pattern> Pattern::parse(std::string_view text) {
  const std::string_view stem = text.ends_with('*') ? text.substr(0, text.size() - 1) : text;
  const bool any = stem.empty() && !text.empty();
  if (!any && !is_name(stem, limits::max_name)) return Error{Errc::bad_name, "pattern"};
  return Pattern(text);
}

bool Pattern::matches(std::string_view name) const {
  const std::string_view text = text_;
  if (!text.ends_with('*')) return name == text;
  return name.starts_with(text.substr(0, text.size() - 1));
}

}  // namespace waybill
