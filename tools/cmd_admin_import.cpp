// `waybill admin principal import` and `export`.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "ticket/adapters/http.h"
#include "ticket/adapters/page.h"
#include "ticket/exchange/staged_rows.h"
#include "ticket/secret.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "tools/admin.h"
#include "tools/audit_story.h"
#include "tools/files_in.h"
#include "tools/principal_file.h"
#include "tools/progress.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

constexpr std::size_t max_file = std::size_t{64} << 20;
// Of a part: with the ticket that it comes with it stays inside a message.
constexpr std::size_t part_bytes = 40 * 1024;

struct ImportOptions {
  std::string file;
  CommandLine::Text cache;
  bool dry_run = false;
  bool as_json = false;
};

Outcome<Done> read_options(Context& context, const Arguments& arguments, ImportOptions& options) {
  CommandLine line("waybill admin principal import",
                   "Register users and services from a file, and change those that are there.");
  line.argument("FILE", options.file,
                "CSV or JSON lines, as `export` writes them; - is standard input");
  line.flag("-n,--dry-run", options.dry_run, "change nothing; list what would change");
  line.flag("--json", options.as_json, "as JSON");
  add_cache_option(line, options.cache);
  line.note(
      "Up to 100,000 at once, and all or nothing: one line that is refused, or a KDC that is "
      "killed\n"
      "meanwhile, and none of them is there. Each line has name, kind (user or service) and "
      "public_key\n"
      "(which `waybill keygen` prints), and may have kvno, disabled (yes or no) and roles (with "
      "blanks "
      "in\n"
      "between); what it does not say stays as it is. No password and no secret key is in the "
      "file, so\n"
      "a key is not proven to be held: import no line from somebody whom you do not trust with "
      "it.\n"
      "An import changes no key: `rekey` does. What is not in the file stays.");
  line.example("waybill admin principal import people.csv --dry-run")
      .example("waybill admin principal import people.csv");
  return line.parse(context.ui, arguments);
}

// --- What came of it --------------------------------------------------------------------------

struct RowVerdict {
  std::size_t line;
  std::string name, verdict, why, code;
};

struct Findings {
  std::vector<RowVerdict> verdicts;
  std::size_t count(std::string_view verdict) const {
    return static_cast<std::size_t>(
        std::ranges::count(verdicts, verdict, [](const RowVerdict& v) { return v.verdict; }));
  }
};

RowVerdict verdict_of(std::size_t line, const Fields& row) {
  RowVerdict out{line, std::string(row.get("name")), std::string(row.get("verdict")),
                 std::string(row.get("what")), std::string(row.get("code"))};
  if (out.code.empty()) return out;
  out.why = row.has("detail") ? row.get("detail") : sentence_of(out.code);
  return out;
}

json as_json(const Findings& found, bool dry_run) {
  json rows = json::array();
  for (const RowVerdict& one : found.verdicts) {
    if (one.verdict == "unchanged") continue;
    json row{{"line", one.line}, {"name", one.name}, {"verdict", one.verdict}};
    if (!one.why.empty()) row["why"] = one.why;
    if (!one.code.empty()) row["code"] = one.code;
    rows.push_back(std::move(row));
  }
  json out{{"dry_run", dry_run}, {"rows", std::move(rows)}};
  for (const char* verdict : {"added", "changed", "unchanged", "refused"}) {
    out[verdict] = found.count(verdict);
  }
  return out;
}

// Of an import that is done nobody wants to see each line.
void print_findings(Ui& ui, const Findings& found, bool dry_run) {
  for (const RowVerdict& one : found.verdicts) {
    if (one.verdict != "refused" && (!dry_run || one.verdict == "unchanged")) continue;
    std::string text = one.verdict;
    if (!one.name.empty()) text += " " + escaped(one.name);
    if (!one.why.empty()) text += ": " + (one.code.empty() ? "" : one.code + "  ") + one.why;
    print_wrapped(ui, "line " + std::to_string(one.line) + ": ", text);
  }
}

std::string in_words(const Findings& found) {
  std::string out;
  for (const char* verdict : {"added", "changed", "unchanged", "refused"}) {
    out += (out.empty() ? "" : ", ") + std::to_string(found.count(verdict)) + " " + verdict;
  }
  return out;
}

// --- Sending ----------------------------------------------------------------------------------

std::size_t size_of(const Fields& row) {
  std::size_t bytes = 3;
  for (const auto& [name, value] : row.entries()) bytes += name.size() + value.size() + 5;
  return bytes;
}

/// Hands the rows in, part by part.
class Sender {
 public:
  Sender(Session& session, const std::vector<PrincipalLine>& rows, bool keep)
      : session_(session), rows_(rows) {
    if (keep) batch_ = copy_of(random_bytes<16>());
  }

  Outcome<std::vector<RowVerdict>> send(Progress& progress) {
    while (next_ < rows_.size()) {
      progress.update(progress_bar(next_, rows_.size()) + "  principals sent");
      CHECK_OK(send_part());
    }
    return std::move(verdicts_);
  }
  /// All that was sent becomes true. Requires that nothing was refused.
  Outcome<Done> commit() {
    const Fields word{{"batch", to_hex(batch_)}, {"rows", std::to_string(next_)}};
    try {  // of all questions this one may take a KDC longer than a client waits
      CHECK_OK(session_.call("admin.principal.import", word));
      return done();
    } catch (const HttpError& error) {
      if (error.cause() != HttpError::Cause::timed_out) throw;
      return Stop(Exit::unreachable, "the KDC is still storing them, or did not get to it",
                  "say the same again in a moment: it changes what is not there yet");
    }
  }
  bool keeps() const { return !batch_.empty(); }

 private:
  Outcome<Done> send_part() {
    StagedRows part{batch_, next_, {}};
    std::size_t bytes = 0;
    for (std::size_t i = next_; i < rows_.size() && part.rows.size() < limits::max_page; ++i) {
      bytes += size_of(rows_[i].fields);
      if (bytes > part_bytes && !part.rows.empty()) break;
      part.rows.push_back(rows_[i].fields);
    }
    TRY(answer, session_.call(Operation{"admin.principal.stage", part.encode()}));
    TRY(page, Page::decode(answer.value));
    if (page.rows.size() != part.rows.size()) return Error{Errc::malformed, "verdicts"};
    for (const Fields& row : page.rows) {
      verdicts_.push_back(verdict_of(rows_[next_++].line, row));
      // The KDC keeps nothing of a batch with a refusal in it; the rest is sent to be judged.
      if (verdicts_.back().verdict == "refused") batch_.clear();
    }
    return done();
  }

  Session& session_;
  const std::vector<PrincipalLine>& rows_;
  Buffer batch_;
  std::size_t next_ = 0;
  std::vector<RowVerdict> verdicts_;
};

Outcome<Findings> carry_out(Session& session, const PrincipalFile& file, bool dry_run) {
  CHECK_OK(session.tgt());
  Progress progress(session.ui(), "importing");
  Sender sender(session, file.rows, !dry_run && file.faults.empty());
  TRY(verdicts, sender.send(progress));
  Findings found{std::move(verdicts)};
  for (const LineFault& fault : file.faults) {
    found.verdicts.push_back({fault.line, fault.name, "refused", fault.why, {}});
  }
  std::ranges::sort(found.verdicts, {}, &RowVerdict::line);
  if (!sender.keeps()) return found;
  progress.update(progress_bar(1, 1) + "  principals sent; the KDC stores them");
  CHECK_OK(sender.commit());
  return found;
}

// --- Export -----------------------------------------------------------------------------------

Outcome<std::vector<Fields>> users_and_services(Session& session) {
  Progress progress(session.ui(), "reading principals");
  std::vector<Fields> rows;
  CHECK_OK(each_row(session, "admin.principal.list", {}, [&](Fields row) {
    if (row.get("kind") != "queue") rows.push_back(std::move(row));
    progress.update(std::to_string(rows.size()) + " principals read");
    return true;
  }));
  return rows;
}

}  // namespace

Outcome<Done> admin_principal_import(Context& context, const Arguments& arguments) {
  ImportOptions options;
  CHECK_OK(read_options(context, arguments, options));
  TRY(content, read_file_or_input(options.file, max_file));
  TRY(file, read_principal_file(text_of(content)));
  TRY(session, Session::open(context, options.cache));
  TRY(found, carry_out(*session, file, options.dry_run));
  if (options.as_json) {
    context.ui.print_json(as_json(found, options.dry_run));
  } else {
    print_findings(context.ui, found, options.dry_run);
  }
  const std::size_t refused = found.count("refused");
  if (refused > 0) {
    return Stop(Exit::refused, std::to_string(refused) + " of " +
                                   std::to_string(found.verdicts.size()) +
                                   " lines are refused, so nothing " +
                                   (options.dry_run ? "would be" : "was") + " changed");
  }
  context.ui.say(std::string(options.dry_run ? "would be: " : "") + in_words(found));
  return done();
}

Outcome<Done> admin_principal_export(Context& context, const Arguments& arguments) {
  CommandLine::Text format, cache;
  CommandLine line("waybill admin principal export",
                   "Print users and services, with their public keys, as `import` reads them.");
  line.option("--format", format, "jsonl|csv", "JSON lines (the default), or CSV");
  add_cache_option(line, cache);
  line.note(
      "Queues are not among them, and neither are grants. Of two keys that are good the newer is "
      "printed.\n"
      "A user's public key comes from the password, and whoever has it can try passwords against "
      "it:\n"
      "keep the file as you would keep hashes.");
  line.example("waybill admin principal export >people.jsonl")
      .example("waybill admin principal export --format csv >people.csv");
  CHECK_OK(line.parse(context.ui, arguments));
  const bool csv = format == "csv";
  if (format && !csv && format != "jsonl") return wrong_usage("--format is jsonl or csv");
  TRY(session, Session::open(context, cache));
  TRY(rows, users_and_services(*session));
  if (csv) context.ui.print(principal_csv_heading());
  for (const Fields& row : rows) {
    if (csv) {
      context.ui.print(principal_csv(row));
    } else {
      context.ui.print_json_line(principal_json(row));
    }
  }
  return done();
}

}  // namespace waybill::tools
