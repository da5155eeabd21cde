// What an operator tells a worker: words behind its command, and a file of settings.

#include <algorithm>

#include <CLI/CLI.hpp>

#include "tests/adapters/scratch.h"
#include "tests/fuzz/command_lines.h"
#include "tests/fuzz/door_targets.h"
#include "ticket/adapters/files.h"
#include "ticket/wire/hex.h"
#include "worker/command_line.h"

int waybill_worker_main(int argc, char** argv);

namespace waybill::test::fuzz {
namespace {

void parse_words(Bytes input) {
  if (input.empty()) return;
  const bool inside = (input.front() & 1U) != 0;
  parse_command_line(waybill_worker_main, "waybill-worker",
                     inside ? std::vector<std::string>{"run"} : std::vector<std::string>{},
                     input.subspan(1));
}

void read_settings(Bytes input) {
  read_settings_file(waybill_worker_main, {"waybill-worker", "run"}, input);
}

/// What `run` takes from these words; nothing when it refuses them. Nothing is run.
std::optional<Settings> settings_by(std::vector<std::string> words) {
  worker::Words told;
  CLI::App app;
  const CLI::App& running = worker::describe_program(app, told);
  words.insert(words.begin(), "run");
  std::ranges::reverse(words);  // as CLI11 wants them
  try {
    app.parse(std::move(words));
    return settings_of(running);
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
}

// A text in TOML, with each byte of ASCII as its number.
std::string in_toml(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += byte < 0x80 ? "\\u00" + to_hex(Bytes(&byte, 1)) : std::string(1, c);
  }
  return out + '"';
}

// The value of a setting, as a file has it.
std::string value_in_file(const CLI::Option& option, const std::vector<std::string>& values) {
  if (option.get_expected_min() == 0) return values.front();
  if (option.get_expected_max() <= 1) return in_toml(values.front());
  std::string list;
  for (const std::string& one : values) list += (list.empty() ? "" : ", ") + in_toml(one);
  return "[" + list + "]";
}

bool is_path(const CLI::Option& option) {
  return option.get_type_name() == "FILE" || option.get_type_name() == "FOLDER";
}

// Words and a file that says the same come to the same.
void compare_words_and_file(Bytes input) {
  static const Scratch scratch;
  std::vector<std::string> words = words_of(input);
  const auto names_a_file = [](const std::string& word) { return word.starts_with("--config"); };
  if (std::ranges::any_of(words, names_a_file) || !is_utf8(text_of(input))) return;
  const auto told = settings_by(words);
  if (!told) return;
  worker::Words unused;
  CLI::App app;
  const CLI::App& running = worker::describe_program(app, unused);
  std::string file;
  Settings expected = *told;
  std::vector<std::string> left{"--config", (scratch / "same.toml").string()};
  for (auto& [name, values] : expected) {
    std::string option_name = "--" + name;
    std::ranges::replace(option_name, '_', '-');
    const CLI::Option& option = *running.get_option(option_name);
    if (values.empty()) continue;
    if (!option.get_configurable()) {
      for (const std::string& value : values) left.push_back(option_name + "=" + value);
      continue;
    }
    file += name + " = " + value_in_file(option, values) + "\n";
    if (option.get_expected_min() == 0 && values.front() == "false") values.clear();
    if (is_path(option)) values.front() = (scratch.path() / values.front()).string();
  }
  write_file_atomic(scratch / "same.toml", bytes_of(file), 0600);
  const auto read = settings_by(left);
  require(read && *read == expected, "a file that says the same as words comes to the same");
}

}  // namespace

Targets word_targets() {
  return {
      {"words_for_waybill_worker",
       [] {
         return std::vector<Buffer>{text("\1--dir\nd\n--keytab\nk\n--trigger\nhttp://"
                                         "a:1\n--handler\na=b\n--once\n--on-revoked\nfinish"),
                                    text("\2run\n--concurrency\n65")};
       },
       parse_words},
      {"worker_toml",
       [] {
         return std::vector<Buffer>{
             text("dir = \"d\"\nkeytab = \"k\"\nhandler = [\"a=b\"]\nconcurrency = 4\n"
                  "on_revoked = \"finish\"\n")};
       },
       read_settings},
      {"a_worker_told_by_words_and_by_file",
       [] {
         return std::vector<Buffer>{
             text("--dir\nd\n--keytab\nk\n--trigger\nhttp://a:1\n--handler\na=b\n--handler\nc=d"),
             text("--dir=d\n--keytab=/k\n--handler=a=\xc3\xa4\n--concurrency=64\n--once\n"
                  "--insecure-allow-swap\n--on-revoked\nfinish\n--log-level\nerror"),
             text("--handler\na=b\n--dir\n.\n--keytab\n..\n--engine\ntemporal\n"
                  "--temporal-address\na:1\n--feed-interval\n3600\n--feed\nx\n--feed\ny")};
       },
       compare_words_and_file},
  };
}

}  // namespace waybill::test::fuzz
