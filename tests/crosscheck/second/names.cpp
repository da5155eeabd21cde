#include "tests/crosscheck/second/names.h"

#include "tests/crosscheck/second/limits.h"

namespace second {
namespace {

bool letters(std::string_view text, std::string_view alphabet, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         text.find_first_not_of(alphabet) == std::string_view::npos;
}

constexpr std::string_view realm_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
constexpr std::string_view principal_letters = "abcdefghijklmnopqrstuvwxyz0123456789._/-";
constexpr std::string_view name_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-";

}  // namespace

bool is_realm(std::string_view text) { return letters(text, realm_letters, max_realm); }

bool is_principal(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && letters(text.substr(0, at), principal_letters, max_name) &&
         is_realm(text.substr(at + 1));
}

bool is_name(std::string_view text, std::size_t most) { return letters(text, name_letters, most); }

std::string realm_of(std::string_view principal) {
  return std::string(principal.substr(principal.find('@') + 1));
}

}  // namespace second
