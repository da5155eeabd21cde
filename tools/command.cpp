#include "tools/command.h"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>

#include "ticket/adapters/help_page.h"
#include "tools/table.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

constexpr std::string_view exit_statuses =
    "Exit status: 0 done; 1 refused by policy or verification; 2 wrong usage;\n"
    "  3 cannot reach a server; 4 no valid credentials (run `waybill init`);\n"
    "  5 local file or permission trouble.";

// How many letters to change to get from one word to the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

void print_table(Ui& ui, std::span<const Subcommand> table, const std::string& prefix) {
  ui.print("Usage: " + prefix + " COMMAND [OPTIONS]");
  ui.print("");
  Table commands;
  for (const Subcommand& command : table) {
    commands.row({std::string("  ") + command.name, command.summary});
  }
  commands.print(ui);
  ui.print("");
  ui.print(prefix + " COMMAND --help shows options and examples.");
  ui.print(exit_statuses);
}

Stop unknown_command(std::span<const Subcommand> table, const std::string& prefix,
                     const std::string& name) {
  const auto near = [&](const Subcommand& c) {
    return std::pair(distance(c.name, name), name.empty() || c.name[0] != name.front());
  };
  const auto best = std::ranges::min_element(table, {}, near);
  const bool similar = near(*best).first <= 2;
  return wrong_usage("there is no command `" + prefix + " " + escaped(name) + "`",
                     similar ? "did you mean `" + prefix + " " + best->name + "`?"
                             : "`" + prefix + " --help` lists the commands");
}

bool asks_for_help(const std::string& argument) {
  return argument == "--help" || argument == "-h" || argument == "help";
}

// For the shell's completion (cmd_completion.cpp): a word, a tab, what it does.
bool asks_for_words(const Arguments& arguments) {
  return !arguments.empty() && arguments.back() == "--list-words";
}

void list_words(Ui& ui, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) continue;
    const auto& longs = option->get_lnames();
    const std::string name =
        longs.empty() ? "-" + option->get_snames().front() : "--" + longs.front();
    std::string what = option->get_description();
    std::ranges::replace(what, '\n', ' ');  // a line of its own would be another word
    std::string told = name + (option->get_type_size() > 0 ? "=" : "");
    told += "\t";
    told += what;
    ui.print(told);
  }
}

}  // namespace

Outcome<Done> dispatch(Context& context, std::span<const Subcommand> table,
                       const std::string& prefix, const Arguments& arguments) {
  if (arguments.empty()) {
    std::string names;
    for (const Subcommand& command : table) {
      names += (names.empty() ? "" : ", ") + std::string(command.name);
    }
    return wrong_usage("`" + prefix + "` wants one of: " + names);
  }
  const std::string& name = arguments.front();
  if (asks_for_words({name})) {
    for (const Subcommand& one : table)
      context.ui.print(one.name + std::string("\t") + one.summary);
    return done();
  }
  if (asks_for_help(name)) {
    print_table(context.ui, table, prefix);
    return done();
  }
  const auto found = std::ranges::find(table, name, &Subcommand::name);
  if (found == table.end()) return unknown_command(table, prefix, name);
  return found->run(context, {arguments.begin() + 1, arguments.end()});
}

struct CommandLine::Parts {
  CLI::App app;
  std::string notes;
  std::string examples;
};

CommandLine::CommandLine(const std::string& command, const std::string& summary)
    : parts_(std::make_unique<Parts>()) {
  parts_->app.name(command);
  parts_->app.description(summary);
  parts_->app.set_help_flag("-h,--help", "show this text");
  fit_help(parts_->app);
}

CommandLine::~CommandLine() = default;

CommandLine& CommandLine::flag(const std::string& names, bool& value, const std::string& help) {
  parts_->app.add_flag(names, value, help);
  return *this;
}

CommandLine& CommandLine::option(const std::string& names, Text& value, const std::string& shape,
                                 const std::string& help) {
  parts_->app.add_option(names, value, help)->option_text(shape);
  return *this;
}

CommandLine& CommandLine::required(const std::string& names, std::string& value,
                                   const std::string& shape, const std::string& help) {
  parts_->app.add_option(names, value, help)->option_text(shape)->required();
  return *this;
}

CommandLine& CommandLine::list(const std::string& names, std::vector<std::string>& values,
                               const std::string& shape, const std::string& help) {
  parts_->app.add_option(names, values, help)
      ->option_text(shape)
      ->delimiter(',')
      ->allow_extra_args(false);  // the next word is not another value
  return *this;
}

CommandLine& CommandLine::duration(const std::string& names, std::optional<Seconds>& value,
                                   const std::string& help) {
  const auto take = [&value](const std::string& text) {
    value = parse_duration(text);
    if (!value) {
      throw CLI::ValidationError("a duration is like 15m, 8h, 7d or 1d8h, not " + text);
    }
  };
  parts_->app.add_option_function<std::string>(names, take, help)->option_text("DURATION");
  return *this;
}

CommandLine& CommandLine::count(const std::string& names, std::optional<std::uint64_t>& value,
                                const std::string& help) {
  const auto take = [&value](const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || end != text.data() + text.size()) {
      throw CLI::ValidationError("a whole number is wanted, not " + text);
    }
    value = number;
  };
  parts_->app.add_option_function<std::string>(names, take, help)->option_text("N");
  return *this;
}

CommandLine& CommandLine::argument(const std::string& name, std::string& value,
                                   const std::string& help) {
  parts_->app.add_option(name, value, help)->option_text(" ")->required();
  return *this;
}

CommandLine& CommandLine::optional_argument(const std::string& name, Text& value,
                                            const std::string& help) {
  parts_->app.add_option(name, value, help)->option_text(" ");
  return *this;
}

CommandLine& CommandLine::note(const std::string& paragraph) {
  parts_->notes += filled(paragraph) + "\n\n";
  return *this;
}

CommandLine& CommandLine::example(const std::string& line) {
  parts_->examples += filled_command(line) + "\n";
  return *this;
}

Outcome<Done> CommandLine::parse(Ui& ui, const Arguments& arguments) {
  CLI::App& app = parts_->app;
  if (asks_for_words(arguments)) {
    list_words(ui, app);
    return Stop(Exit::done, "");
  }
  app.footer(parts_->notes + "Examples:\n" + parts_->examples + "\n" + std::string(exit_statuses));
  Arguments reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
  try {  // a library's way of refusing, turned into ours
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    std::string help = app.help();
    help.erase(help.find_last_not_of('\n') + 1);
    ui.print(help);
    return Stop(Exit::done, "");
  } catch (const CLI::ParseError& error) {
    return wrong_usage(escaped(error.what()), "`" + app.get_name() + " --help` shows the options");
  }
  return done();
}

void add_cache_option(CommandLine& line, std::optional<std::string>& cache) {
  line.option("-c,--cache", cache, "CACHE",
              "the cache folder, instead of $WAYBILL_CACHE or the usual one");
}

}  // namespace waybill::tools
