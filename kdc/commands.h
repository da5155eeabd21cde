#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kdc/init.h"
#include "ticket/realm.h"
#include "ticket/wire/clock.h"

namespace CLI {
class App;
}

namespace waybill::kdc {

/// Sub-commands of waybill-kdc that look after a realm, each with what runs it: its exit status as
/// in specs/errors.md. They throw as kdc/serve.h says; main() has the one catch.
struct Command {
  CLI::App* app;
  std::function<int()> run;
};
using Commands = std::vector<Command>;

void add_epoch_commands(CLI::App& app, Commands& commands);
void add_realm_commands(CLI::App& app, Commands& commands);
void add_audit_commands(CLI::App& app, Commands& commands);
void add_master_commands(CLI::App& app, Commands& commands);
/// Below the sub-command `store`.
void add_store_commands(CLI::App& store, Commands& commands);

/// --dir, of what makes a realm.
void add_folder_option(CLI::App& command, Folder& folder);
/// --dir and --master-key, of whatever works on a realm that is there.
void add_folder_options(CLI::App& command, Folder& folder);
/// --in and --days, of whatever makes new epochs.
void add_rotation_options(CLI::App& command, std::optional<std::uint64_t>& starts_in,
                          std::optional<unsigned>& days);

/// The keys of a realm document, signed or not, for a person who compares them.
void print_document(const RealmDocument& document);
/// Exit status 1, and a sentence on stderr.
int say_refused(const std::string& sentence);
/// 2026-11-27T07:30:00Z.
std::string iso_time(Time time);

}  // namespace waybill::kdc
