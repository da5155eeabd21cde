#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ticket/adapters/settings_file.h"
#include "ticket/adapters/temporal.h"
#include "worker/ticket_watch.h"

namespace CLI {
class App;
}

namespace waybill::worker {

/// What `waybill-worker run` was told.
struct Words {
  std::string dir, keytab, trigger, realm_file, mirror, status_listen;
  std::string engine = "embedded";
  temporal::Options temporal{{}, "default", {}, {}, {}};
  std::vector<std::string> handlers, required, feed;
  std::size_t concurrency = 4;
  unsigned feed_seconds = 2;
  OnRevoked on_revoked = OnRevoked::stop;
  std::string log_format = "auto", log_level = "info";
  bool once = false;
  bool check_config = false;
  bool insecure_allow_swap = false;
};

/// All options and texts of the program; those of its command `run`, which is given back, are read
/// into `words`.
CLI::App& describe_program(CLI::App& app, Words& words);

/// What the command line and the settings file that it names say.
struct Told {
  Words words;
  Settings settings;
};
/// Reads both once more. Throws CLI::ParseError.
Told told_again(int argc, char** argv);

}  // namespace waybill::worker
