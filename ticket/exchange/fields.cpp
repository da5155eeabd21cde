#include "ticket/exchange/fields.h"

#include <algorithm>
#include <array>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::size_t max_fields = 128;
constexpr std::size_t max_value = 4 * 1024;

// The names that are lists. Any other name stands once: what get() gives is all that was said.
constexpr std::array<std::string_view, 6> lists{"action", "actor",  "lineage",
                                                "queue",  "record", "role"};

bool is_list(std::string_view name) { return std::ranges::find(lists, name) != lists.end(); }

}  // namespace

Fields& Fields::add(std::string name, std::string value) {
  entries_.emplace_back(std::move(name), std::move(value));
  return *this;
}

std::string_view Fields::get(std::string_view name) const {
  const auto found = std::ranges::find(entries_, name, &std::pair<std::string, std::string>::first);
  return found == entries_.end() ? std::string_view{} : std::string_view(found->second);
}

bool Fields::has(std::string_view name) const {
  return std::ranges::any_of(entries_, [&](const auto& entry) { return entry.first == name; });
}

std::vector<std::string> Fields::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : entries_) {
    if (key == name) out.push_back(value);
  }
  return out;
}

Checked Fields::only(std::initializer_list<std::string_view> allowed) const {
  for (const auto& entry : entries_) {
    if (std::ranges::find(allowed, entry.first) == allowed.end()) {
      return Error{Errc::malformed, "a field that is not known here"};
    }
  }
  return ok();
}

void Fields::write(Writer& out) const {
  out.array(entries_.size());
  for (const auto& [name, value] : entries_) out.array(2).str(name).str(value);
}

Fields Fields::read(Reader& in) {
  Fields out;
  for (std::size_t n = in.array(0, max_fields); n > 0; --n) {
    in.array(2);
    std::string name = in.name(limits::max_name);
    std::string value(in.str(max_value));
    const bool goes_on = !out.entries_.empty() && out.entries_.back().first == name;
    if (out.has(name) && !(goes_on && is_list(name))) in.fail(Errc::malformed, "duplicate field");
    out.add(std::move(name), std::move(value));
  }
  return out;
}

Buffer Fields::encode() const {
  Writer out;
  write(out);
  return out.take();
}

Result<Fields> Fields::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  Fields out = read(in);
  CHECK_OK(in.finish());
  return out;
}

Buffer Page::encode() const {
  Writer out;
  out.array(2).array(rows.size());
  for (const Fields& row : rows) row.write(out);
  return out.str(next).take();
}

Result<Page> Page::decode(Bytes wire) {
  Reader in(wire, limits::max_reply);
  Page page;
  in.array(2);
  for (std::size_t n = in.array(0, limits::max_page); n > 0; --n) {
    page.rows.push_back(Fields::read(in));
  }
  page.next = in.str(max_value);
  CHECK_OK(in.finish());
  return page;
}

}  // namespace waybill
