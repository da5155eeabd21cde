#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "ticket/clock.h"
#include "ticket/exchange/fields.h"

namespace waybill::kdc {

/// Texts of administration (specs/http-api.md): numbers and times are decimal, yes and no are
/// words.

using Names = std::initializer_list<std::string_view>;
/// Arguments: nothing but these names, each at most once; a list up to limits::max_actions times.
/// Errors: the codec's, malformed, limit_exceeded.
Result<Fields> read_fields(Bytes arguments, Names once, Names lists = {});

/// Decimal digits and nothing else, without a leading zero. Errors: malformed.
Result<std::uint64_t> parse_number(std::string_view text);
/// The same for a field that may be missing, which is `otherwise`.
Result<std::uint64_t> number_in(const Fields& fields, std::string_view name,
                                std::uint64_t otherwise);
/// Unix seconds.
std::string unix_text(Time time);
std::string yes_or_no(bool answer);
/// `a, b, c`
std::string joined(const std::vector<std::string>& names);

/// A page that stays inside what one answer may hold: rows, values and bytes.
class PageBuilder {
 public:
  /// False when the page is full: the row was not taken, and the page goes on after the row before.
  bool add(Fields row);
  bool is_full() const { return full_; }
  /// `next` says where the following page starts; pass it only when there is more.
  Page finish(std::string next = {});

 private:
  Page page_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
  bool full_ = false;
};

}  // namespace waybill::kdc
