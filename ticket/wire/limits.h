#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every constant of the protocol, with its unit and its reason. A message that passes a limit is
/// refused with `limit_exceeded` before anything of that size is allocated.
namespace waybill::limits {

using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr std::uint64_t protocol_version = 1;

// Sizes, in bytes.
inline constexpr std::size_t max_ticket = 4 * 1024;  // rides in an engine's header
inline constexpr std::size_t max_ticket_with_booklet = 16 * 1024;
inline constexpr std::size_t max_evidence = 4 * 1024;       // a ticket without its secrets
inline constexpr std::size_t max_presentation = 24 * 1024;  // a ticket and its caveats
inline constexpr std::size_t presentation_frame = 512;      // authenticator, tag, lengths
inline constexpr std::size_t max_message = 64 * 1024;       // any exchange; the body limit
inline constexpr std::size_t max_reply = 1024 * 1024;       // answers of one call; pages of a list
inline constexpr std::size_t max_noise_message = 4 * 1024;  // an AS message
inline constexpr std::size_t login_reply = 1024;            // payload of message 2, just that
inline constexpr std::size_t least_padding = 256;           // so that its length takes 2 bytes
inline constexpr std::size_t max_input = 4 * 1024 * 1024;   // a workflow's input or result
inline constexpr std::size_t max_keytab = 16 * 1024;
inline constexpr std::size_t max_ccache = 1024 * 1024;
inline constexpr std::size_t max_segment = 10 * 1024 * 1024;  // 16,384 of the longest entries

// Texts, in bytes. Names are ASCII and compared as bytes, never normalised.
inline constexpr std::size_t max_principal_name = 128;
inline constexpr std::size_t max_realm = 64;
inline constexpr std::size_t max_name = 128;  // action, workflow type, namespace
inline constexpr std::size_t max_workflow_id = 200;
inline constexpr std::size_t max_reason = 256;  // a person's words, in a revocation

// Counts.
inline constexpr std::size_t max_depth = 4;  // arrays inside arrays
inline constexpr std::size_t max_caveats = 16;
inline constexpr std::size_t max_caveat = 2 * 1024;
inline constexpr std::size_t max_actions = 32;
inline constexpr std::size_t max_downstreams = 16;
inline constexpr std::size_t max_chain = 8;  // lineage and actors
inline constexpr std::size_t max_path = 12;  // a batch of 4096 leaves
inline constexpr std::size_t max_batch = std::size_t{1} << max_path;
inline constexpr std::size_t max_requests = 32;         // in one call
inline constexpr std::size_t max_page = 256;            // rows of a list in one answer
inline constexpr std::size_t max_items = 32 * 1024;     // values in one message
inline constexpr std::uint64_t small_segment = 256;     // entries: some 8 KiB
inline constexpr std::uint64_t large_segment = 16'384;  // 64 small ones: some 500 KiB
inline constexpr std::uint64_t max_segment_index = std::uint64_t{1} << 48;  // no product overflows

// Times.
inline constexpr std::uint64_t last_second = 253'402'300'799;  // 9999-12-31T23:59:59Z: four digits
inline constexpr auto clock_skew = seconds{120};       // two hosts under NTP stay far inside it
inline constexpr auto replay_window = 2 * clock_skew;  // early by one skew to late by one
inline constexpr auto max_delegation = minutes{15};    // a delegation caveat may wait this long
inline constexpr auto signing_window = max_delegation + clock_skew;   // from issue to signature
inline constexpr auto max_ticket_life = std::chrono::hours{31 * 24};  // bounds a stolen signing key
inline constexpr auto rolling_key_life = seconds{60};  // grain of the KDC's forward secrecy
inline constexpr std::uint64_t rolling_key_uses = 1'000'000;
inline constexpr auto default_staleness = seconds{60};  // how old a feed head a worker may trust
inline constexpr auto known_for = std::chrono::hours{90 * 24};  // an earlier TGT marks no stranger
inline constexpr auto fresh_login = minutes{5};  // a key change wants a login this recent

/// Whether two clocks that differ by so much may both be right.
constexpr bool within_skew(seconds difference) {
  return -clock_skew <= difference && difference <= clock_skew;
}

// Argon2id of a password: part of the suite, never of a message (no downgrade).
inline constexpr std::uint64_t argon2_passes = 3;
inline constexpr std::size_t argon2_memory = 256 * 1024 * 1024;

}  // namespace waybill::limits
