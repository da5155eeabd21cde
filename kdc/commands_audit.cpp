// waybill-kdc audit prune|reindex
#include <ctime>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "kdc/audit_pruning.h"
#include "kdc/commands.h"
#include "kdc/progress.h"
#include "ticket/adapters/system_clock.h"

namespace waybill::kdc {
namespace {

using nlohmann::ordered_json;

constexpr const char* prune_help = R"(
Moves the oldest records of the audit chain into a new file (0600), as JSON
lines that can be read with jq and verified by themselves, and removes them
from the store with their rows of the index. What is removed was synced to the
disk and read back before. May run while the KDC serves.

The chain then begins after them, and a record of it, signed with all others,
says so: `waybill-kdc store check` and `waybill audit verify` take no other
beginning. Keep the archives, together they are the trail:

  waybill audit verify --archive audit-2026.jsonl
  waybill audit verify --archive audit-2026.jsonl --offline

Records go in their order, up to the first one that is not old enough. When it
is cut off, the archive may reach into what is still in the store: it is good,
and the next one, of another name, begins where the store does.

With --json: the number of records that went and, if there were any, the first
and the last of them and the archive.

Examples:
  waybill-kdc audit prune --dir kdc --keep 400d \
      --archive audit-$(date +%F).jsonl
  waybill-kdc audit prune --dir kdc --before 2026-01-01 \
      --archive audit-2025.jsonl --json
)";

constexpr const char* reindex_help = R"(
Throws away the index by which `waybill audit search` finds records, and makes
it anew from the records: when `waybill-kdc store check` says that it is
damaged. Refuses while a KDC serves the folder. When it is cut off, the next
start of the KDC goes on.

Example:
  waybill-kdc audit reindex --dir kdc
)";

struct Words {
  Folder folder;
  std::string before;
  std::optional<std::uint64_t> keep;
  std::string archive;
  bool as_json = false;
};

std::optional<Time> parse_time(const std::string& text) {
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') return Time(Seconds(::timegm(&parts)));
  }
  return std::nullopt;
}

void print_json(const Words& words, const std::optional<Pruned>& pruned) {
  ordered_json out{{"records", pruned ? pruned->last - pruned->first + 1 : 0}};
  if (pruned) {
    out["first"] = pruned->first;
    out["last"] = pruned->last;
    out["archive"] = words.archive;
  }
  std::cout << out.dump() << "\n";
}

int run_prune(const Words& words) {
  const SystemClock clock;
  const Time before = words.keep ? clock.now() - Seconds(*words.keep) : *parse_time(words.before);
  const auto pruned = [&] {
    Progress progress;
    return prune_audit(words.folder, clock, {before, words.archive}, progress.tell());
  }();
  if (words.as_json) {
    print_json(words, pruned);
    return 0;
  }
  if (!pruned) {
    std::cout << "Nothing to do: no record is from before " << iso_time(before) << ".\n";
    return 0;
  }
  std::cout << "Records " << pruned->first << " to " << pruned->last << " are in " << words.archive
            << ";\nthe audit chain goes on from record " << pruned->last + 1 << ".\n";
  return 0;
}

int run_reindex(const Words& words) {
  const std::uint64_t records = reindex_audit(words.folder);
  std::cout << "The index of the audit chain is new, of " << records << " records.\n";
  return 0;
}

void add_age_options(CLI::App& prune, Words& words) {
  CLI::Option_group* age = prune.add_option_group("age");
  age->add_option("--before", words.before,
                  "records of earlier than this: 2026-01-01, 2026-01-01T06:00:00Z")
      ->check([](const std::string& text) {
        return parse_time(text) ? std::string() : "no time such as 2026-01-01T06:00:00Z: " + text;
      })
      ->type_name("TIME");
  const std::map<std::string, std::uint64_t> units{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  age->add_option("--keep", words.keep, "records that are older than that: 400d, 36h")
      ->transform(CLI::AsNumberWithUnit(units))
      ->check(CLI::Range(0, 3650 * 86400))
      ->type_name("DURATION");
  age->require_option(1);
}

}  // namespace

void add_audit_commands(CLI::App& app, Commands& commands) {
  const auto words = std::make_shared<Words>();
  CLI::App* audit = app.add_subcommand("audit", "look after the audit chain");
  audit->require_subcommand(1);

  CLI::App* prune = audit->add_subcommand("prune", "move old records into an archive");
  add_folder_options(*prune, words->folder);
  add_age_options(*prune, *words);
  prune->add_option("--archive", words->archive, "a new file")->required()->type_name("FILE");
  prune->add_flag("--json", words->as_json, "for scripts");
  prune->footer(prune_help);
  commands.push_back({prune, [words] { return run_prune(*words); }});

  CLI::App* reindex = audit->add_subcommand("reindex", "make its index anew");
  add_folder_options(*reindex, words->folder);
  reindex->footer(reindex_help);
  commands.push_back({reindex, [words] { return run_reindex(*words); }});
}

}  // namespace waybill::kdc
