#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ticket/wire/clock.h"
#include "tools/ui.h"

namespace waybill::tools {

/// All that a command can reach besides its arguments.
struct Context {
  Ui& ui;
  const Clock& clock;
};

using Arguments = std::vector<std::string>;

/// One line of the table of commands; each is a file cmd_*.cpp.
struct Subcommand {
  const char* name;
  Outcome<Done> (*run)(Context& context, const Arguments& arguments);
  const char* summary;
};

/// Runs the one that the first argument names, with the rest. `prefix` is what stands before it
/// (`waybill admin`). Stops with usage when there is none.
Outcome<Done> dispatch(Context& context, std::span<const Subcommand> table,
                       const std::string& prefix, const Arguments& arguments);

/// The options of one command: `names` as in "-c,--cache". The variables must outlive parse().
/// `--help` is there by itself and ends with the examples and the exit statuses.
class CommandLine {
 public:
  CommandLine(const std::string& command, const std::string& summary);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  ~CommandLine();

  using Text = std::optional<std::string>;
  CommandLine& flag(const std::string& names, bool& value, const std::string& help);
  /// `shape` is what stands for the value in the help: FILE, ID, URL.
  CommandLine& option(const std::string& names, Text& value, const std::string& shape,
                      const std::string& help);
  CommandLine& required(const std::string& names, std::string& value, const std::string& shape,
                        const std::string& help);
  /// May be given more than once, and takes lists with commas.
  CommandLine& list(const std::string& names, std::vector<std::string>& values,
                    const std::string& shape, const std::string& help);
  CommandLine& duration(const std::string& names, std::optional<Seconds>& value,
                        const std::string& help);
  CommandLine& count(const std::string& names, std::optional<std::uint64_t>& value,
                     const std::string& help);
  /// By position.
  CommandLine& argument(const std::string& name, std::string& value, const std::string& help);
  CommandLine& optional_argument(const std::string& name, Text& value, const std::string& help);

  /// A paragraph of the help, after the options.
  CommandLine& note(const std::string& paragraph);
  CommandLine& example(const std::string& line);

  /// Prints the help and stops with Exit::done when it is asked for; stops with usage.
  Outcome<Done> parse(Ui& ui, const Arguments& arguments);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// `-c,--cache`, which most commands have.
void add_cache_option(CommandLine& line, std::optional<std::string>& cache);

}  // namespace waybill::tools
