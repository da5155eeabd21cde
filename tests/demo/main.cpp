#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <CLI/CLI.hpp>

#include "tests/demo/attacks.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/system_clock.h"

// The attacks of tools/demo. Prints a line each, then `TOTAL steps refused accepted` for the
// script.

namespace waybill::demo {
namespace {

Keytab keytab(const std::filesystem::path& file) {
  const SecretBytes bytes = read_secret_file(file);
  auto read = Keytab::decode(bytes.expose());
  if (!read) throw std::runtime_error(file.string() + " is no keytab");
  return *std::move(read);
}

/// The key that a user's password gives, as `waybill init` derives it.
PrincipalKey password_key(const std::filesystem::path& file, const RealmDocument& realm,
                          const Principal& user) {
  const SecretBytes bytes = read_secret_file(file);
  std::string_view password = text_of(bytes.expose());
  password = password.substr(0, password.find('\n'));
  return key_from_password(bytes_of(password), realm.realm_id, user.text());
}

struct Words {
  std::string folder, trigger, worker_program, temporal;
};

int run(const Words& words) {
  const std::filesystem::path folder = words.folder;
  LockedArena::start();
  const SystemClock clock;
  KdcClient kdc(RealmFile::load(folder / "kdc" / "realm.toml"), clock);
  const auto actor = [&](const char* name) {
    return Actor(kdc, clock, keytab(folder / (std::string(name) + ".keytab")));
  };
  const auto realm = kdc.fetch_realm();
  if (!realm) throw std::runtime_error("no realm document: " + code_of(realm));
  const auto user = [&](const char* name) {
    const Principal principal = *Principal::make(name, realm->realm);
    const auto file = folder / (std::string(name) + ".pw");
    return Actor(kdc, clock, principal, password_key(file, *realm, principal));
  };
  Cast cast{kdc,
            clock,
            folder,
            words.trigger,
            words.temporal,
            words.worker_program,
            user("carol"),
            user("dave"),
            actor("trigger"),
            actor("rogue"),
            keytab(folder / "alice.keytab"),
            keytab(folder / "spare.keytab"),
            keytab(folder / "bob.keytab")};
  const bool colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  Scoreboard board(colour);
  attack_kdc(cast, board);
  attack_trigger(cast, board);
  if (!cast.temporal.empty()) attack_temporal(cast, board);
  attack_worker(cast, board);
  std::printf("TOTAL %d %d %d\n", board.steps(), board.refused(), board.accepted());
  return board.failed() ? 1 : 0;
}

}  // namespace
}  // namespace waybill::demo

int main(int argc, char** argv) {
  CLI::App app("The attacks of tools/demo, against the daemons that it started.");
  waybill::demo::Words words;
  app.add_option("--dir", words.folder, "the demo's folder")->required();
  app.add_option("--trigger", words.trigger, "base URL of the honest trigger")->required();
  app.add_option("--worker-program", words.worker_program, "waybill-worker")->required();
  app.add_option("--temporal", words.temporal, "the Temporal server, if the trigger uses one");
  CLI11_PARSE(app, argc, argv);
  try {
    return waybill::demo::run(words);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "waybill-demo: error: %s\n", problem.what());
    return 1;
  }
}
