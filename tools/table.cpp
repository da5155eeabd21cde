#include "tools/table.h"

#include <algorithm>
#include <numeric>

#include "tools/text.h"

namespace waybill::tools {
namespace {

using Widths = std::vector<std::size_t>;

constexpr std::size_t gap = 2;

// What stands in brackets is one word, and the blanks before a cell's first word belong to it.
std::vector<std::string_view> words_of(std::string_view cell) {
  std::vector<std::string_view> words;
  for (std::size_t from = 0; from < cell.size();) {
    const std::size_t begin = std::min(cell.find_first_not_of(' ', from), cell.size());
    std::size_t end = cell.find(' ', begin);
    if (begin < cell.size() && cell[begin] == '(') {
      const std::size_t close = cell.find(')', begin);
      if (close != std::string_view::npos) end = cell.find(' ', close);
    }
    end = std::min(end, cell.size());
    const std::size_t first = words.empty() ? from : begin;
    if (end > first) words.push_back(cell.substr(first, end - first));
    from = end;
  }
  return words;
}

std::size_t longest_word(std::string_view cell) {
  std::size_t width = 0;
  for (const auto word : words_of(cell)) width = std::max(width, width_of(word));
  return width;
}

template <typename Measure>
void widen(Widths& widths, const Table::Row& cells, Measure measure) {
  widths.resize(std::max(widths.size(), cells.size()));
  for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], measure(cells[i]));
}

std::size_t total(const Widths& widths) {
  return std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
}

// The widest column that can still give way does, by one, until all fit. False when they cannot.
bool squeeze(Widths& widths, const Widths& least, std::size_t room) {
  for (std::size_t now = total(widths); now > room; --now) {
    auto widest = widths.end();
    for (auto it = widths.begin(); it != widths.end(); ++it) {
      const bool gives = *it > least[static_cast<std::size_t>(it - widths.begin())];
      if (gives && (widest == widths.end() || *it > *widest)) widest = it;
    }
    if (widest == widths.end()) return false;
    --*widest;
  }
  return true;
}

// One row: as many lines as its longest cell needs.
std::vector<std::string> row_lines(const Table::Row& cells, const Widths& widths) {
  std::vector<std::string> out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto lines = wrapped(cells[i], widths[i]);
    out.resize(std::max(out.size(), lines.size()));
    for (std::size_t k = 0; k < lines.size(); ++k) {
      out[k].append(column - width_of(out[k]), ' ').append(lines[k]);
    }
    column += widths[i] + gap;
  }
  for (std::string& line : out) line.erase(line.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return {std::string(text)};
  std::vector<std::string> lines;
  for (const auto word : words_of(text)) {
    if (lines.empty() || width_of(lines.back()) + 1 + width_of(word) > width) {
      lines.emplace_back(word);
    } else {
      lines.back().append(1, ' ').append(word);
    }
  }
  return lines;
}

void Table::row(Row cells) {
  for (std::string& cell : cells) cell = escaped(cell);
  rows_.push_back(std::move(cells));
}

void Table::print(Ui& ui) const {
  Widths widths, least;
  const auto measure = [&](const Row& cells) {
    widen(widths, cells, width_of);
    widen(least, cells, longest_word);
  };
  measure(headings_);
  for (const Row& cells : rows_) measure(cells);
  const std::size_t room = ui.look().data_width;
  const bool fits = room == 0 || widths.empty() || squeeze(widths, least, room);
  if (!fits && !headings_.empty()) {
    print_records(ui);
  } else {
    print_columns(ui, widths);
  }
}

void Table::print_columns(Ui& ui, const Widths& widths) const {
  if (!headings_.empty()) {
    for (const std::string& line : row_lines(headings_, widths)) ui.print(ui.strong(line));
  }
  for (const Row& cells : rows_) {
    for (const std::string& line : row_lines(cells, widths)) ui.print(line);
  }
}

void Table::print_records(Ui& ui) const {
  bool first = true;
  for (const Row& cells : rows_) {
    if (!first) ui.print("");
    first = false;
    Table record;
    for (std::size_t i = 0; i < cells.size() && i < headings_.size(); ++i) {
      if (!cells[i].empty()) record.rows_.push_back({headings_[i], cells[i]});
    }
    record.print(ui);
  }
}

}  // namespace waybill::tools
