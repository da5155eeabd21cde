#include <iomanip>
#include <iostream>

#include <CLI/CLI.hpp>

#include "kdc/audit_archive.h"
#include "kdc/audit_pruning.h"
#include "kdc/backup.h"
#include "kdc/commands.h"
#include "kdc/progress.h"
#include "kdc/realm_request.h"
#include "kdc/serve.h"
#include "kdc/store_check.h"
#include "kdc/token.h"
#include "ticket/adapters/confinement.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/help_page.h"
#include "ticket/adapters/http.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/shutdown.h"
#include "ticket/adapters/system_clock.h"
#include "ticket/secret.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

// waybill-kdc: the KDC of a realm. Exit status as everywhere (specs/errors.md): 0 done, 1 refused,
// 2 wrong usage, 3 cannot reach a server, 5 local files, permissions or addresses.

namespace {

using namespace waybill;
using namespace waybill::kdc;

constexpr int refused = 1;
constexpr int wrong_usage = 2;
constexpr int local_trouble = 5;

constexpr const char* main_examples = R"(
Examples:
  waybill-kdc init --dir kdc --realm DEMO.TEST --listen 127.0.0.1:8088
  waybill-kdc serve --dir kdc
  waybill-kdc store check --dir kdc
  waybill-kdc epoch list --dir kdc

Exit status: 0 done, 1 refused by a check, 2 wrong usage, 5 local files, permissions or addresses.
)";

constexpr const char* init_examples = R"(
Makes the folder (0700) with root.key and master.key (0400), the store, an operator with
operator.keytab (0600), realm.toml to hand out, and kdc.toml. It never touches an existing realm.

With --token there is no master.key: an AES key in a PKCS#11 token wraps it (`master token-key`
makes one), and master.token holds what it made. ADDRESS is a URI of RFC 7512,
  pkcs11:token=LABEL;object=KEY?module-path=FILE&pin-source=file:FILE
with the token's label and the key's, its module, and a file of one line with the PIN (mode 0600).
The token is asked at each start of the KDC and by each command that opens the store.

With --root-key-elsewhere the root key never comes here: `realm root-key` makes it on its machine,
and this leaves a realm.request, to be signed there and installed here before the first start.

Examples:
  waybill-kdc init --dir kdc --realm DEMO.TEST --listen 127.0.0.1:8088
  waybill-kdc init --dir /var/lib/waybill-kdc --realm EXAMPLE.ORG \
      --listen 0.0.0.0:8088 --url http://kdc.example.org:8088
  waybill-kdc init --dir kdc --realm EXAMPLE.ORG --listen 0.0.0.0:8088 \
      --url https://kdc.example.org:8088 \
      --tls-certificate kdc.pem --tls-key kdc.key
  waybill-kdc init --dir kdc --realm DEMO.TEST --listen 127.0.0.1:8088 \
      --token 'pkcs11:token=kdc;object=wrap?…' --root-key-elsewhere 3f5a…
)";

constexpr const char* serve_examples = R"(
Answers logins and calls until SIGTERM or Ctrl-C. The settings are in kdc.toml, in the folder. At a
SIGHUP it reads the log level and the files for TLS again. Once it listens it may start no program,
connect to nowhere and become nobody else: the kernel ends it if it tries. The master key is
master.key in the folder, or what a token wrapped (master.token), or a credential `master.key` that
systemd hands out (LoadCredential=), or the file that --master-key names.

Examples:
  waybill-kdc serve --dir kdc
  waybill-kdc serve --dir kdc --user waybill-kdc     # started as root
  waybill-kdc serve --dir kdc --listen 127.0.0.1:0   # any free port: see log
  waybill-kdc serve --dir kdc --check-config
  waybill-kdc serve --dir kdc --accept-older-store   # once, after a restore
)";

constexpr const char* check_examples = R"(
Reads every record of the store and checks its MAC, then the audit chain against its signed
checkpoints, the revocation feed from its base, and the high-water mark. Reads only; may
run while the KDC serves.

Example:
  waybill-kdc store check --dir kdc
)";

struct Words {
  Folder folder;
  std::string realm;
  std::string listen;
  std::string url;
  std::string tls_certificate, tls_key, tls_ca;
  std::string token;
  std::string root_public;
  unsigned epoch_days = 365;
  bool accept_older_store = false;
  bool check_config = false;
  std::string user, group;
  bool insecure_allow_swap = false;
  bool insecure_no_sandbox = false;
};

int complain(int status, const std::string& sentence) {
  std::cerr << "waybill-kdc: error: " << sentence << "\n";
  return status;
}

void print_next(const InitPlan& plan) {
  const std::string dir = plan.folder.path.string();
  if (plan.root) {
    const std::string request = plan.folder.realm_request().string();
    print_document(*decode_request(read_file(request, limits::max_message)));
    std::cout << "\nNext, where the root key is, with these same keys on the screen:\n"
              << "  waybill-kdc realm sign --request realm.request --root-key root.key "
                 "--out first.realm\n"
              << "and here again:\n"
              << "  waybill-kdc realm install --dir " << dir << " --signed first.realm\n";
    return;
  }
  std::cout << "Next:\n"
            << "  waybill-kdc serve --dir " << dir << " &\n"
            << "  export WAYBILL_REALM="
            << std::filesystem::absolute(plan.folder.realm_file()).string() << "\n"
            << "  waybill init -k -t " << plan.folder.operator_keytab().string() << " operator\n";
}

void print_made(const InitPlan& plan) {
  const auto line = [](const char* file, const std::string& what) {
    std::cout << "  " << std::left << std::setw(17) << file << what << "\n";
  };
  std::cout << "The realm " << plan.realm.text()
            << (plan.root ? " waits for its first signature in " : " is ready in ")
            << plan.folder.path.string() << ":\n";
  if (plan.root) line("realm.request", "what the root key is to sign, on its own machine");
  if (!plan.root)
    line("root.key", "signs the realm document; take it off this machine and keep it");
  if (plan.token.empty()) line("master.key", "opens the store; the KDC needs it at each start");
  if (!plan.token.empty()) line("master.token", "opens the store, with the token; keep a copy");
  line("store/", "principals, grants, tickets, revocations, audit");
  line("operator.keytab",
       "the key of operator@" + plan.realm.text() + ", who may administer the realm");
  line("realm.toml", "what everybody else needs; it holds no secret");
  line("kdc.toml", "the KDC's settings");
  std::cout << "\n";
  print_next(plan);
}

int complain_of_address(const std::string& text) {
  return complain(wrong_usage, "`" + text +
                                   "` is no address: write HOST:PORT, for example "
                                   "127.0.0.1:8088 or [::1]:8088");
}

int run_init(const Words& words) {
  const auto realm = Realm::parse(words.realm);
  if (!realm) {
    return complain(wrong_usage,
                    "`" + words.realm + "` is no realm: take 1 to 64 of A-Z a-z 0-9 . -");
  }
  const auto listen = ListenAddress::parse(words.listen);
  if (!listen) return complain_of_address(words.listen);
  InitPlan plan{.folder = words.folder,
                .realm = *realm,
                .listen = *listen,
                .epoch_life = std::chrono::hours(24) * words.epoch_days,
                .url = words.url,
                .tls_certificate = words.tls_certificate,
                .tls_key = words.tls_key,
                .tls_ca = words.tls_ca,
                .token = words.token};
  if (!words.root_public.empty()) {
    const auto root = fixed_from_hex<32>(words.root_public);
    if (!root) return complain(wrong_usage, "a root key's public half is 64 digits of hex");
    plan.root = RootPublic{*root};
  }
  const SystemClock clock;
  init_realm(plan, clock);
  print_made(plan);
  return 0;
}

void confine(const Words& words) {
  if (is_root()) log_warning("runs_as_root", {{"mend", "--user, or User= of a unit"}});
  if (words.insecure_no_sandbox) {
    log_warning("no_sandbox", {{"why", "--insecure-no-sandbox"}});
  } else {
    confine_calls();
  }
}

int run_serve(const Words& words, Shutdown& shutdown) {
  ServePlan plan{words.folder, words.accept_older_store, std::nullopt};
  if (!words.listen.empty()) {
    plan.listen = ListenAddress::parse(words.listen);
    if (!plan.listen) return complain_of_address(words.listen);
  }
  if (!words.user.empty()) become(words.user, words.group);
  if (words.check_config) {
    check_settings(plan);
    std::cout << "The configuration is sound.\n";
    return 0;
  }
  const SystemClock clock;
  serve(plan, clock, shutdown, [&words](const std::string& address) {
    confine(words);
    log_info("ready", {{"address", address}});
  });
  log_info("stopped");
  return 0;
}

int run_check(const Words& words) {
  const StoreReport report = [&] {
    Progress progress;
    progress.begin({"checking every record"});
    return check_store(words.folder);
  }();
  for (const std::string& fault : report.faults)
    std::cerr << "waybill-kdc: fault: " << fault << "\n";
  if (!report.faults.empty()) return refused;
  std::cout << "The store is sound: " << report.records.records << " records, "
            << report.audit_records << " of them in the audit chain, " << report.tickets
            << " outstanding tickets.\n";
  if (report.audit_records < report.audit_until) {
    std::cout << "The audit chain was pruned: it begins with record "
              << report.audit_until - report.audit_records + 1 << ".\n";
  }
  return 0;
}

// The one catch of this program. A sentence for each; the kind of trouble is the exit status.
template <class Command>
int run(Command command) {
  try {
    return command();
  } catch (const StoreWentBack& error) {
    return complain(refused, error.what());
  } catch (const BackupRefused& error) {
    return complain(refused, error.what());
  } catch (const PruningRefused& error) {
    return complain(refused, error.what());
  } catch (const ArchiveUnsound& error) {
    return complain(refused, std::string("the archive is unsound: ") + error.what());
  } catch (const RecordDamaged& error) {
    return complain(refused, error.what());
  } catch (const TokenError& error) {
    // Whoever starts us again on trouble must not try a PIN again.
    const bool is_pin = error.fault() == TokenError::Fault::pin;
    return complain(is_pin ? refused : local_trouble, error.what());
  } catch (const std::exception& error) {
    return complain(local_trouble, error.what());
  }
}

CLI::App* add_init(CLI::App& app, Words& words) {
  CLI::App* init = app.add_subcommand("init", "make a realm in a new folder");
  add_folder_option(*init, words.folder);
  init->add_option("--realm", words.realm, "the realm's name, for example DEMO.TEST")
      ->required()
      ->type_name("REALM");
  init->add_option("--listen", words.listen, "where the KDC will listen")
      ->required()
      ->type_name("HOST:PORT");
  init->add_option("--url", words.url, "where clients reach it, if that is another address")
      ->type_name("URL");
  init->add_option("--tls-certificate", words.tls_certificate,
                   "PEM: speak https, with this certificate and what leads to its authority")
      ->type_name("FILE");
  init->add_option("--tls-key", words.tls_key, "PEM: its private key, mode 0600 or 0400")
      ->type_name("FILE");
  init->add_option("--tls-ca", words.tls_ca,
                   "PEM: the authority that clients trust instead of the system's; copied")
      ->type_name("FILE");
  init->add_option("--token", words.token, "wrap the master key with a key in this token")
      ->type_name("ADDRESS");
  init->add_option("--root-key-elsewhere", words.root_public,
                   "the public half of a root key that never comes here (`realm root-key`)")
      ->type_name("HEX");
  init->add_option("--epoch-days", words.epoch_days, "how long an epoch's keys are in use")
      ->check(CLI::Range(1U, 3650U))
      ->capture_default_str()
      ->type_name("DAYS");
  init->footer(init_examples);
  return init;
}

CLI::App* add_serve(CLI::App& app, Words& words) {
  CLI::App* serving = app.add_subcommand("serve", "answer logins and calls");
  add_folder_options(*serving, words.folder);
  serving->add_option("--listen", words.listen, "instead of the address in kdc.toml")
      ->type_name("HOST:PORT");
  serving->add_flag("--accept-older-store", words.accept_older_store,
                    "start although the store is older than what this KDC wrote last");
  CLI::Option* user = serving
                          ->add_option("--user", words.user,
                                       "when started as root: become this user first, for good")
                          ->type_name("NAME");
  serving->add_option("--group", words.group, "and this group, if not the user's own")
      ->needs(user)
      ->type_name("NAME");
  serving->add_flag("--insecure-no-sandbox", words.insecure_no_sandbox,
                    "serve without a filter of system calls, where the kernel has none");
  serving->add_flag("--check-config", words.check_config,
                    "look at settings, keys, certificate and socket, say what is wrong, and end");
  serving->footer(serve_examples);
  return serving;
}

}  // namespace

int main(int argc, char** argv) {
  Words words;
  CLI::App app("The KDC of a Waybill realm.", "waybill-kdc");
  fit_help(app);
  app.require_subcommand(1);
  app.footer(main_examples);
  app.add_flag("--insecure-allow-swap", words.insecure_allow_swap,
               "run although memory cannot be locked: keys may reach the swap");
  app.fallthrough();
  const CLI::App* init = add_init(app, words);
  const CLI::App* serving = add_serve(app, words);
  CLI::App* store = app.add_subcommand("store", "look after the store");
  store->require_subcommand(1);
  CLI::App* check = store->add_subcommand("check", "read and check every record");
  add_folder_options(*check, words.folder);
  check->footer(check_examples);
  Commands commands;
  add_audit_commands(app, commands);
  add_epoch_commands(app, commands);
  add_realm_commands(app, commands);
  add_master_commands(app, commands);
  add_store_commands(*store, commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_usage;
  }

  return run([&] {
    if (!LockedArena::start() && !words.insecure_allow_swap) {
      return complain(local_trouble,
                      "memory for keys cannot be locked: raise the limit (ulimit -l), "
                      "or allow it with --insecure-allow-swap");
    }
    harden_process();
    for (const Command& command : commands) {
      if (command.app->parsed()) return command.run();
    }
    if (init->parsed()) return run_init(words);
    if (!serving->parsed()) return run_check(words);
    Shutdown shutdown(Shutdown::Hangup::is_heard);
    return run_serve(words, shutdown);
  });
}
