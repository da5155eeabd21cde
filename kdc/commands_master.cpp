// waybill-kdc master rotate
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "kdc/commands.h"
#include "kdc/master_key.h"
#include "ticket/adapters/system_clock.h"

namespace waybill::kdc {
namespace {

constexpr const char* rotate_help = R"(
Makes a new master.key, wraps every secret anew and gives every record a new MAC. The KDC must be
stopped. It may be killed at any moment: the next start of the KDC, or this command once more,
completes it or takes it back. The disk needs room for the store once more.

Backups from before open under the old master key alone: make a new one, and keep the old key or
remove the old backups. Who has both the old key and the old disk can still read what was there:
rotate the epochs as well (`waybill-kdc epoch rotate --in 1m`) when the key was stolen.

Example:
  waybill-kdc master rotate --dir kdc
)";

}  // namespace

void add_master_commands(CLI::App& app, Commands& commands) {
  const auto folder = std::make_shared<Folder>();
  CLI::App* master = app.add_subcommand("master", "look after the key of the store");
  master->require_subcommand(1);
  CLI::App* rotating = master->add_subcommand("rotate", "take a new one");
  add_folder_options(*rotating, *folder);
  rotating->footer(rotate_help);
  commands.push_back({rotating, [folder] {
                        const SystemClock clock;
                        rotate_master_key(*folder, clock);
                        std::cout << "The store has a new master key. Make a new backup: those "
                                     "from before need the old one.\n";
                        return 0;
                      }});
}

}  // namespace waybill::kdc
