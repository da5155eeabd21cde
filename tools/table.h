#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/ui.h"

namespace waybill::tools {

/// A text in lines of at most `width` columns, broken between words; what stands in brackets counts
/// as one, and a longer word has a line of its own.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// Rows in aligned columns. Cells are made safe for a terminal as they are added.
///
/// On a terminal that is too narrow (Ui::Look::data_width) a cell goes on in the next line of its
/// column, broken between words; what stands in brackets counts as one. When a column would have to
/// be narrower than its longest word, each row becomes lines of `HEADING  value` instead, without
/// those that have none. Elsewhere a row is always one line.
class Table {
 public:
  using Row = std::vector<std::string>;

  explicit Table(Row headings) : headings_(std::move(headings)) {}
  /// Two columns without headings: names and values.
  Table() = default;

  void row(Row cells);
  bool empty() const { return rows_.empty(); }
  void print(Ui& ui) const;

 private:
  void print_columns(Ui& ui, const std::vector<std::size_t>& widths) const;
  void print_records(Ui& ui) const;

  Row headings_;
  std::vector<Row> rows_;
};

}  // namespace waybill::tools
