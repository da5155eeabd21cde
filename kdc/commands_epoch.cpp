// waybill-kdc epoch list|rotate|retire
#include <iomanip>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "kdc/commands.h"
#include "kdc/open_realm.h"
#include "kdc/rotation.h"
#include "ticket/adapters/system_clock.h"

namespace waybill::kdc {
namespace {

using nlohmann::json;

constexpr const char* list_help = R"(
One line for each epoch of the realm document: when logins may use it, and which of its secrets
this KDC still holds. Reads only; may run while the KDC serves.

Examples:
  waybill-kdc epoch list --dir kdc
  waybill-kdc epoch list --dir kdc --json |
      jq -r '.[] | select(.state == "open") | .until'
)";

constexpr const char* rotate_help = R"(
Publishes the next epoch and its signing key, in a new realm document that the root key signs. It
opens before the newest one ends; nobody need be restarted. When an epoch is ahead already there is
nothing to do, so this may run from a timer. May run while the KDC serves, which takes the new
document within a second.

With --in, new keys open after that time: what was ahead is withdrawn unused, what is open ends a
day later at most. Triggers ask for the document every ten seconds; workers every hour, and at once
when they meet a key that they do not know. So leave them a minute unless a key was stolen.

Examples:
  waybill-kdc epoch rotate --dir kdc
  waybill-kdc epoch rotate --dir kdc --root-key /media/stick/root.key --days 30
  waybill-kdc epoch rotate --dir kdc --in 1h       # new keys today
)";

constexpr const char* retire_help = R"(
Closes an epoch now and destroys its login key and its TGT key: whoever has a ticket-granting ticket
of it must log in again. Tickets for work that it signed stay good. Another epoch must be open. An
epoch that is over needs no such word: the KDC destroys its keys when the last ticket is.

Example, after an epoch's keys were stolen:
  waybill-kdc epoch rotate --dir kdc --in 1m && sleep 61 &&
      waybill-kdc epoch retire --dir kdc 1
)";

struct EpochWords {
  Folder folder;
  std::string root_key;
  std::optional<std::uint64_t> starts_in;
  std::optional<unsigned> days;
  std::uint32_t id = 0;
  bool as_json = false;
};

struct Row {
  std::uint64_t id;
  Time from, until;
  std::string state;
  std::string keys;
};

std::string state_of(const RealmDocument::Epoch& epoch, Time now) {
  if (epoch.until <= epoch.from) return "withdrawn";
  if (now < epoch.from) return "ahead";
  return now < epoch.until ? "open" : "over";
}

std::string keys_of(const StoreView& view, KeyId id) {
  std::string keys;
  for (const auto& [kind, name] :
       {std::pair{"epoch", "login"}, {"tgt", "tgt"}, {"signer", "sign"}}) {
    const auto secret = view.secret(secret_name(kind, id));
    if (secret && !secret->empty()) keys += (keys.empty() ? "" : ",") + std::string(name);
  }
  return keys.empty() ? "-" : keys;
}

std::vector<Row> rows_of(const StoreView& view, Time now) {
  std::vector<Row> rows;
  for (const RealmDocument::Epoch& epoch : Epochs::stored_document(view).epochs) {
    rows.push_back(
        {number(epoch.id), epoch.from, epoch.until, state_of(epoch, now), keys_of(view, epoch.id)});
  }
  return rows;
}

void print(const std::vector<Row>& rows) {
  std::cout << "EPOCH  OPENS                 CLOSES                STATE      KEYS HELD\n";
  for (const Row& row : rows) {
    std::cout << std::left << std::setw(5) << row.id << "  " << iso_time(row.from) << "  "
              << iso_time(row.until) << "  " << std::setw(9) << row.state << "  " << row.keys
              << "\n";
  }
}

void print_json(const std::vector<Row>& rows) {
  json out = json::array();
  for (const Row& row : rows) {
    out.push_back({{"epoch", row.id},
                   {"from", iso_time(row.from)},
                   {"until", iso_time(row.until)},
                   {"state", row.state},
                   {"keys", row.keys}});
  }
  std::cout << out.dump(2) << "\n";
}

int run_list(const EpochWords& words) {
  const SystemClock clock;
  const Store store = open_to_read(words.folder);
  const auto rows = rows_of(store.view(), clock.now());
  if (words.as_json)
    print_json(rows);
  else
    print(rows);
  return 0;
}

RootKey root_key(const EpochWords& words) {
  const std::filesystem::path path =
      words.root_key.empty() ? words.folder.root_key() : std::filesystem::path(words.root_key);
  return RootKey::from_seed(read_key_file(path));
}

int done_or_refused(const Checked& done) {
  if (done) return 0;
  return say_refused(sentence_of(done.error()));
}

int run_rotate(const EpochWords& words) {
  const SystemClock clock;
  OpenRealm realm(words.folder, clock);
  const RealmDocument& document = realm.epochs.document();
  const auto* ahead = epoch_ahead(document, clock.now());
  if (ahead != nullptr && !words.starts_in) {
    std::cout << "Nothing to do: epoch " << number(ahead->id) << " is published and opens "
              << iso_time(ahead->from) << ".\n";
    return 0;
  }
  RotationWish wish{clock.now(), realm.life(words.days)};
  if (words.starts_in) wish.starts_in = Seconds(*words.starts_in);
  const Checked done = rotate(realm.at_hand(), root_key(words), wish);
  if (done) print(rows_of(realm.store.view(), clock.now()));
  return done_or_refused(done);
}

int run_retire(const EpochWords& words) {
  const SystemClock clock;
  OpenRealm realm(words.folder, clock);
  const Checked done = retire(realm.at_hand(), root_key(words), KeyId{words.id}, clock.now());
  if (done) print(rows_of(realm.store.view(), clock.now()));
  return done_or_refused(done);
}

void add_root_key(CLI::App& command, EpochWords& words) {
  command.add_option("--root-key", words.root_key, "where the root key is, if not in the folder")
      ->type_name("FILE");
}

}  // namespace

void add_epoch_commands(CLI::App& app, Commands& commands) {
  const auto words = std::make_shared<EpochWords>();
  CLI::App* epoch = app.add_subcommand("epoch", "look after the keys of the realm");
  epoch->require_subcommand(1);

  CLI::App* list = epoch->add_subcommand("list", "which there are, and which keys are held");
  add_folder_options(*list, words->folder);
  list->add_flag("--json", words->as_json, "for scripts");
  list->footer(list_help);
  commands.push_back({list, [words] { return run_list(*words); }});

  CLI::App* rotating = epoch->add_subcommand("rotate", "publish the next one");
  add_folder_options(*rotating, words->folder);
  add_root_key(*rotating, *words);
  add_rotation_options(*rotating, words->starts_in, words->days);
  rotating->footer(rotate_help);
  commands.push_back({rotating, [words] { return run_rotate(*words); }});

  CLI::App* retiring = epoch->add_subcommand("retire", "close one now and destroy its keys");
  add_folder_options(*retiring, words->folder);
  add_root_key(*retiring, *words);
  retiring->add_option("epoch", words->id, "its number")->required()->type_name("EPOCH");
  retiring->footer(retire_help);
  commands.push_back({retiring, [words] { return run_retire(*words); }});
}

}  // namespace waybill::kdc
