#include "kdc/commands.h"

#include <ctime>
#include <iostream>

#include <CLI/CLI.hpp>

#include "ticket/wire/hex.h"

namespace waybill::kdc {
namespace {

template <class Entry>
void print_keys(const char* what, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    std::cout << "  " << what << " " << number(entry.id) << ", " << iso_time(entry.from) << " to "
              << iso_time(entry.until) << "\n    " << to_hex(entry.key.bytes) << "\n";
  }
}

}  // namespace

void print_document(const RealmDocument& document) {
  std::cout << "Realm " << document.realm.text() << ", serial " << document.serial << ", made "
            << iso_time(document.issued_at) << ":\n";
  print_keys("epoch", document.epochs);
  print_keys("signing key", document.signers);
}

int say_refused(const std::string& sentence) {
  std::cerr << "waybill-kdc: error: " << sentence << "\n";
  return 1;
}

std::string iso_time(Time time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void add_folder_option(CLI::App& command, Folder& folder) {
  command
      .add_option_function<std::string>(
          "--dir", [&folder](const std::string& dir) { folder.path = dir; }, "the KDC's folder")
      ->required()
      ->type_name("FOLDER");
}

void add_folder_options(CLI::App& command, Folder& folder) {
  add_folder_option(command, folder);
  command
      .add_option_function<std::string>(
          "--master-key", [&folder](const std::string& file) { folder.master_file = file; },
          "where master.key lies, if not in the folder; mode 0600 or 0400")
      ->type_name("FILE");
}

void add_rotation_options(CLI::App& command, std::optional<std::uint64_t>& starts_in,
                          std::optional<unsigned>& days) {
  const std::map<std::string, std::uint64_t> units{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  command
      .add_option("--in", starts_in, "open new keys after so long (30s, 5m, 1h, 2d), not in turn")
      ->transform(CLI::AsNumberWithUnit(units))
      ->check(CLI::Range(0, 3650 * 86400))
      ->type_name("TIME");
  command.add_option("--days", days, "how long their epochs are, if not as kdc.toml says")
      ->check(CLI::Range(1U, 3650U))
      ->type_name("DAYS");
}

}  // namespace waybill::kdc
