#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "ticket/wire/error.h"

namespace waybill::demo {

/// What the demo shows of its attacks, a line each, and the count that its last line gives.
class Scoreboard {
 public:
  explicit Scoreboard(bool colour) : colour_(colour) {}

  void heading(std::string_view text) const;
  /// The honest twin of the attacks that follow: it must be accepted.
  void honest(std::string_view what, bool accepted, std::string_view code);
  /// One attack. It counts as refused only with one of these codes; anything else, and above all
  /// an acceptance (`code` empty), is shown as what it is and makes the demo fail.
  void attack(std::string_view what, std::string_view code, std::initializer_list<Errc> expected);

  int steps() const { return steps_; }
  int refused() const { return refused_; }
  int accepted() const { return accepted_; }
  bool failed() const { return failed_; }

 private:
  void line(std::string_view mark, std::string_view colour, std::string_view code,
            std::string_view what) const;

  const bool colour_;
  int steps_ = 0;
  int refused_ = 0;
  int accepted_ = 0;
  bool failed_ = false;
};

}  // namespace waybill::demo
