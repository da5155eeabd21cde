#include <array>

#include <nlohmann/json.hpp>

#include "ticket/adapters/feed_mirror.h"
#include "ticket/adapters/feed_walk.h"
#include "ticket/adapters/files.h"
#include "tools/commands.h"
#include "tools/feed_export.h"
#include "tools/feed_place.h"
#include "tools/table.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

// --- Export and import. -------------------------------------------------------------------------

Outcome<Done> export_main(Context& context, const Arguments& arguments) {
  std::string folder;
  CommandLine::Text from;
  bool as_json = false;
  CommandLine line(
      "waybill feed export",
      "Mirror the revocation feed as plain files: for a web server, or for a journey.");
  line.argument("FOLDER", folder, "where to; made when it is missing")
      .option("--from", from, "PLACE", "where from, instead of the realm's feeds and KDCs")
      .flag("--json", as_json, "as JSON");
  line.note(feed_place_note);
  line.note(
      "Only what is missing is fetched, and verified before it is written; the head comes last. So "
      "it\nmay run every few seconds, beside the web server that serves the folder.");
  line.example("waybill feed export /srv/www/feed").example("waybill feed export /media/usb/feed");
  CHECK_OK(line.parse(context.ui, arguments));

  TRY(place, open_feed_place(context, from));
  TRY(report, export_feed(place, folder, context.clock.now()));
  if (as_json) {
    context.ui.print_json({{"sequence", report.head.last.sequence},
                           {"time", print_rfc3339(report.head.time)},
                           {"fetched", report.fetched},
                           {"kept", report.kept},
                           {"removed", report.removed}});
    return done();
  }
  context.ui.say("segments: fetched " + std::to_string(report.fetched) + ", kept " +
                 std::to_string(report.kept) + ", removed " + std::to_string(report.removed));
  context.ui.say("the head is at entry " + std::to_string(report.head.last.sequence) + ", signed " +
                 print_when(report.head.time, context.clock.now()));
  return done();
}

Outcome<Done> import_main(Context& context, const Arguments& arguments) {
  std::string from, folder;
  bool as_json = false;
  CommandLine line("waybill feed import",
                   "Bring a host's mirror up to a feed, once: for hosts without a network.");
  line.argument("PLACE", from, "the feed, as from `waybill feed export`")
      .required("--mirror", folder, "FOLDER", "the mirror of the host's workers and triggers")
      .flag("--json", as_json, "as JSON");
  line.note(
      "Run it as the user whose workers have the mirror; they may be running. Everything is "
      "verified\nunder the realm file's root key, and a feed that went back is refused.");
  line.example("waybill feed import /media/usb/feed --mirror /var/lib/waybill-worker/mirror");
  CHECK_OK(line.parse(context.ui, arguments));

  TRY(place, open_feed_place(context, from));
  FeedMirror mirror(folder, place.realm_file, context.clock);
  const std::uint64_t before = mirror.head().sequence;
  CHECK_OK(mirror.follow(*place.source, place.realm));
  write_file_atomic(std::filesystem::path(folder) / "realm.bin", place.signed_realm, 0600);
  const FeedMirror::Head head = mirror.head();
  if (as_json) {
    context.ui.print_json({{"sequence", head.sequence},
                           {"time", print_rfc3339(head.time)},
                           {"new", head.sequence - before},
                           {"held", mirror.count()}});
    return done();
  }
  context.ui.say("the mirror knows all up to entry " + std::to_string(head.sequence) + " as of " +
                 print_when(head.time, context.clock.now()));
  context.ui.say(std::to_string(head.sequence - before) + " of them are new; it holds " +
                 std::to_string(mirror.count()));
  return done();
}

// --- Show. --------------------------------------------------------------------------------------

json to_json(const FeedHead& head, Time now) {
  return {{"realm", head.realm.text()},
          {"base", head.base.sequence},
          {"last", head.last.sequence},
          {"time", print_rfc3339(head.time)},
          {"next_time", print_rfc3339(head.next_time)},
          {"age", (now - head.time).count()}};
}

json to_json(const Revocation& entry, std::uint64_t sequence) {
  json out{{"sequence", sequence},
           {"kind", name_of(entry.kind)},
           {"value", entry.shown_value()},
           {"time", print_rfc3339(entry.time)},
           {"matters_until", print_rfc3339(entry.matters_until)},
           {"reason", entry.reason}};
  if (!names_a_ticket(entry.kind)) out["issued_until"] = print_rfc3339(entry.issued_until);
  return out;
}

void print_head(Ui& ui, const FeedHead& head, Time now) {
  Table table;
  table.row({"realm", head.realm.text()});
  table.row({"last entry", std::to_string(head.last.sequence)});
  table.row({"base", head.base.sequence == 0
                         ? "none: all entries count"
                         : "entries up to " + std::to_string(head.base.sequence) +
                               " matter no more, or stand again"});
  table.row({"signed", print_when(head.time, now)});
  table.row({"next", print_when(head.next_time, now) + (head.next_time < now ? ", overdue" : "")});
  table.print(ui);
}

Outcome<Done> show_entries(Context& context, FeedPlace& place, const FeedHead& head, bool as_json) {
  FeedFollower follower;
  std::uint64_t sequence = head.base.sequence;
  const auto print = [&](std::vector<Revocation>&& entries) {
    for (const Revocation& entry : entries) {
      ++sequence;
      if (as_json) {
        context.ui.print_json_line(to_json(entry, sequence));
        continue;
      }
      std::string text = std::to_string(sequence) + "  " + print_local(entry.time) + "  " +
                         std::string(name_of(entry.kind)) + "  " + escaped(entry.shown_value());
      if (!entry.reason.empty()) text += "  " + escaped(entry.reason);
      context.ui.print(text);
    }
    return context.ui.flush();
  };
  CHECK_OK(walk(*place.source, follower, place.realm, context.clock.now(), print));
  return done();
}

Outcome<Done> show_main(Context& context, const Arguments& arguments) {
  CommandLine::Text from;
  bool entries = false;
  bool as_json = false;
  CommandLine line("waybill feed show",
                   "Show how far the revocation feed goes, and how old it is.");
  line.optional_argument("PLACE", from, "the feed, instead of the realm's feeds and KDCs")
      .flag("--entries", entries, "all entries that still count, verified")
      .flag("--json", as_json, "as JSON; with --entries an object in each line");
  line.note(feed_place_note);
  line.example("waybill feed show")
      .example("waybill feed show --entries --json | jq -r 'select(.kind==\"subject\").value'");
  CHECK_OK(line.parse(context.ui, arguments));

  TRY(place, open_feed_place(context, from));
  const Time now = context.clock.now();
  TRY(head, FeedHead::parse(place.source->head(), place.realm));
  if (as_json && !entries) {
    context.ui.print_json(to_json(head, now));
  } else if (!as_json) {
    print_head(context.ui, head, now);
  }
  return entries ? show_entries(context, place, head, as_json) : done();
}

// --- Verify. ------------------------------------------------------------------------------------

/// What somebody who comes from nothing finds.
struct Found {
  std::array<std::uint64_t, 9> of_kind{};  ///< by number of the kind
  std::uint64_t entries = 0;
  std::uint64_t over = 0;  ///< matter no more
};

json to_json(const Found& found, const FeedHead& head, Time now) {
  json kinds = json::object();
  for (std::size_t i = 1; i < found.of_kind.size(); ++i) {
    kinds[std::string(name_of(static_cast<RevokedBy>(i)))] = found.of_kind.at(i);
  }
  return {{"head", to_json(head, now)},
          {"entries", found.entries},
          {"over", found.over},
          {"kinds", std::move(kinds)}};
}

void print(Ui& ui, const Found& found, const FeedHead& head, Time now) {
  print_head(ui, head, now);
  Table table;
  table.row({"entries", std::to_string(found.entries) + ", all in their chain"});
  for (std::size_t i = 1; i < found.of_kind.size(); ++i) {
    const std::uint64_t count = found.of_kind.at(i);
    const auto kind = static_cast<RevokedBy>(i);
    if (count > 0) table.row({"  by " + std::string(name_of(kind)), std::to_string(count)});
  }
  table.row({"of no matter", std::to_string(found.over)});
  table.print(ui);
}

Outcome<Done> verify_main_of_feed(Context& context, const Arguments& arguments) {
  CommandLine::Text from;
  bool as_json = false;
  CommandLine line("waybill feed verify",
                   "Check a whole revocation feed, as a worker does that comes from nothing.");
  line.optional_argument("PLACE", from, "the feed, instead of the realm's feeds and KDCs")
      .flag("--json", as_json, "as JSON");
  line.note(feed_place_note);
  line.example("waybill feed verify https://cdn.example/feed")
      .example("waybill feed verify /media/usb/feed");
  CHECK_OK(line.parse(context.ui, arguments));

  TRY(place, open_feed_place(context, from));
  const Time now = context.clock.now();
  Found found;
  FeedFollower follower;
  TRY(head, walk(*place.source, follower, place.realm, now, [&](std::vector<Revocation>&& entries) {
        for (const Revocation& entry : entries) {
          ++found.entries;
          ++found.of_kind.at(static_cast<std::size_t>(entry.kind));
          if (entry.matters_until <= now) ++found.over;
        }
        return true;
      }));
  if (as_json) {
    context.ui.print_json(to_json(found, head, now));
  } else {
    print(context.ui, found, head, now);
  }
  return done();
}

constexpr Subcommand feed_commands[] = {
    {"show", show_main, "show how far the feed goes, and its entries"},
    {"verify", verify_main_of_feed, "check a whole feed"},
    {"export", export_main, "mirror it as plain files"},
    {"import", import_main, "bring a host's mirror up to it, without a network"},
};

}  // namespace

Outcome<Done> feed_main(Context& context, const Arguments& arguments) {
  return dispatch(context, feed_commands, "waybill feed", arguments);
}

}  // namespace waybill::tools
