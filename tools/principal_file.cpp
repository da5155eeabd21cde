#include "tools/principal_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "ticket/exchange/staged_rows.h"
#include "ticket/wire/codec.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 6> columns{"name",       "kind",     "kvno",
                                                  "public_key", "disabled", "roles"};
constexpr std::size_t max_roles = 16;  // more than that the KDC does not take

std::string all_columns() {
  std::string out;
  for (const std::string_view column : columns)
    out += (out.empty() ? "" : ",") + std::string(column);
  return out;
}

bool is_column(std::string_view name) { return std::ranges::find(columns, name) != columns.end(); }

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// One line on its way to a row; the first thing that is wrong stays.
struct Draft {
  Fields fields;
  std::string why;

  void fail(std::string reason) {
    if (why.empty()) why = std::move(reason);
  }
  void add_roles(const std::vector<std::string>& roles) {
    if (roles.size() > max_roles) return fail("more than " + std::to_string(max_roles) + " roles");
    fields.add("roles", "set");
    for (const std::string& role : roles) fields.add("role", role);
  }
  void require() {
    for (const char* name : {"name", "kind", "public_key"}) {
      if (fields.get(name).empty()) fail("no " + std::string(name));
    }
  }
};

// --- CSV --------------------------------------------------------------------------------------

using Heading = std::vector<std::string_view>;

Outcome<Heading> read_heading(std::string_view line) {
  if (line.size() > max_principal_line) {
    return Stop(Exit::local, "line 1: it is longer than a line of column names",
                "the columns are " + all_columns());
  }
  Heading heading = split(line, ',');
  std::set<std::string_view> seen;
  for (const std::string_view name : heading) {
    if (!is_column(name)) {
      return Stop(Exit::local, "line 1: there is no column `" + escaped(name) + "`",
                  "the columns are " + all_columns());
    }
    if (!seen.insert(name).second) {
      return Stop(Exit::local, "line 1: the column `" + std::string(name) + "` stands twice");
    }
  }
  for (const char* name : {"name", "kind", "public_key"}) {
    if (!seen.contains(name)) {
      return Stop(
          Exit::local, "line 1: there is no column `" + std::string(name) + "`",
          "the columns are " + all_columns() + "; the first of a CSV file's lines names them");
    }
  }
  return heading;
}

void add_cell(Draft& draft, std::string_view column, std::string_view cell) {
  if (column == "roles") {
    std::vector<std::string> roles;
    for (const std::string_view role : split(cell, ' ')) {
      if (!role.empty()) roles.emplace_back(role);
    }
    draft.add_roles(roles);
  } else if (!cell.empty()) {
    draft.fields.add(std::string(column), std::string(cell));
  }
}

Draft read_csv(const Heading& heading, std::string_view line) {
  Draft draft;
  // What needs quotes, a comma or a line end, is in no name, key or role.
  if (line.find('"') != line.npos) draft.fail("quotation marks are not read; no value needs them");
  const auto cells = split(line, ',');
  if (cells.size() != heading.size()) {
    draft.fail(std::to_string(cells.size()) + " values for " + std::to_string(heading.size()) +
               " columns");
    return draft;
  }
  for (std::size_t i = 0; i < cells.size(); ++i) add_cell(draft, heading[i], cells[i]);
  return draft;
}

// --- JSON lines -------------------------------------------------------------------------------

void add_roles(Draft& draft, const json& value) {
  const bool fits = value.is_array() && std::ranges::all_of(value, &json::is_string);
  if (!fits) return draft.fail("roles is a list of texts");
  draft.add_roles(value.get<std::vector<std::string>>());
}

void add_member(Draft& draft, const std::string& name, const json& value) {
  if (name == "roles") return add_roles(draft, value);
  if (name == "disabled") {
    if (!value.is_boolean()) return draft.fail("disabled is true or false");
    draft.fields.add(name, value.get<bool>() ? "yes" : "no");
  } else if (name == "kvno") {
    if (!value.is_number_unsigned()) return draft.fail("kvno is a number");
    draft.fields.add(name, std::to_string(value.get<std::uint64_t>()));
  } else if (!value.is_string()) {
    draft.fail(name + " is a text");
  } else {
    draft.fields.add(name, value.get<std::string>());
  }
}

Draft read_json(std::string_view line) {
  Draft draft;
  std::set<std::string> seen;
  // The library keeps the last of two members of one name; here that is a fault.
  const auto look = [&](int depth, json::parse_event_t event, const json& parsed) {
    const bool is_member = event == json::parse_event_t::key && depth == 1;
    if (is_member && !seen.insert(parsed.get<std::string>()).second) {
      draft.fail("`" + escaped(parsed.get<std::string>()) + "` stands twice");
    }
    return true;
  };
  const json object = json::parse(line, look, false);
  if (!object.is_object()) {
    draft.fail("no JSON object");
    return draft;
  }
  for (const auto& [name, value] : object.items()) {
    if (!is_column(name)) draft.fail("there is no member `" + escaped(name) + "`");
  }
  for (const std::string_view name : columns) {
    const auto value = object.find(name);
    if (value != object.end()) add_member(draft, std::string(name), *value);
  }
  return draft;
}

// --- A file -----------------------------------------------------------------------------------

/// Lines without their ends. The last one may have none.
std::vector<std::string_view> file_lines(std::string_view text) {
  auto lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (std::string_view& line : lines) {
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  return lines;
}

class Collector {
 public:
  void take(std::size_t line, Draft draft) {
    draft.require();
    const std::string name(draft.fields.get("name"));
    if (draft.why.empty()) {
      const auto [before, is_new] = lines_.emplace(name, line);
      if (!is_new) draft.fail("stands in line " + std::to_string(before->second) + " already");
    }
    if (draft.why.empty()) {
      file_.rows.push_back({line, std::move(draft.fields)});
    } else {
      fault(line, name, std::move(draft.why));
    }
  }
  void fault(std::size_t line, std::string name, std::string why) {
    file_.faults.push_back({line, std::move(name), std::move(why)});
  }
  PrincipalFile finish() { return std::move(file_); }

 private:
  PrincipalFile file_;
  std::map<std::string, std::size_t> lines_;
};

std::optional<std::string> form_fault(std::string_view line) {
  if (line.size() > max_principal_line) {
    return "longer than " + std::to_string(max_principal_line) + " bytes";
  }
  if (line.empty()) return "empty";
  if (!is_utf8(line)) return "not UTF-8";
  return std::nullopt;
}

}  // namespace

Outcome<PrincipalFile> read_principal_file(std::string_view text) {
  const auto lines = file_lines(text);
  const bool is_json = text.starts_with('{');
  const std::size_t first = is_json ? 0 : 1;
  if (lines.size() <= first) return Stop(Exit::local, "the file has no principal in it");
  if (lines.size() - first > StagedRows::max_batch) {
    return Stop(Exit::local,
                "more than " + std::to_string(StagedRows::max_batch) + " principals at once",
                "cut the file into several");
  }
  Heading heading;
  if (!is_json) {
    TRY(named, read_heading(lines.front()));
    heading = std::move(named);
  }
  Collector collector;
  for (std::size_t i = first; i < lines.size(); ++i) {
    if (auto why = form_fault(lines[i])) {
      collector.fault(i + 1, {}, *std::move(why));
    } else {
      collector.take(i + 1, is_json ? read_json(lines[i]) : read_csv(heading, lines[i]));
    }
  }
  return collector.finish();
}

std::string principal_csv_heading() { return all_columns(); }

std::string principal_csv(const Fields& row) {
  std::string out;
  for (const std::string_view column : columns) {
    if (column != columns.front()) out += ',';
    if (column != "roles") {
      out += row.get(column);
      continue;
    }
    const auto roles = row.all("role");
    for (std::size_t i = 0; i < roles.size(); ++i) out += (i == 0 ? "" : " ") + roles[i];
  }
  return out;
}

json principal_json(const Fields& row) {
  json out{{"name", row.get("name")},
           {"kind", row.get("kind")},
           {"public_key", row.get("public_key")},
           {"disabled", row.get("disabled") == "yes"},
           {"roles", row.all("role")}};
  if (const auto kvno = parse_number(row.get("kvno"))) out["kvno"] = *kvno;
  return out;
}

}  // namespace waybill::tools
