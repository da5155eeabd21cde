#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "ticket/exchange/fields.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/limits.h"

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

/// What a question for a list says beside its filters: {after?, count?}.
struct PageWish {
  std::string after;
  std::size_t count = limits::max_page;
};
/// Errors: malformed.
Result<PageWish> page_wish(const Fields& fields);
/// Of a field that is yes, no, or not there. Errors: malformed.
Result<std::optional<bool>> yes_no_in(const Fields& fields, std::string_view name);

/// How many records one question looks at for a page: of 100,000 users few may have a role, and no
/// question holds a thread for long. So a page may be short, or empty, and still have a next one.
inline constexpr std::size_t most_looked_at = 4096;

/// The page of what a filter lets through. `fetch(after, most)` gives records in order,
/// `key(record)` what goes on after one, `row(record)` its row, or nothing when it is left out.
template <class Fetch, class Key, class Row>
Page filtered_page(const PageWish& wish, Fetch fetch, Key key, Row row) {
  PageBuilder page;
  std::string last = wish.after;
  std::size_t looked_at = 0;
  std::size_t taken = 0;
  for (;;) {
    const auto records = fetch(last, limits::max_page);
    for (const auto& record : records) {
      if (taken == wish.count || looked_at == most_looked_at) return page.finish(last);
      std::optional<Fields> wanted = row(record);
      const bool is_taken = wanted.has_value();
      if (is_taken && !page.add(*std::move(wanted))) return page.finish(last);
      taken += is_taken ? 1U : 0U;
      ++looked_at;
      last = key(record);
    }
    if (records.size() < limits::max_page) return page.finish();
  }
}

}  // namespace waybill::kdc
