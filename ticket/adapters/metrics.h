#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/wire/error.h"

/// What a daemon counts, for Prometheus (specs/metrics.md). Process-wide, as the log is. No label
/// holds a word of a message: operations are literals of the daemon, codes are ours.
namespace waybill {

/// A number that is asked for when somebody reads, rather than counted.
struct Figure {
  enum class Kind : std::uint8_t { gauge, counter };
  std::string_view name;  ///< a literal: waybill_…, with its unit
  std::string_view help;
  double value = 0;
  Kind kind = Kind::gauge;
};

/// Thread-safe.
class Metrics {
 public:
  enum class Outcome : std::uint8_t {
    done,
    refused,  ///< with a code, which is counted besides
    failed,   ///< the environment did something wrong
  };
  using Duration = std::chrono::steady_clock::duration;

  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  /// Who counts, and the operations that have a histogram of their durations and a row for each
  /// refusal code from the start. Before threads start; saying it again changes nothing.
  void describe(std::string_view program, std::span<const std::string_view> operations);

  /// One more of that operation. The duration goes into its histogram, if it has one.
  void count(std::string_view operation, Outcome outcome, Duration took = {}) noexcept;
  void count_refusal(std::string_view operation, Errc code) noexcept;

  /// All of it in Prometheus' text format 0.0.4, and the figures with it.
  std::string text(std::span<const Figure> figures = {}) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The process's own.
Metrics& metrics();

/// How long something takes, from now on.
class Stopwatch {
 public:
  Metrics::Duration read() const { return std::chrono::steady_clock::now() - start_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace waybill
