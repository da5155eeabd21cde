// waybill-kdc master rotate|token-key
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "kdc/commands.h"
#include "kdc/master_key.h"
#include "kdc/progress.h"
#include "kdc/token.h"
#include "ticket/adapters/system_clock.h"

namespace waybill::kdc {
namespace {

constexpr const char* rotate_help = R"(
Makes a new master key, wraps every secret anew and gives every record a new MAC. The KDC must be
stopped. It may be killed at any moment: the next start of the KDC, or this command once more,
completes it or takes it back. The disk needs room for the store once more.

The new key is kept as the old one was, or where --to says: `file` is master.key in the folder,
and the address of a token (`init --help`) has its key wrap it. What kept the old one in the folder
is removed. A credential, or a file that --master-key names, is not written: say --to.

Backups from before open under the old master key alone: make a new one, and keep the old key or
remove the old backups. Who has both the old key and the old disk can still read what was there:
rotate the epochs as well (`waybill-kdc epoch rotate --in 1m`) when the key was stolen.

Examples:
  waybill-kdc master rotate --dir kdc
  waybill-kdc master rotate --dir kdc --to 'pkcs11:token=kdc;object=wrap?…'
  waybill-kdc master rotate --dir kdc --to file         # out of the token again
)";

constexpr const char* token_key_help = R"(
Makes in a token the key that wraps a master key: AES, 256 bits, never to leave the token. One of
that label must not be there. Back it up as the token's manual says: without it nothing opens the
store.

Example:
  files='module-path=/usr/lib/softhsm/libsofthsm2.so'
  files="$files&pin-source=file:/etc/waybill/token.pin"
  waybill-kdc master token-key --token "pkcs11:token=kdc;object=wrap?$files"
)";

struct MasterWords {
  Folder folder;
  std::string to;
  std::string token;
};

int run_rotate(const MasterWords& words) {
  std::optional<MasterHome> wish;
  if (!words.to.empty()) wish = MasterHome{words.to == "file" ? "" : words.to};
  {
    Progress progress;
    progress.begin({"protecting every record anew"});
    rotate_master_key(words.folder, wish, SystemClock());
  }
  std::cout << "The store has a new master key. Make a new backup: those from before need the old "
               "one.\n";
  return 0;
}

int run_token_key(const MasterWords& words) {
  const TokenKey key = TokenKey::parse(words.token);
  make_token_key(key);
  std::cout << "The token " << key.token << " has a new key, " << key.object << ".\n";
  return 0;
}

}  // namespace

void add_master_commands(CLI::App& app, Commands& commands) {
  const auto words = std::make_shared<MasterWords>();
  CLI::App* master = app.add_subcommand("master", "look after the key of the store");
  master->require_subcommand(1);
  CLI::App* rotating = master->add_subcommand("rotate", "take a new one");
  add_folder_options(*rotating, words->folder);
  rotating->add_option("--to", words->to, "where to keep it: `file`, or a token's address")
      ->type_name("PLACE");
  rotating->footer(rotate_help);
  commands.push_back({rotating, [words] { return run_rotate(*words); }});

  CLI::App* token_key = master->add_subcommand("token-key", "make a key in a token");
  token_key->add_option("--token", words->token, "which, and where: see `init --help`")
      ->required()
      ->type_name("ADDRESS");
  token_key->footer(token_key_help);
  commands.push_back({token_key, [words] { return run_token_key(*words); }});
}

}  // namespace waybill::kdc
