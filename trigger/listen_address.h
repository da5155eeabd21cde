#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waybill::trigger {

/// `host:port` or `[v6]:port`.
struct ListenAddress {
  std::string host;
  std::uint16_t port;

  /// Nothing for any other text.
  static std::optional<ListenAddress> parse(std::string_view text);
  std::string text() const;
  /// 0.0.0.0 and ::, which no client can call.
  bool is_every_address() const { return host == "0.0.0.0" || host == "::"; }
};

}  // namespace waybill::trigger
