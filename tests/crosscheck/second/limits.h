#pragma once

#include <cstddef>
#include <cstdint>

/// The limits of specs/protocol.md, 1, and the other numbers that stand in its text.
namespace second {

inline constexpr std::size_t kib = 1024;

inline constexpr std::size_t max_ticket = 4 * kib;
inline constexpr std::size_t max_ticket_with_booklet = 16 * kib;
inline constexpr std::size_t max_evidence = 4 * kib;
inline constexpr std::size_t max_presentation = 24 * kib;
inline constexpr std::size_t max_message = 64 * kib;
inline constexpr std::size_t max_reply = 1024 * kib;
inline constexpr std::size_t max_login_message = 4 * kib;
inline constexpr std::size_t login_answer = 1024;
inline constexpr std::size_t least_padding = 256;
inline constexpr std::size_t max_keytab = 16 * kib;
inline constexpr std::size_t max_ccache = 1024 * kib;
inline constexpr std::size_t max_feed_message = 2 * kib;  // a head, its statement, an entry; and
                                                          // a checkpoint
inline constexpr std::size_t max_segment = 10 * kib * kib;

inline constexpr std::size_t max_realm = 64;
inline constexpr std::size_t max_name = 128;
inline constexpr std::size_t max_workflow_id = 200;
inline constexpr std::size_t max_detail = kib;
inline constexpr std::size_t max_feed_name = 200;
inline constexpr std::size_t max_reason = 256;
inline constexpr std::size_t max_field_value = 4 * kib;

inline constexpr std::size_t max_depth = 4;
inline constexpr std::size_t max_values = 32 * kib;
inline constexpr std::size_t max_caveats = 16;
inline constexpr std::size_t max_caveat = 2 * kib;  // and an authenticator
inline constexpr std::size_t max_actions = 32;
inline constexpr std::size_t max_downstreams = 16;
inline constexpr std::size_t max_chain = 8;
inline constexpr std::size_t max_path = 12;
inline constexpr std::size_t max_operations = 32;
inline constexpr std::size_t max_keys = 64;          // of a kind, in a realm document
inline constexpr std::size_t max_credentials = 256;  // in a cache
inline constexpr std::size_t max_fields = 128;

inline constexpr std::uint64_t last_second = 253402300799;
inline constexpr std::uint64_t skew = 120;
inline constexpr std::uint64_t signing_window = 17 * 60;
inline constexpr std::uint64_t longest_life = 31 * 24 * 3600;
inline constexpr std::uint64_t longest_duration = 10ULL * 366 * 24 * 3600;

}  // namespace second
