#include "ticket/adapters/request_id.h"

#include "ticket/secret.h"
#include "ticket/wire/hex.h"

namespace waybill {
namespace {

constexpr std::size_t most = 64;

// A log line has no parameter for it, and the functions between a door and a log know nothing of
// requests.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local const std::string* current = nullptr;

bool is_id(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !text.empty() && text.size() <= most &&
         text.find_first_not_of(plain) == std::string_view::npos;
}

}  // namespace

RequestScope::RequestScope(std::string_view offered)
    : id_(is_id(offered) ? offered : std::string_view()), before_(current) {
  current = &id_;
}

RequestScope::~RequestScope() { current = before_; }

RequestScope& RequestScope::make() {
  if (id_.empty()) id_ = to_hex(random_bytes<8>());
  return *this;
}

std::string_view current_request_id() noexcept {
  return current == nullptr ? std::string_view() : std::string_view(*current);
}

}  // namespace waybill
