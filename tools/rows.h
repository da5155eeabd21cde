#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ticket/exchange/fields.h"
#include "tools/ui.h"

/// Answers of the KDC that are Fields, as tables and as JSON. What a value is, is told by its name:
/// times become local times or RFC 3339, durations are spelled out, lists become arrays.
namespace waybill::tools {

nlohmann::json to_json(const Fields& row);
nlohmann::json to_json(const std::vector<Fields>& rows);

/// One value of a row as a person reads it; several values of a list with commas.
std::string print_field(const Fields& row, const std::string& name, Time now);

/// All of a row in one line: `name=value`, times without how long ago, each value safe for a
/// terminal.
std::string print_brief(const Fields& row);

/// A table of these columns; of all that the rows have, when none are named. Says on the messages'
/// stream when there is no row.
void print_rows(Ui& ui, const std::vector<Fields>& rows, Time now,
                std::vector<std::string> columns = {});
/// One row, a line for each field.
void print_record(Ui& ui, const Fields& row, Time now);

}  // namespace waybill::tools
