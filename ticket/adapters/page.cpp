#include "ticket/adapters/page.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace waybill {
namespace {

constexpr std::string_view command_indent = "  ", more_indent = "      ", goes_on = " \\";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

/// Puts words into lines.
class Filler {
 public:
  explicit Filler(std::size_t width) : width_(width) {}

  void words(std::string_view line) {
    for (std::size_t from = line.find_first_not_of(' '); from < line.size();) {
      const std::size_t end = std::min(line.find(' ', from), line.size());
      word(line.substr(from, end - from));
      from = line.find_first_not_of(' ', end);
    }
  }
  void end_line() {
    if (column_ > 0) out_ += '\n';
    column_ = 0;
  }
  void as_it_is(std::string_view line) {
    end_line();
    out_.append(line) += '\n';
  }
  std::string take() && {
    while (out_.ends_with('\n')) out_.pop_back();
    return std::move(out_);
  }

 private:
  void word(std::string_view word) {
    const std::size_t size = width_of(word);
    if (column_ > 0 && column_ + 1 + size > width_) end_line();
    if (column_ > 0) out_ += ' ';
    column_ += size + (column_ > 0 ? 1 : 0);
    out_ += word;
  }

  std::size_t width_;
  std::size_t column_ = 0;
  std::string out_;
};

bool may_break_before(std::string_view word) {
  return word.starts_with("--") || word.starts_with('<') || word.starts_with('>') ||
         word.starts_with('|');
}

/// What stands open around the next character of a command, innermost last: quotes and $(.
class Nesting {
 public:
  void see(char before, char c) {
    const char inner = open_.empty() ? ' ' : open_.back();
    if (inner == '\'' || (c == '"' && inner == '"') || (c == ')' && inner == '(')) {
      if (inner != '\'' || c == '\'') open_.pop_back();
    } else if (c == '"' || (c == '\'' && inner != '"') || (c == '(' && before == '$')) {
      open_ += c;
    }
  }
  bool may_break() const { return open_.empty() || open_.back() == '('; }

 private:
  std::string open_;
};

// At blanks between words; what may not begin a line stays with what is before it.
std::vector<std::string> pieces_of(std::string_view command) {
  std::vector<std::string> pieces(1);
  Nesting nesting;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == ' ' && nesting.may_break() && may_break_before(command.substr(i + 1))) {
      pieces.emplace_back();
      continue;
    }
    nesting.see(i == 0 ? ' ' : command[i - 1], c);
    pieces.back() += c;
  }
  return pieces;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<std::uint8_t>(c) & 0xc0U) != 0x80U ? 1 : 0;
  return width;
}

std::string filled(std::string_view text, std::size_t width) {
  Filler out(width);
  for (const std::string_view line : lines_of(text)) {
    if (line.empty() || line.front() == ' ') {
      out.as_it_is(line);
    } else {
      out.words(line);
    }
  }
  return std::move(out).take();
}

std::string filled_command(std::string_view command, std::size_t width) {
  std::string out, line(command_indent);
  bool is_new = true;
  for (const std::string& piece : pieces_of(command)) {
    if (!is_new && width_of(line) + 1 + width_of(piece) + goes_on.size() > width) {
      out.append(line).append(goes_on) += '\n';
      line = more_indent;
      is_new = true;
    }
    line.append(is_new ? "" : " ").append(piece);
    is_new = false;
  }
  return out + line;
}

std::string progress_bar(std::size_t done, std::size_t of) {
  constexpr std::size_t width = 20;
  const std::size_t share = std::min(done, of);
  const std::string percent = std::to_string(share * 100 / of);
  std::string bar(share * width / of, '#');
  bar.resize(width, ' ');
  return "[" + bar + "] " + std::string(3 - percent.size(), ' ') + percent + " %";
}

}  // namespace waybill
