#include "kdc/audit.h"

#include <algorithm>

#include "kdc/audit_index.h"
#include "kdc/epochs.h"
#include "kdc/init.h"
#include "kdc/store_keys.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

constexpr std::size_t max_text = 1024;     // of one field
constexpr std::uint64_t prune_step = 256;  // records that are held in memory at a time

/// A stored record with the link after it.
struct StoredRecord {
  Buffer record;
  Digest link;

  Buffer encode() const { return Writer().array(2).bin(record).bin(link).take(); }
  static Result<StoredRecord> decode(Bytes wire) {
    Reader in(wire, limits::max_message);
    in.array(2);
    const Bytes record = in.bin(limits::max_message);
    const Digest link = in.bin<32>();
    CHECK_OK(in.finish());
    return StoredRecord{copy_of(record), link};
  }
};

/// Where the chain begins, in the table meta.
struct StoredStart {
  Audit::Position position;

  Buffer encode() const {
    return Writer().array(2).uint(position.sequence).bin(position.link).take();
  }
  static Result<StoredStart> decode(Bytes wire) {
    Reader in(wire, limits::max_caveat);
    in.array(2);
    const std::uint64_t sequence = in.uint();
    const Digest link = in.bin<32>();
    CHECK_OK(in.finish());
    return StoredStart{{sequence, link}};
  }
};

StoredRecord stored_at(const StoreView& view, const Cursor::Entry& entry) {
  const GuardedTable& table = view.store().tables().audit;
  return decoded<StoredRecord>(table, entry.key,
                               checked(view.store(), table, entry.key, entry.value));
}

// Never in the middle of a UTF-8 sequence.
std::string cut(std::string text) {
  if (text.size() <= max_text) return text;
  std::size_t end = max_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + "…";
}

// What is written must be readable for ever, whatever came in.
Fields readable(const Fields& fields) {
  Fields out;
  for (const auto& [name, value] : fields.entries()) {
    out.add(name, cut(is_utf8(value) ? value : to_hex(bytes_of(value))));
  }
  return out;
}

std::string unix_seconds(Time time) { return std::to_string(time.time_since_epoch().count()); }

SignedCheckpoint checkpoint_at(const StoreView& view, const Cursor::Entry& entry) {
  const GuardedTable& table = view.store().tables().checkpoints;
  return decoded<SignedCheckpoint>(table, entry.key,
                                   checked(view.store(), table, entry.key, entry.value));
}

// Of two checkpoints in one interval only the later is kept.
void erase_superseded(StoreChange& change, std::uint64_t newest) {
  const auto interval = [](std::uint64_t sequence) {
    return sequence / Audit::checkpoint_interval;
  };
  std::optional<std::uint64_t> last;
  {
    Cursor cursor(change.txn(), change.store().tables().checkpoints.table);
    if (const auto entry = cursor.last()) last = number_in(entry->key);
  }
  if (last && *last != newest && interval(*last) == interval(newest)) {
    change.erase(change.store().tables().checkpoints, Key().number(*last));
  }
}

}  // namespace

Audit::Position Audit::position(const StoreView& view) {
  Cursor cursor(view.txn(), view.store().tables().audit.table);
  const auto last = cursor.last();
  if (!last) return {};
  return {number_in(last->key), stored_at(view, *last).link};
}

Audit::Position Audit::append(StoreChange& change, AuditEvent event, Time now) {
  const Position before = position(change);
  AuditRecord record;
  record.sequence = before.sequence + 1;
  record.time = now;
  record.event = std::move(event.event);
  record.outcome = event.outcome ? static_cast<std::uint64_t>(*event.outcome) : 0;
  record.fields = readable(event.fields);
  StoredRecord row{record.encode(), {}};
  if (!AuditRecord::decode(row.record)) {
    throw std::logic_error("an audit record that could not be read again: " + record.event);
  }
  row.link = audit_link(before.link, row.record);
  change.put(change.store().tables().audit, Key().number(record.sequence), row.encode());
  AuditIndex::add(change, record);
  return {record.sequence, row.link};
}

void Audit::checkpoint(StoreChange& change, const Epochs& epochs, Time now) {
  const Position end = position(change);
  if (end.sequence == 0) return;
  const SignedCheckpoint checkpoint =
      epochs.sign_checkpoint({epochs.realm(), end.sequence, now, end.link});
  erase_superseded(change, end.sequence);
  change.put(change.store().tables().checkpoints, Key().number(end.sequence), checkpoint.encode());
}

Audit::Position Audit::start(const StoreView& view) {
  const auto stored = view.meta(meta::audit_start);
  if (!stored) return {};
  return decoded<StoredStart>(view.store().tables().meta, bytes_of(meta::audit_start), *stored)
      .position;
}

void Audit::prune(StoreChange& change, const Position& until) {
  const StoreTables& tables = change.store().tables();
  Position at = start(change);
  while (at.sequence < until.sequence) {
    const std::uint64_t left = until.sequence - at.sequence;
    const auto dropped = rows(change, at.sequence, std::min<std::uint64_t>(left, prune_step));
    if (dropped.empty()) throw RecordDamaged(tables.audit.name, Key().number(at.sequence + 1));
    for (const AuditRow& row : dropped) {
      AuditIndex::remove(
          change, decoded<AuditRecord>(tables.audit, Key().number(row.sequence), row.record));
      change.erase(tables.audit, Key().number(row.sequence));
      change.erase(tables.checkpoints, Key().number(row.sequence));
    }
    at = {dropped.back().sequence, dropped.back().link};
  }
  if (at != until) throw RecordDamaged(tables.audit.name, Key().number(until.sequence));
  AuditIndex::begin_after(change, until.sequence);
  change.put_meta(meta::audit_start, StoredStart{until}.encode());
}

std::vector<AuditRow> Audit::rows(const StoreView& view, std::uint64_t after, std::size_t most) {
  std::vector<AuditRow> rows;
  if (most == 0 || after == UINT64_MAX) return rows;
  visit_from(view.txn(), view.store().tables().audit.table, Key().number(after + 1),
             [&](const Cursor::Entry& entry) {
               StoredRecord stored = stored_at(view, entry);
               rows.push_back({number_in(entry.key), std::move(stored.record), stored.link});
               return rows.size() < most;
             });
  return rows;
}

std::optional<AuditRow> Audit::row(const StoreView& view, std::uint64_t sequence) {
  auto found = rows(view, sequence - 1, 1);
  if (found.empty() || found.front().sequence != sequence) return std::nullopt;
  return std::move(found.front());
}

std::optional<SignedCheckpoint> Audit::newest_checkpoint(const StoreView& view) {
  Cursor cursor(view.txn(), view.store().tables().checkpoints.table);
  const auto last = cursor.last();
  if (!last) return std::nullopt;
  return checkpoint_at(view, *last);
}

std::vector<SignedCheckpoint> Audit::checkpoints(const StoreView& view) {
  std::vector<SignedCheckpoint> out;
  visit_from(view.txn(), view.store().tables().checkpoints.table, {},
             [&](const Cursor::Entry& entry) {
               out.push_back(checkpoint_at(view, entry));
               return true;
             });
  return out;
}

Result<AuditReport> Audit::verify(const StoreView& view, const RealmDocument& realm) {
  std::vector<AuditCheckpoint> checkpoints;
  for (const SignedCheckpoint& stored : Audit::checkpoints(view)) {
    TRY(checkpoint, stored.verify(realm));
    checkpoints.push_back(std::move(checkpoint));
  }
  AuditVerifier verifier(std::move(checkpoints), start(view));
  visit_from(view.txn(), view.store().tables().audit.table, {}, [&](const Cursor::Entry& entry) {
    StoredRecord stored = stored_at(view, entry);
    verifier.add({number_in(entry.key), std::move(stored.record), stored.link});
    return true;
  });
  const auto fault = verifier.finish();
  return AuditReport{verifier.verified(), verifier.position().sequence, verifier.signed_until(),
                     fault};
}

void add_ticket_fields(Fields& fields, const Body& body) {
  Fields claims;
  claims.add("ticket", to_hex(body.id));
  for (const TicketId& id : body.lineage) claims.add("lineage", to_hex(id));
  claims.add("subject", body.subject.text());
  for (const Principal& actor : body.actors) claims.add("actor", actor.text());
  claims.add("audience", body.audience.text());
  if (body.work) {
    claims.add("workflow", body.work->id).add("workflow_type", body.work->type);
    claims.add("input", to_hex(body.work->input));
  }
  for (const std::string& action : body.actions) claims.add("action", action);
  claims.add("issued_at", unix_seconds(body.issued_at));
  claims.add("start_by", unix_seconds(body.start_by));
  claims.add("run_until", unix_seconds(body.run_until));
  claims.add("renew_until", unix_seconds(body.renew_until));
  const Fields given = fields;
  for (const auto& [name, value] : claims.entries()) {
    if (!given.has(name)) fields.add(name, value);
  }
}

}  // namespace waybill::kdc
