#include "ticket/adapters/settings_file.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <toml++/toml.h>

#include "ticket/adapters/files.h"

namespace waybill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file = 64 * 1024;

[[noreturn]] void refuse(const fs::path& file, const toml::source_region& where,
                         const std::string& why) {
  throw CLI::ConfigError(file.string() + ", line " + std::to_string(where.begin.line) + ": " + why,
                         CLI::ExitCodes::ConfigError);
}

bool is_flag(const CLI::Option& option) { return option.get_expected_min() == 0; }
bool is_list(const CLI::Option& option) { return option.get_expected_max() > 1; }

// Nothing: a value of another type.
std::optional<std::string> text_in(const toml::node& node) {
  if (auto text = node.value_exact<std::string>()) return text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  return std::nullopt;
}

/// One file, for the options of one command. CLI11 calls from_config() after it has read the
/// command line and before it asks which options are missing.
class SettingsFile : public CLI::Config {
 public:
  SettingsFile(const CLI::App& program, CLI::App& command) : program_(program), command_(command) {}

  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

  // The stream is not looked at: our own reading of files has limits, and the name is wanted.
  std::vector<CLI::ConfigItem> from_config(std::istream&) const override {
    const fs::path file = program_.get_config_ptr()->as<std::string>();
    for (const auto& [key, node] : parse(file)) take(file, std::string(key.str()), node);
    return {};
  }

 private:
  static toml::table parse(const fs::path& file) {
    const Buffer bytes = read_file(file, max_file);
    try {  // a library's way of refusing, turned into ours
      return toml::parse(text_of(bytes), file.string());
    } catch (const toml::parse_error& error) {
      refuse(file, error.source(), std::string(error.description()));
    }
  }

  void take(const fs::path& file, const std::string& key, const toml::node& node) const {
    std::string name = key;
    std::ranges::replace(name, '_', '-');
    CLI::Option* option = command_.get_option_no_throw("--" + name);
    const bool is_known = option != nullptr && option->get_configurable() && name != "help" &&
                          key.find('-') == std::string::npos;
    if (!is_known) {
      refuse(file, node.source(), "there is no setting `" + key + "`: correct or remove it");
    }
    const std::vector<std::string> values = values_in(file, key, *option, node);
    if (!option->empty() || values.empty()) return;
    try {  // CLI11 says what is wrong with a value, we say where it stands
      for (const std::string& value : values) option->add_result(value);
      option->run_callback();
    } catch (const CLI::Error& error) {
      refuse(file, node.source(), error.what());
    }
  }

  static std::vector<std::string> values_in(const fs::path& file, const std::string& key,
                                            const CLI::Option& option, const toml::node& node) {
    if (is_flag(option)) {
      const auto is_on = node.value_exact<bool>();
      if (!is_on) refuse(file, node.source(), key + " is true or false");
      return *is_on ? std::vector<std::string>{"true"} : std::vector<std::string>{};
    }
    std::vector<std::string> values;
    const auto add = [&](const toml::node& one, const char* wanted) {
      const auto text = text_in(one);
      if (!text) refuse(file, one.source(), key + wanted);
      const bool is_path = option.get_type_name() == "FILE" || option.get_type_name() == "FOLDER";
      values.push_back(is_path ? (file.parent_path() / *text).string() : *text);
    };
    if (!is_list(option)) {
      add(node, " is a text or a whole number");
      return values;
    }
    const toml::array* list = node.as_array();
    if (list == nullptr) refuse(file, node.source(), key + " is a list, as in [\"a\", \"b\"]");
    for (const toml::node& one : *list) add(one, " is a list of texts");
    return values;
  }

  const CLI::App& program_;
  CLI::App& command_;
};

}  // namespace

void take_settings_file(CLI::App& program, CLI::App& command) {
  program.set_config("--config", "", "a TOML file with options of the command")->type_name("FILE");
  program.config_formatter(std::make_shared<SettingsFile>(program, command));
  command.fallthrough();
}

Settings settings_of(const CLI::App& command) {
  Settings settings;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    std::string name = option->get_lnames().front();
    std::ranges::replace(name, '-', '_');
    settings.emplace(std::move(name), option->results());
  }
  return settings;
}

std::vector<std::string> changed(const Settings& before, const Settings& after,
                                 const std::set<std::string>& taken) {
  std::vector<std::string> names;
  for (const auto& [name, values] : after) {
    const auto found = before.find(name);
    const bool same = found != before.end() && found->second == values;
    if (!same && !taken.contains(name)) names.push_back(name);
  }
  return names;
}

}  // namespace waybill
