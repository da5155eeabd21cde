#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A second implementation of specs/protocol.md: what a verifier and a client need of it. It is
/// written from the specification and stands on Botan; it shares no line with ticket/, on
/// libsodium, which it is compared with (tests/crosscheck). It is for that comparison alone: it
/// wipes nothing and hides no timing.
namespace second {

using View = std::span<const std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;
using Bytes16 = std::array<std::uint8_t, 16>;
using Bytes32 = std::array<std::uint8_t, 32>;
using Bytes64 = std::array<std::uint8_t, 64>;

/// The numbers of specs/errors.md.
enum class Code : unsigned {
  policy_denied = 12,
  login_failed = 24,
  bad_integrity = 31,
  ticket_expired = 32,
  not_yet_valid = 33,
  wrong_audience = 35,
  clock_skew = 37,
  bad_version = 39,
  wrong_kind = 40,
  unknown_kvno = 44,
  malformed = 128,
  limit_exceeded = 129,
  not_canonical = 130,
  bad_name = 131,
  wrong_realm = 140,
  unknown_epoch = 141,
  session_mismatch = 142,
  unknown_signer = 143,
  bad_proof = 144,
  feed_invalid = 151,
  bad_renewal = 157,
  bad_tag = 160,
  wrong_addressee = 161,
  wrong_instance = 162,
  wrong_request = 163,
  caveat_unknown = 164,
  caveat_expired = 165,
  caveat_audience = 166,
  caveat_action = 167,
  caveat_queue = 168,
  caveat_workflow_type = 169,
  caveat_workflow = 170,
  caveat_input = 171,
  caveat_downstream = 172,
  delegation_incomplete = 173,
  caveat_namespace = 174,
  possession_unproven = 189,
  realm_invalid = 195,
  bad_result = 213,
};

/// Thrown by everything here, and nothing else is.
struct Refused {
  Code code;
};

[[noreturn]] inline void refuse(Code code) { throw Refused{code}; }
inline void require(bool holds, Code code) {
  if (!holds) refuse(code);
}

inline View view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string text(View bytes) { return {bytes.begin(), bytes.end()}; }
inline Bytes copy(View bytes) { return {bytes.begin(), bytes.end()}; }
inline bool same(View a, View b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

/// Requires at least N bytes.
template <std::size_t N>
std::array<std::uint8_t, N> first(View bytes) {
  std::array<std::uint8_t, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = bytes[i];
  return out;
}

}  // namespace second
