#include "tests/fuzz/command_lines.h"

#include <algorithm>
#include <iostream>
#include <sstream>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/files.h"

namespace waybill::test::fuzz {
namespace {

constexpr std::size_t max_words = 24;

/// A stream's text goes elsewhere for as long as this lives.
class Taken {
 public:
  Taken(std::ostream& stream, std::ostream& to)
      : stream_(stream), before_(stream.rdbuf(to.rdbuf())) {}
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  ~Taken() { stream_.rdbuf(before_); }

 private:
  std::ostream& stream_;
  std::streambuf* before_;
};

}  // namespace

int run_quietly(Main& program, std::vector<std::string> words, std::string* printed) {
  std::ostringstream out;
  const Taken data(std::cout, out), messages(std::cerr, out);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int status = program(static_cast<int>(words.size()), pointers.data());
  if (printed != nullptr) *printed = out.str();
  return status;
}

std::vector<std::string> words_of(Bytes input) {
  std::vector<std::string> words;
  std::istringstream lines{std::string(text_of(input))};
  for (std::string line; std::getline(lines, line) && words.size() < max_words;) {
    words.push_back(line.substr(0, line.find('\0')));
  }
  return words;
}

std::string parse_command_line(Main& program, const std::string& name,
                               std::vector<std::string> command, Bytes input) {
  std::vector<std::string> words{name};
  std::ranges::move(command, std::back_inserter(words));
  words.emplace_back("--help");
  std::ranges::move(words_of(input), std::back_inserter(words));
  std::string printed;
  const int status = run_quietly(program, std::move(words), &printed);
  require(status == 0 || status == 2, "a command line is help or wrong usage");
  const bool is_help =
      printed.find("Examples:") != printed.npos || printed.find("Usage:") != printed.npos;
  require(status == 2 || is_help, "help shows how the command is used");
  require(!printed.empty(), "wrong usage says what is wrong");
  return printed;
}

void read_settings_file(Main& program, std::vector<std::string> command, Bytes input) {
  static const Scratch scratch;
  const std::string file = (scratch / "settings.toml").string();
  write_file_atomic(file, input, 0600);
  command.insert(command.end(), {"--config", file, "--help"});
  std::string printed;
  const int status = run_quietly(program, std::move(command), &printed);
  require(status == 0 || (status == 2 && printed.find("settings.toml, line ") != printed.npos),
          "settings are read, or refused with file and line");
}

}  // namespace waybill::test::fuzz
