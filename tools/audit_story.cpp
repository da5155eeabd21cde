#include "tools/audit_story.h"

#include <algorithm>
#include <sstream>

#include "ticket/wire/error.h"
#include "tools/rows.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

constexpr std::size_t line_width = 80;

std::string name_in(const Fields& row, std::string_view field) {
  return escaped(bare(row.get(field)));
}

std::string list_in(const Fields& row, std::string_view field) {
  std::string out;
  for (const std::string& value : row.all(field)) out += (out.empty() ? "" : ", ") + escaped(value);
  return out.empty() ? "no action" : out;
}

bool is_done(const Fields& row) { return row.get("outcome") == "done"; }

std::string until(const Fields& row, std::string_view field) {
  const auto time = parse_unix(row.get(field));
  return time ? " until " + print_local(*time) : std::string();
}

std::string by_rules(const Fields& row) {
  if (!row.has("grant")) return {};
  return ", by grant " + escaped(row.get("grant")) + " under ceiling " +
         escaped(row.get("ceiling"));
}

std::string work_of(const Fields& row) {
  std::string out = "on " + name_in(row, "audience");
  if (row.has("workflow_type")) out = escaped(row.get("workflow_type")) + " " + out;
  return out;
}

std::string refusal_of(std::string_view code) {
  const std::string_view sentence = sentence_of(code);
  return escaped(code) + (sentence.empty() ? std::string() : ": " + std::string(sentence));
}

std::string refusal(const Fields& row) { return refusal_of(row.get("outcome")); }

std::string tell_login(const Fields& row) {
  const bool known = row.has("subject");
  const std::string who = name_in(row, known ? "subject" : "principal");
  if (is_done(row)) return who + " logged in";
  return who + " could not log in (" + escaped(row.get("cause")) + ")";
}

std::string tell_delegate(const Fields& row) {
  const std::string asker = name_in(row, "by");
  const std::string user = row.has("subject") ? name_in(row, "subject") : "somebody";
  const std::string wish = work_of(row) + " with " + list_in(row, "action");
  if (!is_done(row)) {
    return asker + " asked for a ticket in " + user + "'s name for " + wish + "; refused, " +
           refusal(row);
  }
  return asker + " was given a ticket in " + user + "'s name for " + wish +
         until(row, "run_until") + by_rules(row);
}

std::string tell_renew(const Fields& row) {
  const std::string who = name_in(row, "by");
  if (!is_done(row)) return who + " asked for new times; refused, " + refusal(row);
  const std::string what =
      row.has("workflow") ? "the ticket, with " + list_in(row, "action") + "," : "the ticket";
  std::string out = who + " renewed " + what + until(row, "run_until") + by_rules(row);
  if (row.has("narrowed")) out += "; no longer granted: " + escaped(row.get("narrowed"));
  return out;
}

std::string tell_look(const Fields& row) {
  const std::string who = row.has("viewer") ? name_in(row, "viewer") : "somebody";
  const std::string what =
      who + " asked through " + name_in(row, "by") + " to see the " + escaped(row.get("payload"));
  if (!is_done(row)) return what + "; refused, " + refusal(row);
  return what + (row.has("owner") ? ", as the one whose work it is" : by_rules(row));
}

std::string tell_complete(const Fields& row) {
  const std::string who = name_in(row, "by");
  if (!is_done(row)) return who + " said that the work has ended; refused, " + refusal(row);
  return who + " said that the work has ended" +
         (row.has("already") ? "; its ticket was over already" : "; its ticket is used up");
}

std::string tell_revoke(const Fields& row) {
  const std::string what = escaped(row.get("kind")) + " " + escaped(row.get("value"));
  std::string out = name_in(row, "by");
  out += is_done(row) ? " revoked " + what
                      : " wanted to revoke " + what + "; refused, " + refusal(row);
  if (row.has("reason")) out += ": " + escaped(row.get("reason"));
  return out;
}

std::string tell_verdict(const Fields& row) {
  const std::string worker = "the worker of " + name_in(row, "by");
  const std::string word = escaped(row.get("verdict"));
  const bool fine = word == "accepted" || word == "renewed";
  const std::string why = fine ? std::string() : " (" + refusal_of(row.get("verdict")) + ")";
  const std::string_view said = row.get("said");
  std::string out = worker + " says: ";
  if (said == "renewal") {
    out += fine ? "it has new times" + until(row, "run_until") : "no new times" + why;
  } else if (said == "stopped") {
    out += "stopped the handler" + why;
  } else if (said == "let_finish") {
    out += "lets the handler finish" + why;
  } else {
    out += fine ? "verified, and accepted for work" : "not accepted" + why;
  }
  if (row.has("attempt")) out += ", attempt " + escaped(row.get("attempt"));
  if (row.has("feed_was_stale")) out += ", its feed was stale";
  return is_done(row) ? out : out + "; not taken, " + refusal(row);
}

std::string tell_other(const Fields& row) {
  std::string who = row.has("by") ? name_in(row, "by") : name_in(row, "subject");
  if (who.empty()) who = "the KDC";
  std::string out = who + ": " + escaped(row.get("event"));
  if (row.has("audience")) out += " for " + name_in(row, "audience");
  if (row.has("name")) out += " " + escaped(row.get("name"));
  return is_done(row) ? out : out + "; refused, " + refusal(row);
}

struct Teller {
  std::string_view event;
  std::string (*tell)(const Fields&);
};
constexpr Teller tellers[] = {
    {"login", tell_login},     {"tgs.delegate", tell_delegate}, {"renew", tell_renew},
    {"look", tell_look},       {"complete", tell_complete},     {"revoke", tell_revoke},
    {"verdict", tell_verdict},
};

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(std::move(word));
  return words;
}

}  // namespace

std::string bare(std::string_view principal) {
  return std::string(principal.substr(0, principal.find('@')));
}

std::string_view sentence_of(std::string_view code) {
  const auto found = std::ranges::find(all_errors(), code, &ErrorText::name);
  return found == all_errors().end() ? std::string_view() : found->sentence;
}

std::string tell(const Fields& row) {
  const auto found = std::ranges::find(tellers, row.get("event"), &Teller::event);
  return found == std::end(tellers) ? tell_other(row) : found->tell(row);
}

std::string explain(const Fields& row) {
  std::string out = tell(row) + ".";
  const auto say = [&](const std::string& sentence) { out += " " + sentence + "."; };
  const std::string lacks = escaped(row.get("lacks"));
  if (row.has("nearest_grant")) {
    say("Grant " + escaped(row.get("nearest_grant")) + " came nearest: it covers " +
        escaped(row.get("covers")));
  }
  if (lacks == "any grant") {
    say("Neither the principal nor a role of it holds any grant");
  } else if (lacks == "ceiling") {
    say("That would do, but no ceiling lets the trigger send work to this queue");
  } else if (!lacks.empty()) {
    say("It lacks: " + lacks);
  }
  if (row.has("caveat")) {
    say("The credential was narrowed by whoever held it; the caveat that refuses is: " +
        escaped(row.get("caveat")));
  }
  if (row.has("revocation"))
    say("What stands against it: a revocation of " + escaped(row.get("revocation")));
  if (row.has("inactive")) {
    say(name_in(row, "inactive") + " is disabled, or is no principal any more");
  }
  if (row.has("narrowed")) say("The grants of that moment did not hold these actions any more");
  return out;
}

std::string fate_of(const std::vector<Fields>& rows, Time now) {
  std::string fate = "not begun: no ticket was issued";
  for (const Fields& row : rows) {
    if (!is_done(row)) continue;
    const std::string_view event = row.get("event");
    if (event == "complete") fate = "ended, by record " + escaped(row.get("sequence"));
    if (event == "revoke") fate = "revoked, by record " + escaped(row.get("sequence"));
    const bool issued = event == "tgs.delegate" || event == "renew" || event == "tgs";
    const auto end = issued ? parse_unix(row.get("run_until")) : std::nullopt;
    if (!end) continue;
    fate = (*end > now ? "ticket in force until " : "ticket over since ") + print_local(*end);
    const auto last = parse_unix(row.get("renew_until"));
    if (last && *last > *end && *last > now) fate += ", renewable until " + print_local(*last);
  }
  return fate;
}

void print_wrapped(Ui& ui, const std::string& first, const std::string& text) {
  const std::size_t indent = width_of(first);
  std::string line = first;
  bool empty = true;
  for (const std::string& word : words_of(text)) {
    if (!empty && width_of(line) + 1 + width_of(word) > line_width) {
      ui.print(line);
      line = std::string(indent, ' ');
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  ui.print(line);
}

void print_found(Ui& ui, const Fields& row) {
  std::string line = escaped(row.get("sequence"));
  if (const auto time = parse_unix(row.get("time"))) line += "  " + print_local(*time);
  ui.print(line + "  " + escaped(row.get("event")) + "  " + escaped(row.get("outcome")));
  Fields rest;
  for (const auto& [name, value] : row.entries()) {
    const bool said = name == "sequence" || name == "time" || name == "event" || name == "outcome";
    if (!said) rest.add(name, value);
  }
  if (!rest.entries().empty()) print_wrapped(ui, "    ", print_brief(rest));
}

}  // namespace waybill::tools
