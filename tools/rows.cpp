#include "tools/rows.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "tools/table.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

enum class Kind { text, time, duration, number, list };

struct Known {
  std::string_view name;
  Kind kind;
};
constexpr Known known[] = {
    {"issued_at", Kind::time},    {"start_by", Kind::time},
    {"run_until", Kind::time},    {"renew_until", Kind::time},
    {"time", Kind::time},         {"created", Kind::time},
    {"not_before", Kind::time},   {"issued_until", Kind::time},
    {"max_run", Kind::duration},  {"sequence", Kind::number},
    {"kvno", Kind::number},       {"epoch", Kind::number},
    {"locked_until", Kind::time}, {"known_locked_until", Kind::time},
    {"failures", Kind::number},   {"known_failures", Kind::number},
    {"older_kvno", Kind::number}, {"older_until", Kind::time},
    {"action", Kind::list},       {"actor", Kind::list},
    {"role", Kind::list},         {"lineage", Kind::list},
};

// Long, and nobody compares keys in a table; --json has them.
constexpr std::array<std::string_view, 2> not_in_tables{"public_key", "possession"};

Kind kind_of(std::string_view name) {
  const auto found = std::ranges::find(known, name, &Known::name);
  return found == std::end(known) ? Kind::text : found->kind;
}

json value_to_json(Kind kind, const std::string& text) {
  if (kind == Kind::time) {
    if (const auto time = parse_unix(text)) return print_rfc3339(*time);
  }
  if (kind == Kind::duration || kind == Kind::number) {
    if (const auto number = parse_number(text)) return *number;
  }
  return text;
}

std::string value_to_text(Kind kind, const std::string& text, Time now) {
  if (kind == Kind::time) {
    const auto time = parse_unix(text);
    if (time == Time()) return "-";
    if (time) return print_when(*time, now);
  }
  if (kind == Kind::duration) {
    if (const auto seconds = parse_unix(text)) return print_duration(seconds->time_since_epoch());
  }
  return text;
}

std::vector<std::string> names_in(const std::vector<Fields>& rows) {
  std::vector<std::string> names;
  for (const Fields& row : rows) {
    for (const auto& [name, value] : row.entries()) {
      const bool hidden = std::ranges::find(not_in_tables, name) != not_in_tables.end();
      if (!hidden && std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::string heading_of(std::string name) {
  for (char& c : name) {
    if (c == '_') c = ' ';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

}  // namespace

json to_json(const Fields& row) {
  json out = json::object();
  for (const auto& [name, value] : row.entries()) {
    const Kind kind = kind_of(name);
    if (kind == Kind::list || row.all(name).size() > 1) {
      out[name].push_back(value);
    } else {
      out[name] = value_to_json(kind, value);
    }
  }
  return out;
}

json to_json(const std::vector<Fields>& rows) {
  json out = json::array();
  for (const Fields& row : rows) out.push_back(to_json(row));
  return out;
}

std::string print_field(const Fields& row, const std::string& name, Time now) {
  std::string out;
  for (const std::string& value : row.all(name)) {
    out += (out.empty() ? "" : ", ") + value_to_text(kind_of(name), value, now);
  }
  return out;
}

std::string print_brief(const Fields& row) {
  std::string out;
  for (const auto& [name, value] : row.entries()) {
    const auto time = kind_of(name) == Kind::time ? parse_unix(value) : std::nullopt;
    out += (out.empty() ? "" : "  ") + escaped(name) + "=";
    out += time ? print_local(*time) : escaped(value);
  }
  return out;
}

void print_rows(Ui& ui, const std::vector<Fields>& rows, Time now,
                std::vector<std::string> columns) {
  if (rows.empty()) {
    ui.say("there are none");
    return;
  }
  if (columns.empty()) columns = names_in(rows);
  std::vector<std::string> headings;
  headings.reserve(columns.size());
  for (const std::string& name : columns) headings.push_back(heading_of(name));
  Table table(std::move(headings));
  for (const Fields& row : rows) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const std::string& name : columns) cells.push_back(print_field(row, name, now));
    table.row(std::move(cells));
  }
  table.print(ui);
}

void print_record(Ui& ui, const Fields& row, Time now) {
  Table table;
  std::string before;
  for (const auto& [name, value] : row.entries()) {
    if (name == before) continue;  // a list stands in one line
    before = name;
    table.row({name, print_field(row, name, now)});
  }
  table.print(ui);
}

}  // namespace waybill::tools
