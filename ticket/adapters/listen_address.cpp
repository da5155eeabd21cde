#include "ticket/adapters/listen_address.h"

#include <charconv>

namespace waybill {

std::optional<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!in_brackets && host.find(':') != host.npos)) return std::nullopt;
  // Names, addresses, and the zone of one; nothing that a line of settings could not hold.
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%";
  if (host.find_first_not_of(letters) != host.npos) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (fault != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return ListenAddress{std::string(host), port};
}

std::string ListenAddress::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_loopback(std::string_view host) {
  const bool is_v4 = host.find_first_not_of("0123456789.") == host.npos;
  return host == "localhost" || host == "::1" || (is_v4 && host.starts_with("127."));
}

}  // namespace waybill
