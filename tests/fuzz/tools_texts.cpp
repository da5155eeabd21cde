// What people type and files that they bring: times, durations, lists of principals; and what is
// shown of other people's words.

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/door_targets.h"
#include "tests/fuzz/from_vectors.h"
#include "ticket/exchange/client.h"
#include "ticket/wire/hex.h"
#include "tools/audit_ocsf.h"
#include "tools/audit_story.h"
#include "tools/principal_file.h"
#include "tools/table.h"
#include "tools/text.h"
#include "tools/ticket_view.h"

namespace waybill::test::fuzz {
namespace {

using namespace tools;
using nlohmann::json;

// One line of UTF-8 that moves no cursor.
bool is_safe(std::string_view shown) {
  return is_utf8(shown) &&
         std::ranges::none_of(shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void read_words(Bytes input) {
  const std::string_view words = text_of(input);
  require(is_safe(escaped(words)), "what is shown is safe on a terminal");
  require(width_of(escaped(words)) <= escaped(words).size(), "a column takes a byte at least");
  if (const auto time = parse_duration(words)) {
    require(*time > 0s && *time <= 3660 * 24h, "a duration is positive and has an end");
    require(!print_duration(*time).empty(), "a duration can be shown");
  }
  if (const auto time = parse_rfc3339(words)) {
    const auto again = parse_rfc3339(print_rfc3339(*time));
    require(again && *again == *time, "a time is read as it is written");
    require(print_rfc3339(*time) == words || words.find('.') != words.npos, "a time has one text");
  }
  if (const auto number = tools::parse_number(words)) {
    require(words.find_first_not_of("0123456789") == words.npos, "a number is digits");
    require(*number == 0 || words.ends_with(std::to_string(*number)), "a number is what it says");
  }
  if (const auto time = parse_unix(words))
    require(print_rfc3339(*time).size() == 20, "a year has four digits");
}

// What one row says; the texts of both forms are made of it.
std::vector<json> said_in(const PrincipalFile& file) {
  std::vector<json> all;
  for (const PrincipalLine& row : file.rows) all.push_back(principal_json(row.fields));
  return all;
}

bool has_long_line(std::string_view text) {
  std::size_t length = 0;
  return std::ranges::any_of(
      text, [&](char c) { return (length = c == '\n' ? 0 : length + 1) > max_principal_line; });
}

void check_as_text(const std::string& written, const std::vector<json>& rows) {
  if (rows.empty() || has_long_line(written)) return;
  const auto read = read_principal_file(written);
  require(read && read->faults.empty() && said_in(*read) == rows,
          "a list of principals is read as it is written");
}

void read_principals(Bytes input) {
  const auto file = read_principal_file(text_of(input));
  if (!file) {
    require(is_safe(file.error().sentence), "what is wrong is safe on a terminal");
    return;
  }
  for (const LineFault& fault : file->faults)
    require(is_safe(fault.why), "a fault is safe to print");
  const std::vector<json> rows = said_in(*file);
  std::vector<std::string> names;
  std::string csv = principal_csv_heading() + "\n", lines;
  for (const PrincipalLine& row : file->rows) {
    names.emplace_back(row.fields.get("name"));
    csv += principal_csv(row.fields) + "\n";
    lines += principal_json(row.fields).dump() + "\n";
  }
  std::ranges::sort(names);
  require(std::ranges::adjacent_find(names) == names.end(), "no name stands twice");
  check_as_text(lines, rows);
  const bool was_csv = !text_of(input).starts_with('{');  // JSON may hold what CSV has no text for
  const bool ends_differ = csv.find('\r') != csv.npos;    // of two, one belongs to the line's end
  if (was_csv && !ends_differ) check_as_text(csv, rows);
}

/// A record of the audit trail with other people's words in it.
Fields planned_row(Plan& plan) {
  static constexpr std::string_view events[] = {"login",
                                                "tgs",
                                                "tgs.delegate",
                                                "ticket.issued",
                                                "renew",
                                                "revoke",
                                                "complete",
                                                "verdict",
                                                "look",
                                                "passwd",
                                                "admin.grant.add",
                                                "admin.principal.add",
                                                "audit.pruned",
                                                "epoch.rotate",
                                                "other"};
  static constexpr std::string_view names[] = {
      "subject", "principal", "by",          "audience", "cause", "workflow_type", "workflow_id",
      "grant",   "ceiling",   "ticket",      "kind",     "value", "reason",        "caveat",
      "lacks",   "run_until", "renew_until", "queue",    "name",  "note"};
  Fields row{{"sequence", std::to_string(plan.byte())}, {"time", "1790000000"}};
  row.add("event", plan.yes() ? std::string(plan.one_of(events)) : plan.text(12));
  row.add("outcome", plan.yes() ? "done" : plan.yes() ? "WB-GRANT-MISSING" : plan.text(12));
  for (std::size_t n = plan.below(8); n > 0; --n) {
    const std::string name(plan.one_of(names));
    if (!row.has(name)) row.add(name, plan.text(30));
  }
  for (std::size_t n = plan.below(3); n > 0; --n) row.add("action", plan.text(10));
  return row;
}

void tell_records(Bytes input) {
  Plan plan(input);
  std::vector<Fields> rows;
  while (!plan.is_over() && rows.size() < 4) {
    const Buffer wire = planned_row(plan).encode();
    auto row = Fields::decode(wire);  // as a KDC's: UTF-8
    if (row) rows.push_back(*std::move(row));
  }
  for (const Fields& row : rows) {
    require(is_safe(tell(row)) && is_safe(explain(row)), "a story is safe on a terminal");
    const auto event = to_ocsf(row);
    require(event.contains("unmapped"), "an event has all of its record");
    require(!event.dump(-1, ' ', true).empty(), "an event can be written");
    std::ostringstream data, messages;
    Ui ui(data, messages, {});
    print_found(ui, row);
    require(is_utf8(data.str()), "what is printed is UTF-8");
  }
  require(is_safe(fate_of(rows, noon)), "a fate is safe on a terminal");
}

void inspect(Bytes input) {
  const auto found = find_ticket(input);
  if (!found) {
    require(found.error().exit == Exit::refused, "what is no ticket is refused");
    return;
  }
  require(found->form == "ticket" || found->form == "presentation" || found->form == "evidence",
          "it is one of three forms");
  std::ostringstream data, messages;
  Ui ui(data, messages, {});
  Table table;
  add_header(table, found->header);
  if (found->claims) add_claims(table, *found->claims, noon);
  if (found->presentation) add_presentation(table, *found->presentation, noon);
  table.print(ui);
  require(is_utf8(data.str()), "what is printed is UTF-8");
  require(!header_to_json(found->header).dump().empty(), "it can be written as JSON");
  if (found->claims) require(!claims_to_json(*found->claims).dump().empty(), "so can its claims");
}

std::vector<Buffer> inspected() {
  std::vector<Buffer> out = from_vectors("ticket.txt", "ticket");
  for (const char* file : {"ticket.txt", "presentation.txt"}) {
    for (Buffer& one : from_vectors(file, file[0] == 't' ? "evidence" : "presentation")) {
      out.push_back(std::move(one));
    }
  }
  out.push_back(text("Authorization: Waybill lMQA"));
  return out;
}

}  // namespace

Targets text_targets() {
  return {
      {"words_that_people_type",
       [] {
         return std::vector<Buffer>{text("1d8h"),
                                    text("90s"),
                                    text("2030-05-01T09:30:00Z"),
                                    text("2030-05-01T09:30:00.123Z"),
                                    text("1790000000"),
                                    text("\x1b[31m\xe2\x80\xaeX")};
       },
       read_words},
      {"a_list_of_principals",
       [] {
         const std::string key(64, 'a');
         return std::vector<Buffer>{text("name,kind,public_key,roles\ncarol,user," + key +
                                         ",a b\ndave,service," + key + ",\n"),
                                    text(R"({"name":"carol","kind":"user","public_key":")" + key +
                                         R"(","roles":["a"],"disabled":true,"kvno":3})" + "\n")};
       },
       read_principals},
      {"records_as_stories", some_plans, tell_records},
      {"a_file_with_a_ticket", inspected, inspect},
  };
}

}  // namespace waybill::test::fuzz
