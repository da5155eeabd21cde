#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ticket/exchange/fields.h"
#include "tools/outcome.h"

/// Users and services as lines of a file (specs/storage.md, "A list of principals"): CSV under a
/// line of column names, or JSON lines. It holds public keys and no secret. Pure functions.
namespace waybill::tools {

struct PrincipalLine {
  std::size_t line;  ///< 1 is the file's first
  Fields fields;     ///< a row of "admin.principal.stage"
};
/// What one line lacks; the rest of the file is read all the same.
struct LineFault {
  std::size_t line;
  std::string name;  ///< of the principal, where it could be read
  std::string why;
};
struct PrincipalFile {
  std::vector<PrincipalLine> rows;
  std::vector<LineFault> faults;
};

inline constexpr std::size_t max_principal_line = 4096;  // bytes

/// JSON lines when it begins with a brace, else CSV. Whether names, kinds and keys are right is the
/// KDC's to say; here each line has the right form, and no name stands twice. Stops (local) when
/// the columns are not right, when there is no row, and when there are more than
/// StagedRows::max_batch.
Outcome<PrincipalFile> read_principal_file(std::string_view text);

/// A row of "admin.principal.list" as it is read above.
std::string principal_csv_heading();
std::string principal_csv(const Fields& row);
nlohmann::json principal_json(const Fields& row);

}  // namespace waybill::tools
