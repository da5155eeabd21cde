#include "tools/audit_check.h"

#include <cstdlib>

#include "kdc/audit_chain.h"
#include "ticket/adapters/files.h"
#include "ticket/hex.h"
#include "ticket/limits.h"
#include "tools/progress.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

namespace fs = std::filesystem;

// By realm and root key: two realms of one name are two chains.
fs::path state_path(Session& session, const std::optional<std::string>& state) {
  if (state) return *state;
  // NOLINTBEGIN(concurrency-mt-unsafe): nobody sets them
  const char* named = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  // NOLINTEND(concurrency-mt-unsafe)
  const fs::path base = named != nullptr && *named != '\0'
                            ? fs::path(named)
                            : fs::path(home == nullptr ? "." : home) / ".local/state";
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

Outcome<kdc::SignedCheckpoint> newest_checkpoint(Session& session) {
  TRY(fields, session.call("audit.checkpoint", Fields{}));
  const auto signer = parse_number(fields.get("signer"));
  TRY(statement, from_hex(fields.get("statement")));
  TRY(signature, fixed_from_hex<64>(fields.get("signature")));
  if (!signer || *signer > 0xffffffffU) return Error{Errc::malformed, "signer of a checkpoint"};
  return kdc::SignedCheckpoint{KeyId{static_cast<std::uint32_t>(*signer)}, std::move(statement),
                               signature};
}

// Its bytes come in pieces of hex, its link is computed here: we believe only signatures.
Outcome<kdc::AuditRow> row_of(const Fields& fields, Digest& link) {
  const auto sequence = parse_number(fields.get("sequence"));
  if (!sequence) return Error{Errc::malformed, "sequence of a record"};
  std::string hex;
  for (const std::string& piece : fields.all("record")) hex += piece;
  TRY(record, from_hex(hex));
  link = kdc::audit_link(link, record);
  return kdc::AuditRow{*sequence, std::move(record), link};
}

// All records up to and with `last`, page by page. Records after it are for the next time.
Outcome<Done> add_records(Session& session, std::uint64_t last, kdc::AuditVerifier& verifier) {
  Progress progress(session.ui(), "reading the audit trail");
  Digest link{};
  std::string after = "0";
  for (std::uint64_t sequence = 0; sequence < last;) {
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

}  // namespace

Outcome<AuditReport> check_audit(Session& session, const std::optional<std::string>& state) {
  const fs::path path = state_path(session, state);
  TRY(kept, kept_checkpoint(session, path));
  TRY(realm, session.realm_document());
  TRY(newest, newest_checkpoint(session));
  TRY(checkpoint, newest.verify(realm));

  std::vector<kdc::AuditCheckpoint> checkpoints{checkpoint};
  if (kept) checkpoints.push_back(*kept);
  kdc::AuditVerifier verifier(std::move(checkpoints));
  const std::uint64_t last = std::max(checkpoint.sequence, kept ? kept->sequence : 0);
  CHECK_OK(add_records(session, last, verifier));
  if (const auto fault = verifier.finish()) {
    return Stop(Exit::refused, "the audit trail is not what the KDC wrote: " + fault->sentence(),
                "compare with a backup of the KDC's folder, and find out who could write to it");
  }
  if (!state) make_private_folder(path.parent_path());
  write_file_atomic(path, newest.encode(), 0600);
  AuditReport report{verifier.verified(), verifier.signed_until(), checkpoint.time, std::nullopt};
  if (kept) report.known_before = kept->sequence;
  return report;
}

}  // namespace waybill::tools
