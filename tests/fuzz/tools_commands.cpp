// The command line of waybill: every command that it lists, with any words, and nothing is run.

#include <algorithm>
#include <sstream>

#include "tests/fuzz/command_lines.h"
#include "tests/fuzz/door_targets.h"

int waybill_main(int argc, char** argv);

namespace waybill::test::fuzz {
namespace {

using Words = std::vector<std::string>;

struct Listed {
  Words command;
  Words options;  // as the shell's completion has them: --queue=
};

// What is listed behind a command is commands, or options where there is none any more.
void list(const Words& command, std::vector<Listed>& all) {
  Words words{"waybill"};
  words.insert(words.end(), command.begin(), command.end());
  words.emplace_back("--list-words");
  std::string printed;
  run_quietly(waybill_main, words, &printed);
  std::istringstream lines(printed);
  Listed here{command, {}};
  for (std::string line; std::getline(lines, line);) {
    require(line.find('\t') != line.npos, "each line that is listed is a word and what it does");
    const std::string word = line.substr(0, line.find('\t'));
    if (word.starts_with('-')) {
      here.options.push_back(word);
    } else if (!word.empty()) {
      Words longer = command;
      longer.push_back(word);
      list(longer, all);
    }
  }
  if (!here.options.empty()) all.push_back(std::move(here));
}

const std::vector<Listed>& commands() {
  static const std::vector<Listed> all = [] {
    std::vector<Listed> out;
    list({}, out);
    require(out.size() > 30, "waybill lists its commands");
    return out;
  }();
  return all;
}

void parse_words(Bytes input) {
  if (input.empty()) return;
  const Words& command = commands()[input.front() % commands().size()].command;
  const std::string printed =
      parse_command_line(waybill_main, "waybill", command, input.subspan(1));
  require(std::ranges::all_of(
              printed, [](unsigned char c) { return c == '\n' || (c >= 0x20 && c != 0x7f); }),
          "what is said of words moves no cursor");
}

std::vector<Buffer> seeds() {
  std::vector<Buffer> out;
  for (std::size_t i = 0; i < commands().size(); ++i) {
    std::string words(1, static_cast<char>(i));
    for (const std::string& option : commands()[i].options) {
      const bool has_value = option.ends_with('=');
      words += option + (has_value ? "1" : "") + "\n";
    }
    out.push_back(copy_of(bytes_of(words)));
  }
  return out;
}

}  // namespace

Targets command_targets() { return {{"words_for_waybill", seeds, parse_words}}; }

}  // namespace waybill::test::fuzz
