#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "ticket/wire/error.h"

namespace waybill::tools {

/// The exit status of every command; `--help` and the README say the same.
enum class Exit : int {
  done = 0,
  refused = 1,  ///< by policy or verification
  usage = 2,
  unreachable = 3,     ///< a server
  no_credentials = 4,  ///< run `waybill init`
  local = 5,           ///< files and permissions of this machine
};

/// Why a command ends here. Not an Error: what a person reads may hold names and numbers.
struct Stop {
  Exit exit;
  std::string sentence;  ///< lower case, no full stop; empty: nothing to say
  std::string hint;      ///< what to do now; may be empty
  std::string code;      ///< `WB-…` of a refusal; empty for the rest

  Stop(Exit with, std::string says, std::string then = {})
      : exit(with), sentence(std::move(says)), hint(std::move(then)) {}
  /// A refusal; `detail` is the refuser's own sentence about this case.
  Stop(const Error& error, const std::string& detail = {});
};

/// A value, or why the command ends here. TRY and CHECK_OK take it as they take a Result, and a
/// Result's refusal becomes an Outcome's.
template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Stop stop) : state_(std::in_place_index<1>, std::move(stop)) {}
  Outcome(const Error& error) : Outcome(Stop(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Stop& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Stop> state_;
};

inline Outcome<Done> done() { return Done{}; }

inline Stop wrong_usage(std::string sentence, std::string hint = {}) {
  return {Exit::usage, std::move(sentence), std::move(hint)};
}

}  // namespace waybill::tools
