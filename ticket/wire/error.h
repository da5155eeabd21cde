#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

namespace waybill {

/// Why something was refused. Numbers never change and are never reused; where RFC 4120 7.5.9 has
/// one with the same meaning it is used. specs/errors.md is the list with the mend for each.
enum class Errc : std::uint16_t {
  // The KDC's exchanges (RFC 4120 numbers).
  service_unknown = 7,
  policy_denied = 12,
  login_failed = 24,
  // A ticket or an authenticator (RFC 4120 numbers).
  bad_integrity = 31,
  ticket_expired = 32,
  not_yet_valid = 33,
  request_replayed = 34,
  wrong_audience = 35,
  clock_skew = 37,
  bad_version = 39,
  wrong_kind = 40,
  unknown_kvno = 44,
  internal = 60,
  // Shape.
  malformed = 128,
  limit_exceeded = 129,
  not_canonical = 130,
  bad_name = 131,
  // A ticket, in the order of checks.
  wrong_realm = 140,
  unknown_epoch = 141,
  session_mismatch = 142,
  unknown_signer = 143,
  bad_proof = 144,
  start_too_late = 145,
  wrong_namespace = 146,
  wrong_workflow = 147,
  wrong_workflow_type = 148,
  wrong_input = 149,
  feed_stale = 150,
  feed_invalid = 151,
  revoked = 152,
  ticket_reused = 153,
  action_denied = 154,
  clock_behind = 155,
  bad_renewal = 157,
  // A presentation.
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
  // The KDC.
  unknown_operation = 180,
  not_permitted = 181,
  grant_missing = 182,
  grant_action = 183,
  grant_duration = 184,
  ceiling_missing = 185,
  queue_unknown = 186,
  principal_unknown = 187,
  already_exists = 188,
  possession_unproven = 189,
  not_renewable = 190,
  login_not_fresh = 191,
  evidence_not_yours = 192,
  not_found = 193,
  busy = 194,
  realm_invalid = 195,
  too_large = 196,
  // The trigger and its engine.
  not_owner = 210,
  already_ended = 211,
  lease_lost = 212,
  bad_result = 213,
  no_handler = 214,
  kdc_unreachable = 215,
  not_ended = 216,
  job_failed = 217,
  wrong_payload = 218,
};

/// A refusal. `note` is a text literal for the log and for a developer, so it cannot carry a
/// secret or a name out of a message.
struct Error {
  Errc code;
  const char* note = "";
  friend bool operator==(const Error& a, const Error& b) { return a.code == b.code; }
};

/// What people and scripts see of a code: the stable name (`WB-TICKET-QUEUE`) and one sentence.
struct ErrorText {
  Errc code;
  std::string_view name;
  std::string_view sentence;
};
const ErrorText& describe(Errc code);
std::span<const ErrorText> all_errors();
/// The code for a number from the wire; nothing for a number we do not know.
std::optional<Errc> errc_from(std::uint64_t number);

/// A value or the reason why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(const T& value) : state_(std::in_place_index<0>, value) {}
  Result(Error error) : state_(std::in_place_index<1>, error) {}
  Result(Errc code, const char* note = "") : Result(Error{code, note}) {}

  explicit operator bool() const { return state_.index() == 0; }
  /// Require a value: on a refusal they end the process.
  T& operator*() & noexcept { return std::get<0>(state_); }
  const T& operator*() const& noexcept { return std::get<0>(state_); }
  T&& operator*() && noexcept { return std::get<0>(std::move(state_)); }
  T* operator->() noexcept { return &std::get<0>(state_); }
  const T* operator->() const noexcept { return &std::get<0>(state_); }
  /// Requires a refusal.
  const Error& error() const noexcept { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
/// A refusal or nothing to say.
using Checked = Result<Done>;
inline Checked ok() { return Done{}; }

}  // namespace waybill

#define WAYBILL_JOIN2(a, b) a##b
#define WAYBILL_JOIN(a, b) WAYBILL_JOIN2(a, b)
/// `TRY(name, expression)` declares `name`, the value where it lies, or returns the refusal; the
/// only macros of the code base.
#define TRY(name, expression)                                                           \
  auto WAYBILL_JOIN(result_, __LINE__) = (expression);                                  \
  if (!WAYBILL_JOIN(result_, __LINE__)) return WAYBILL_JOIN(result_, __LINE__).error(); \
  auto&& name = *std::move(WAYBILL_JOIN(result_, __LINE__))  // NOLINT(bugprone-macro-parentheses)
/// `CHECK_OK(expression)` returns the refusal, or goes on.
#define CHECK_OK(expression) \
  if (auto checked_ = (expression); !checked_) return checked_.error()
