#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill {

/// A view of bytes that somebody else owns. Never kept beyond the call it was given to.
using Bytes = std::span<const std::uint8_t>;
/// Public bytes that we own: wire forms, sealed blobs. Never a secret (see secret.h).
using Buffer = std::vector<std::uint8_t>;

template <std::size_t N>
using FixedBytes = std::array<std::uint8_t, N>;

/// A BLAKE2b-256 hash (specs/protocol.md 1). Public, compared as bytes.
using Digest = FixedBytes<32>;
/// The name of one ticket, 16 bytes.
using TicketId = FixedBytes<16>;
/// Random for each start of a service; an authenticator names the instance it is meant for.
using InstanceId = FixedBytes<16>;

inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Buffer copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// Equality of public bytes; for secrets and tags use `same_secret` (ticket/secret.h).
inline bool equal(Bytes a, Bytes b) { return std::ranges::equal(a, b); }

/// Copies into a fixed size. Requires `bytes.size() == N`.
template <std::size_t N>
FixedBytes<N> fixed(Bytes bytes) {
  FixedBytes<N> out{};
  std::copy_n(bytes.begin(), std::min(N, bytes.size()), out.begin());
  return out;
}

}  // namespace waybill
