// waybill-kdc realm root-key|request|sign|install: the root key on another machine.
#include <unistd.h>

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "kdc/commands.h"
#include "kdc/founding.h"
#include "kdc/master_place.h"
#include "kdc/open_realm.h"
#include "kdc/realm_request.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/system_clock.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

constexpr int usage_status = 2;

constexpr const char* root_key_help = R"(
On the machine that is to keep it: makes a root key (0400), and shows its public half, which
`waybill-kdc init --root-key-elsewhere` wants to know on the KDC's machine.

Example:
  waybill-kdc realm root-key --out root.key
)";

constexpr const char* request_help = R"(
On the KDC's machine: makes the keys of the next epoch, keeps their secrets, and writes what the
root key is to sign. Nothing is in force before `realm install`; a new request takes the place of
the one before. May run while the KDC serves. Of a realm that waits for its first signature it
writes what `init` wrote once more.

Examples:
  waybill-kdc realm request --dir kdc --out next.request
  waybill-kdc realm request --dir kdc --in 2d --out next.request   # in two days
)";

constexpr const char* sign_help = R"(
On the machine with the root key: shows the keys of a request, asks, and signs. Compare them with
what `realm request` showed: whoever carried the file could have changed it, and whatever the root
key signs is believed by everybody.

Example:
  waybill-kdc realm sign --request next.request --root-key root.key \
      --out next.realm
)";

constexpr const char* install_help = R"(
On the KDC's machine: puts the signed realm document in force. It must be newer than the one in
force and list keys that this KDC holds. May run while the KDC serves, which takes it within a
second. The first one of a realm that was made with `init --root-key-elsewhere` must be what was
asked for, to the byte; with it the realm begins.

Example:
  waybill-kdc realm install --dir kdc --signed next.realm
)";

struct RealmWords {
  Folder folder;
  std::string out;
  std::string request;
  std::string root_key;
  std::string signed_file;
  std::optional<std::uint64_t> starts_in;
  std::optional<unsigned> days;
  bool yes = false;
};

void say_next(const std::string& request) {
  std::cout << "\nNext, where the root key is, with these same keys on the screen:\n"
            << "  waybill-kdc realm sign --request " << request
            << " --root-key root.key --out next.realm\n";
}

int run_root_key(const RealmWords& words) {
  const Secret<32> seed = Secret<32>::random();
  create_file(words.out, seed.expose(), 0400);
  std::cout << "The root key is in " << words.out << ". Next, on the KDC's machine:\n"
            << "  waybill-kdc init --root-key-elsewhere "
            << to_hex(RootKey::from_seed(seed).public_key().bytes) << " …\n";
  return 0;
}

int run_request(const RealmWords& words) {
  const SystemClock clock;
  if (const auto first = first_request(open_to_read(words.folder).view())) {
    write_file_atomic(words.out, *first, 0644);
    print_document(*decode_request(*first));
    say_next(words.out);
    return 0;
  }
  OpenRealm realm(words.folder, clock);
  RotationWish wish{clock.now(), realm.life(words.days)};
  if (words.starts_in) wish.starts_in = Seconds(*words.starts_in);
  const auto document = request_document(realm.at_hand(), wish);
  if (!document) return say_refused(sentence_of(document.error()));
  write_file_atomic(words.out, encode_request(*document), 0644);
  print_document(*document);
  say_next(words.out);
  return 0;
}

// Null when there is nobody to ask.
std::optional<bool> confirm() {
  if (::isatty(STDIN_FILENO) == 0) return std::nullopt;
  std::cout << "\nSign it? Write yes: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

int run_sign(const RealmWords& words) {
  const auto document = decode_request(read_file(words.request, limits::max_message));
  if (!document) return say_refused(sentence_of(document.error()));
  print_document(*document);
  const auto wanted = words.yes ? std::optional(true) : confirm();
  if (!wanted) {
    std::cerr << "waybill-kdc: error: nobody is at the terminal to compare the keys: say --yes\n";
    return usage_status;
  }
  if (!*wanted) return say_refused("nothing was signed");
  const RootKey root = RootKey::from_seed(read_key_file(words.root_key));
  write_file_atomic(words.out, document->sign(root), 0644);
  std::cout << "\nNext, on the KDC's machine:\n  waybill-kdc realm install --dir FOLDER --signed "
            << words.out << "\n";
  return 0;
}

// The realm begins.
int install_first(const RealmWords& words, Bytes wire, const Clock& clock) {
  const FolderLock lock = lock_folder(words.folder.path);
  Store store(words.folder.store(), MasterKey(read_master_key(words.folder)));
  const Checked done = found_realm(store, wire, clock.now());
  if (!done) return say_refused(sentence_of(done.error()));
  print_document(Epochs::stored_document(store.view()));
  std::cout << "\nThe realm begins. Next:\n  waybill-kdc serve --dir " << words.folder.path.string()
            << "\n";
  return 0;
}

int run_install(const RealmWords& words) {
  const SystemClock clock;
  const Buffer wire = read_file(words.signed_file, limits::max_message);
  if (first_request(open_to_read(words.folder).view())) return install_first(words, wire, clock);
  OpenRealm realm(words.folder, clock);
  const Checked done = install_document(realm.at_hand(), wire, clock.now());
  if (!done) return say_refused(sentence_of(done.error()));
  print_document(realm.epochs.document());
  return 0;
}

void add_file(CLI::App& command, const char* name, std::string& file, const char* what) {
  command.add_option(name, file, what)->required()->type_name("FILE");
}

}  // namespace

void add_realm_commands(CLI::App& app, Commands& commands) {
  const auto words = std::make_shared<RealmWords>();
  CLI::App* realm = app.add_subcommand("realm", "new keys with the root key on another machine");
  realm->require_subcommand(1);

  CLI::App* root_key = realm->add_subcommand("root-key", "make one, where it is to stay");
  add_file(*root_key, "--out", words->out, "where to write it");
  root_key->footer(root_key_help);
  commands.push_back({root_key, [words] { return run_root_key(*words); }});

  CLI::App* request = realm->add_subcommand("request", "make keys, and what is to be signed");
  add_folder_options(*request, words->folder);
  add_file(*request, "--out", words->out, "where to write the request");
  add_rotation_options(*request, words->starts_in, words->days);
  request->footer(request_help);
  commands.push_back({request, [words] { return run_request(*words); }});

  CLI::App* signing = realm->add_subcommand("sign", "sign a request with the root key");
  add_file(*signing, "--request", words->request, "what `realm request` wrote");
  add_file(*signing, "--root-key", words->root_key, "the realm's root key, mode 0400 or 0600");
  add_file(*signing, "--out", words->out, "where to write the signed document");
  signing->add_flag("--yes", words->yes, "the keys were compared: do not ask");
  signing->footer(sign_help);
  commands.push_back({signing, [words] { return run_sign(*words); }});

  CLI::App* install = realm->add_subcommand("install", "put a signed document in force");
  add_folder_options(*install, words->folder);
  add_file(*install, "--signed", words->signed_file, "what `realm sign` wrote");
  install->footer(install_help);
  commands.push_back({install, [words] { return run_install(*words); }});
}

}  // namespace waybill::kdc
