#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace waybill {

/// Lets the options of `command` stand in a TOML file too, which `program --config FILE` names (it
/// may be written behind the command). A key is the option's long name with `_` for `-`; an option
/// that may be repeated is a list; a flag is true or false. What the command line says is
/// preferred. Files and folders (by the option's type name) are relative to the file's folder.
///
/// Refused with file and line, as wrong usage of the command: what is no TOML, an unknown key, a
/// value of another type or that the option does not take. Options that are not configurable
/// (CLI::Option::configurable) are unknown here.
void take_settings_file(CLI::App& program, CLI::App& command);

/// What each option of a command was given, by its name in such a file.
using Settings = std::map<std::string, std::vector<std::string>>;
Settings settings_of(const CLI::App& command);
/// The names of those that differ, but for `taken`.
std::vector<std::string> changed(const Settings& before, const Settings& after,
                                 const std::set<std::string>& taken);

}  // namespace waybill
