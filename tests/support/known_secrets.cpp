#include "tests/support/known_secrets.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <stdexcept>

#include "ticket/adapters/base64.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

constexpr std::size_t part_of_a_key = 16;

unsigned start_of(const char* two) {
  return static_cast<std::uint8_t>(two[0]) |
         static_cast<unsigned>(static_cast<std::uint8_t>(two[1])) << 8;
}

}  // namespace

void KnownSecrets::add_form(const std::string& name, std::string bytes) {
  if (bytes.size() < 2) throw std::invalid_argument("a secret that is found everywhere");
  longest_ = std::max(longest_, bytes.size());
  const unsigned start = start_of(bytes.data());
  starts_.set(start);
  forms_.emplace(start, Form{name, std::move(bytes)});
}

void KnownSecrets::add_key(const std::string& name, Bytes key) {
  for (std::size_t at = 0; at + part_of_a_key <= key.size(); at += 8) {
    add_form(name, std::string(text_of(key.subspan(at, part_of_a_key))));
  }
  add_form(name, to_hex(key));
  add_form(name, to_base64(key));
  add_form(name, to_base64url(key));
}

void KnownSecrets::add_text(const std::string& name, std::string_view text) {
  add_form(name, std::string(text));
  add_form(name, to_hex(bytes_of(text)));
  add_form(name, to_base64(bytes_of(text)));
}

std::vector<std::string> KnownSecrets::found_in(std::string_view bytes) const {
  std::set<std::string> found;
  for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
    const unsigned start = start_of(bytes.data() + at);
    if (!starts_.test(start)) continue;
    const auto [from, to] = forms_.equal_range(start);
    for (auto form = from; form != to; ++form) {
      if (bytes.substr(at).starts_with(form->second.bytes)) found.insert(form->second.name);
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace waybill::test
