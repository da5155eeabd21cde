#include "ticket/principal.h"

#include <algorithm>

#include "ticket/limits.h"

namespace waybill {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Allowed>
bool consists_of(std::string_view text, std::size_t limit, Allowed allowed) {
  return !text.empty() && text.size() <= limit && std::ranges::all_of(text, allowed);
}

bool name_char(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || c == '.' || c == '_' || c == ':' ||
         c == '/' || c == '-';
}

}  // namespace

Result<Realm> Realm::parse(std::string_view text) {
  const auto allowed = [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '.' || c == '-';
  };
  if (!consists_of(text, limits::max_realm, allowed)) return Error{Errc::bad_name, "realm"};
  return Realm(text);
}

Result<Principal> Principal::parse(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return Error{Errc::bad_name, "principal without a realm"};
  TRY(realm, Realm::parse(text.substr(at + 1)));
  return make(text.substr(0, at), realm);
}

Result<Principal> Principal::parse(std::string_view text, const Realm& realm) {
  return text.find('@') == std::string_view::npos ? make(text, realm) : parse(text);
}

Result<Principal> Principal::make(std::string_view name, const Realm& realm) {
  const auto allowed = [](char c) {
    return is_lower(c) || is_digit(c) || c == '.' || c == '_' || c == '/' || c == '-';
  };
  if (!consists_of(name, limits::max_principal_name, allowed)) {
    return Error{Errc::bad_name, "principal"};
  }
  return Principal(name, realm);
}

bool is_name(std::string_view text, std::size_t limit) {
  return consists_of(text, limit, name_char);
}

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
