#include "tools/audit_check.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "kdc/audit_archive.h"
#include "kdc/audit_chain.h"
#include "ticket/adapters/files.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "tools/progress.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

namespace fs = std::filesystem;

// By realm and root key: two realms of one name are two chains.
fs::path state_path(Session& session, const std::optional<std::string>& state) {
  if (state) return *state;
  const char* named = from_environment("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const fs::path base =
      named != nullptr ? fs::path(named) : fs::path(home == nullptr ? "." : home) / ".local/state";
  const RealmFile& realm = session.client().realm_file();
  const Bytes root = realm.root.bytes;
  return base / "waybill" / ("audit-" + realm.realm.text() + "-" + to_hex(root.first(8)));
}

// What we kept ourselves is believed; its signer may have left the realm document since.
Outcome<std::optional<kdc::AuditCheckpoint>> kept_checkpoint(const Session& session,
                                                             const fs::path& path) {
  std::error_code unknown;
  if (!fs::exists(path, unknown)) return std::optional<kdc::AuditCheckpoint>{};
  const SecretBytes bytes = read_secret_file(path, limits::max_message);
  const auto kept = kdc::SignedCheckpoint::decode(bytes.expose());
  const auto checkpoint = kept ? kdc::AuditCheckpoint::parse(kept->statement) : kept.error();
  if (!checkpoint || checkpoint->realm != session.realm()) {
    return Stop(Exit::local, path.string() + " is not a kept checkpoint of this realm",
                "move it away if you know why; then a trail that was cut off is not noticed once");
  }
  return std::optional(*checkpoint);
}

/// What the KDC says of its chain: only the checkpoint is signed.
struct Told {
  kdc::SignedCheckpoint newest;
  kdc::AuditPosition start;
};

Outcome<Told> told_by(Session& session) {
  TRY(fields, session.call("audit.checkpoint", Fields{}));
  const auto signer = parse_number(fields.get("signer"));
  TRY(statement, from_hex(fields.get("statement")));
  TRY(signature, fixed_from_hex<64>(fields.get("signature")));
  if (!signer || *signer > 0xffffffffU) return Error{Errc::malformed, "signer of a checkpoint"};
  Told told{{KeyId{static_cast<std::uint32_t>(*signer)}, std::move(statement), signature}, {}};
  if (fields.has("start")) {
    const auto start = parse_number(fields.get("start"));
    TRY(link, fixed_from_hex<32>(fields.get("start_link")));
    if (!start) return Error{Errc::malformed, "start of the audit trail"};
    told.start = {*start, link};
  }
  return told;
}

// Its bytes come in pieces of hex, its link is computed here: we believe only signatures.
Outcome<kdc::AuditRow> row_of(const Fields& fields, Digest& link) {
  const auto sequence = parse_number(fields.get("sequence"));
  if (!sequence) return Error{Errc::malformed, "sequence of a record"};
  std::string hex;
  for (const std::string& piece : fields.all("record")) hex += piece;
  TRY(record, from_hex(hex));
  link = audit_link(link, record);
  return kdc::AuditRow{*sequence, std::move(record), link};
}

// All records up to and with `last`, page by page. Records after it are for the next time.
Outcome<Done> add_records(Session& session, std::uint64_t last, kdc::AuditVerifier& verifier) {
  Progress progress(session.ui(), "reading the audit trail");
  Digest link = verifier.position().link;
  std::uint64_t sequence = verifier.position().sequence;
  std::string after = std::to_string(sequence);
  while (sequence < last) {
    TRY(answer, session.call(Operation{"audit.records", Fields{{"after", after}}.encode()}));
    TRY(page, Page::decode(answer.value));
    if (page.rows.empty()) break;
    for (const Fields& fields : page.rows) {
      TRY(row, row_of(fields, link));
      sequence = row.sequence;
      if (sequence > last) break;
      verifier.add(row);
    }
    if (page.next.empty() || page.next == after) break;
    after = page.next;
    progress.update("read " + after + " of " + std::to_string(last) + " records");
  }
  return done();
}

/// The archives that were named, each verified by itself, from the oldest.
struct Archives {
  struct One {
    std::string file;
    kdc::AuditArchive archive;
  };
  std::vector<One> all;

  std::optional<kdc::AuditPosition> start() const {
    if (all.empty()) return std::nullopt;
    return all.front().archive.after;
  }
  std::uint64_t end() const {
    std::uint64_t end = 0;
    for (const One& one : all) end = std::max(end, one.archive.end.sequence);
    return end;
  }
};

kdc::AuditArchive read(Session& session, const std::string& file, const kdc::TakeRow& take = {}) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw FileError("cannot read " + file, file, ENOENT);
  const RealmFile& realm = session.client().realm_file();
  return kdc::read_archive(in, realm.realm, realm.root, take);
}

Outcome<Archives> open_archives(Session& session, const std::vector<std::string>& files) {
  Archives archives;
  for (const std::string& file : files) {
    try {
      archives.all.push_back({file, read(session, file)});
    } catch (const kdc::ArchiveUnsound& error) {
      return Stop(Exit::refused, "the archive " + file + " is unsound: " + error.what(),
                  "take the copy that you keep elsewhere");
    }
  }
  std::ranges::sort(archives.all, {},
                    [](const Archives::One& one) { return one.archive.after.sequence; });
  return archives;
}

Stop gap(std::uint64_t from, std::uint64_t to) {
  return {Exit::refused,
          "records " + std::to_string(from + 1) + " to " + std::to_string(to) +
              " were pruned and are in none of the archives",
          "name all archives from that record on, each with --archive"};
}

// One may reach into the next: what both have is taken once, and both are signed.
Outcome<Done> add_archives(Session& session, const Archives& archives,
                           kdc::AuditVerifier& verifier) {
  kdc::AuditPosition at = verifier.position();
  for (const Archives::One& one : archives.all) {
    if (one.archive.after.sequence > at.sequence)
      return gap(at.sequence, one.archive.after.sequence);
    read(session, one.file, [&](const kdc::AuditRow& row) {
      if (row.sequence <= at.sequence) return;
      at = {row.sequence, audit_link(at.link, row.record)};
      verifier.add({row.sequence, row.record, at.link});
    });
  }
  return done();
}

Stop not_what_was_written(const kdc::AuditFault& fault) {
  return {Exit::refused, "the audit trail is not what the KDC wrote: " + fault.sentence(),
          "compare with a backup of the KDC's folder, and find out who could write to it"};
}

std::vector<kdc::AuditCheckpoint> ends_of(const Archives& archives) {
  std::vector<kdc::AuditCheckpoint> ends;
  for (const Archives::One& one : archives.all) ends.push_back(one.archive.end);
  return ends;
}

// What was verified before must be verified again: pruning must not hide that it was rewritten.
Outcome<Done> reaches_back_to(const std::optional<kdc::AuditCheckpoint>& kept,
                              const kdc::AuditPosition& start) {
  if (!kept || kept->sequence >= start.sequence) return done();
  return gap(kept->sequence, start.sequence);
}

}  // namespace

Outcome<AuditReport> check_audit(Session& session, const AuditWish& wish) {
  const fs::path path = state_path(session, wish.state);
  TRY(kept, kept_checkpoint(session, path));
  TRY(archives, open_archives(session, wish.archives));
  TRY(realm, session.realm_document());
  TRY(told, told_by(session));
  TRY(checkpoint, told.newest.verify(realm));
  const kdc::AuditPosition start = archives.start().value_or(told.start);
  CHECK_OK(reaches_back_to(kept, start));

  std::vector<kdc::AuditCheckpoint> checkpoints = ends_of(archives);
  checkpoints.push_back(checkpoint);
  if (kept) checkpoints.push_back(*kept);
  kdc::AuditVerifier verifier(std::move(checkpoints), start);
  CHECK_OK(add_archives(session, archives, verifier));
  if (!archives.all.empty() && archives.end() < told.start.sequence) {
    return gap(archives.end(), told.start.sequence);
  }
  const std::uint64_t last = std::max(checkpoint.sequence, kept ? kept->sequence : 0);
  CHECK_OK(add_records(session, last, verifier));
  if (const auto fault = verifier.finish()) {
    TRY(now, told_by(session));
    if (now.start.sequence <= verifier.position().sequence) return not_what_was_written(*fault);
    return Stop(Exit::refused, "the audit trail was pruned while it was read", "try again");
  }
  if (!wish.state) make_private_folder(path.parent_path());
  write_file_atomic(path, told.newest.encode(), 0600);
  AuditReport report{start.sequence + 1, verifier.verified(), verifier.signed_until(),
                     checkpoint.time, std::nullopt};
  if (kept) report.known_before = kept->sequence;
  return report;
}

Outcome<AuditReport> check_archives(Session& session, const AuditWish& wish) {
  TRY(archives, open_archives(session, wish.archives));
  const kdc::AuditPosition start = archives.start().value_or(kdc::AuditPosition{});
  kdc::AuditVerifier verifier(ends_of(archives), start);
  CHECK_OK(add_archives(session, archives, verifier));
  const auto fault = verifier.finish();
  if (fault && fault->kind != kdc::AuditFault::Kind::headless) return not_what_was_written(*fault);
  return AuditReport{start.sequence + 1, verifier.verified(), verifier.signed_until(),
                     archives.all.back().archive.end.time, std::nullopt};
}

}  // namespace waybill::tools
