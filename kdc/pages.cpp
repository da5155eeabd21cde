#include "kdc/pages.h"

#include <algorithm>
#include <charconv>

#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// Half of what a message may hold: room for what stands around a page.
constexpr std::size_t most_values = limits::max_items / 2;
constexpr std::size_t most_bytes = limits::max_reply / 2;

}  // namespace

Result<Fields> read_fields(Bytes arguments, Names once, Names lists) {
  TRY(fields, Fields::decode(arguments));
  for (const auto& [name, value] : fields.entries()) {
    if (std::ranges::find(lists, name) != lists.end()) {
      if (fields.all(name).size() > limits::max_actions) return Error{Errc::limit_exceeded, "list"};
      continue;
    }
    if (std::ranges::find(once, name) == once.end()) {
      return Error{Errc::malformed, "a field that is not known here"};
    }
    if (fields.all(name).size() > 1) return Error{Errc::malformed, "a field that stands twice"};
  }
  return fields;
}

Result<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (text.empty() || stopped != end || problem != std::errc{} || leading_zero) {
    return Error{Errc::malformed, "not a number"};
  }
  return number;
}

Result<std::uint64_t> number_in(const Fields& fields, std::string_view name,
                                std::uint64_t otherwise) {
  if (!fields.has(name)) return otherwise;
  return parse_number(fields.get(name));
}

Result<PageWish> page_wish(const Fields& fields) {
  TRY(count, number_in(fields, "count", limits::max_page));
  if (count == 0) return Error{Errc::malformed, "count"};
  return PageWish{std::string(fields.get("after")),
                  static_cast<std::size_t>(std::min<std::uint64_t>(count, limits::max_page))};
}

Result<std::optional<bool>> yes_no_in(const Fields& fields, std::string_view name) {
  if (!fields.has(name)) return std::optional<bool>();
  const std::string_view word = fields.get(name);
  if (word != "yes" && word != "no") return Error{Errc::malformed, "yes or no"};
  return std::optional(word == "yes");
}

std::string unix_text(Time time) { return std::to_string(time.time_since_epoch().count()); }

std::string yes_or_no(bool answer) { return answer ? "yes" : "no"; }

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

bool PageBuilder::add(Fields row) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : row.entries()) bytes += name.size() + value.size() + 8;
  const std::size_t values = 1 + 3 * row.entries().size();
  full_ = full_ || page_.rows.size() == limits::max_page || values_ + values > most_values ||
          bytes_ + bytes > most_bytes;
  if (full_) return false;
  values_ += values;
  bytes_ += bytes;
  page_.rows.push_back(std::move(row));
  return true;
}

Page PageBuilder::finish(std::string next) {
  page_.next = std::move(next);
  return std::move(page_);
}

}  // namespace waybill::kdc
