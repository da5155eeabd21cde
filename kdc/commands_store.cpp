// waybill-kdc store backup|restore
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "kdc/backup.h"
#include "kdc/commands.h"

namespace waybill::kdc {
namespace {

constexpr const char* backup_help = R"(
Copies one consistent state of the store into a new folder (0700), compacted, while the KDC may
serve; with it kdc.toml, realm.toml and ca.pem. The folder has its name when all of it is on the
disk, and a backup that is there is never written over.

No key is in it: keep master.key, operator.keytab and root.key yourself, in another place. Without
master.key nobody reads the secrets in a backup, and nobody can restore it.

Example:
  waybill-kdc store backup --dir kdc --to /backup/kdc-$(date +%F-%H%M)
)";

constexpr const char* restore_help = R"(
Checks every record of a backup under the master.key in --dir, then puts its store in place; the
one from before stays beside it as store.before-restore. Refuses while a KDC serves the folder. On
a new machine put master.key into the folder first.

What was done after the backup is forgotten: principals, grants, tickets, and REVOCATIONS, so that
tickets that were revoked since are good again at the KDC. Workers that heard of them refuse them
still, and refuse the feed, and with it all work, until it has come as far as they know. So the KDC
does not start on an older store without a word:

  waybill-kdc serve --dir kdc --accept-older-store   # once; it is audited

Revoke again what was revoked since (the audit trail that somebody kept, or store.before-restore,
tells), and when you do not know it, everything: `waybill revoke --help`.

Example:
  waybill-kdc store restore --from /backup/kdc-2026-11-27-0730 --dir kdc
)";

struct StoreWords {
  Folder folder;
  std::string to;
  std::string from;
};

int run_backup(const StoreWords& words) {
  const Backup backup = [&] {
    Progress progress;
    return back_up(words.folder, words.to, progress.tell());
  }();
  std::cout << "The backup " << words.to << " reaches to audit record " << backup.audit_records
            << "; " << backup.bytes << " bytes. No key is in it.\n";
  return 0;
}

int run_restore(const StoreWords& words) {
  const Restored restored = [&] {
    Progress progress;
    return restore(words.from, words.folder, progress.tell());
  }();
  for (const std::string& fault : restored.report.faults) {
    std::cerr << "waybill-kdc: fault: " << fault << "\n";
  }
  if (!restored.report.faults.empty()) return say_refused("the backup is damaged: nothing changed");
  std::cout << "The store is that of the backup now: it ends with audit record "
            << restored.report.audit_until << ".\n";
  if (restored.replaced) {
    std::cout << "The one from before is in " << restored.replaced->string() << ".\n";
  }
  if (restored.older) {
    std::cout << "\nIt is older than what this KDC has written (" << *restored.older << ").\n"
              << "Revocations since then are forgotten; --help says what to do. The next start:\n"
              << "  waybill-kdc serve --dir " << words.folder.path.string()
              << " --accept-older-store\n";
  }
  return 0;
}

}  // namespace

void add_store_commands(CLI::App& store, Commands& commands) {
  const auto words = std::make_shared<StoreWords>();
  CLI::App* backup = store.add_subcommand("backup", "copy the store while the KDC serves");
  add_folder_options(*backup, words->folder);
  backup->add_option("--to", words->to, "a new folder")->required()->type_name("FOLDER");
  backup->footer(backup_help);
  commands.push_back({backup, [words] { return run_backup(*words); }});

  CLI::App* restoring = store.add_subcommand("restore", "put the store of a backup back");
  restoring->add_option("--from", words->from, "what `store backup` wrote")
      ->required()
      ->type_name("FOLDER");
  add_folder_options(*restoring, words->folder);
  restoring->footer(restore_help);
  commands.push_back({restoring, [words] { return run_restore(*words); }});
}

}  // namespace waybill::kdc
