#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waybill {

/// Where a daemon listens: `host:port` or `[v6]:port`; port 0 is any free one.
struct ListenAddress {
  std::string host;
  std::uint16_t port;

  /// Nothing for any other text.
  static std::optional<ListenAddress> parse(std::string_view text);
  std::string text() const;
  /// 0.0.0.0 and ::, which no client can call.
  bool is_every_address() const { return host == "0.0.0.0" || host == "::"; }
};

/// A name or an address of this host alone, as it stands in ListenAddress: `localhost`, 127.x, ::1.
bool is_loopback(std::string_view host);

}  // namespace waybill
