#include "kdc/audit_index.h"

#include <algorithm>
#include <array>

#include "kdc/audit.h"
#include "kdc/store_keys.h"

namespace waybill::kdc {
namespace {

// What is longer is the name of nothing (limits.h), and a zero byte would end a key early.
constexpr std::size_t max_value = 256;
constexpr std::size_t number_bytes = 8;
constexpr std::size_t records_in_commit = 4096;

// Beside the terms: when a quarter of an hour began. Key: this ‖ sequence ‖ quarter.
constexpr std::uint8_t clock_kind = 0xff;
constexpr std::uint64_t quarter_seconds = 15 * 60;

std::uint64_t quarter_of(Time time) { return number_in(Key().time(time)) / quarter_seconds; }

Key prefix_of(const AuditKey& key) {
  return Key().byte(static_cast<std::uint8_t>(key.term)).ended_text(key.value);
}

Buffer row_of(const AuditKey& key, std::uint64_t sequence) {
  Key row = prefix_of(key);
  return copy_of(row.number(sequence));
}

// With this record its quarter of an hour begins.
Key clock_row(const AuditRecord& record) {
  return Key().byte(clock_kind).number(record.sequence).number(quarter_of(record.time));
}

// The quarter that is under way at the end of what is indexed.
std::optional<std::uint64_t> last_quarter(const StoreView& view) {
  Cursor cursor(view.txn(), view.store().tables().audit_index.table);
  const auto last = cursor.last();
  if (!last || last->key.front() != clock_kind) return std::nullopt;
  return number_in(last->key.last(number_bytes));
}

class Keys {
 public:
  void add(AuditTerm term, std::string_view value) {
    const bool usable = value.size() <= max_value && value.find('\0') == value.npos;
    if (usable && (!value.empty() || term == AuditTerm::refusal)) {
      keys_.push_back({term, std::string(value)});
    }
  }
  void add_principal(AuditTerm term, std::string_view text) { add(term, bare_name(text)); }
  std::vector<AuditKey> take() {
    std::ranges::sort(keys_);
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    return std::move(keys_);
  }

 private:
  std::vector<AuditKey> keys_;
};

void add_revocation(Keys& keys, const AuditRecord& record) {
  const auto kind = revoked_by(record.fields.get("kind"));
  if (!kind) return;
  std::string value(record.fields.get("value"));
  if (names_a_ticket(*kind)) keys.add(AuditTerm::ticket, value);
  if (*kind == RevokedBy::workflow) keys.add(AuditTerm::workflow, value);
  const bool by_name = *kind == RevokedBy::subject || *kind == RevokedBy::actor;
  if (by_name || *kind == RevokedBy::queue) value = bare_name(value);
  if (by_name) keys.add(AuditTerm::who, value);
  if (*kind == RevokedBy::queue) keys.add(AuditTerm::audience, value);
  if (record.outcome == 0) {
    keys.add(AuditTerm::revoked, std::string(name_of(*kind)) + ":" + value);
  }
}

void add_outcome(Keys& keys, std::uint64_t outcome) {
  if (outcome == 0) return;
  keys.add(AuditTerm::refusal, "");
  if (const auto code = errc_from(outcome)) keys.add(AuditTerm::refusal, describe(*code).name);
}

// What `name` in a record of administration names.
void add_administered(Keys& keys, const AuditRecord& record) {
  const std::string_view name = record.fields.get("name");
  if (record.event.starts_with("admin.principal.")) keys.add_principal(AuditTerm::who, name);
  if (!record.event.starts_with("admin.queue.")) return;
  keys.add_principal(AuditTerm::audience, name);
  keys.add_principal(AuditTerm::who, record.fields.get("owner"));
}

AuditRecord indexed_record(const StoreView& view, std::uint64_t sequence) {
  const auto row = Audit::row(view, sequence);
  const Key key = Key().number(sequence);
  if (!row) throw RecordDamaged("audit", key);
  return decoded<AuditRecord>(view.store().tables().audit, key, row->record);
}

// Nothing when it is damaged: whoever reads the chain hears of that, and the KDC goes on.
std::optional<AuditRecord> sound_record(const StoreView& view, std::uint64_t sequence) {
  try {
    return indexed_record(view, sequence);
  } catch (const RecordDamaged&) {
    return std::nullopt;
  }
}

bool is_indexed(const StoreView& view, std::uint64_t sequence) {
  const auto record = sound_record(view, sequence);
  return !record || view.txn().has(view.store().tables().audit_index.table,
                                   row_of({AuditTerm::event, record->event}, sequence));
}

std::uint64_t first_record(const StoreView& view) {
  Cursor cursor(view.txn(), view.store().tables().audit.table);
  const auto first = cursor.first();
  return first ? number_in(first->key) : 1;
}

// Only the end can lack its rows, so halving finds where that begins.
std::uint64_t first_without_rows(const StoreView& view) {
  std::uint64_t low = first_record(view);
  std::uint64_t high = Audit::position(view).sequence + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (is_indexed(view, middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

std::string bare_name(std::string_view principal) {
  return std::string(principal.substr(0, principal.find('@')));
}

std::vector<AuditKey> keys_of(const AuditRecord& record) {
  static constexpr std::array<std::string_view, 6> people{"by",    "subject", "principal",
                                                          "actor", "viewer",  "trigger"};
  Keys keys;
  for (const auto& [name, value] : record.fields.entries()) {
    if (std::ranges::find(people, name) != people.end()) {
      keys.add_principal(AuditTerm::who, value);
    } else if (name == "audience") {
      keys.add_principal(AuditTerm::audience, value);
    } else if (name == "workflow" && record.event != "admin.grant.add") {
      keys.add(AuditTerm::workflow, value);
    } else if (name == "ticket") {
      keys.add(AuditTerm::ticket, value);
    }
  }
  keys.add(AuditTerm::event, record.event);
  add_outcome(keys, record.outcome);
  add_administered(keys, record);
  if (record.event == "revoke") add_revocation(keys, record);
  return keys.take();
}

void AuditIndex::add(StoreChange& change, const AuditRecord& record) {
  if (last_quarter(change) != quarter_of(record.time)) change.put_index_row(clock_row(record));
  for (const AuditKey& key : keys_of(record)) change.put_index_row(row_of(key, record.sequence));
}

void AuditIndex::remove(StoreChange& change, const AuditRecord& record) {
  const GuardedTable& index = change.store().tables().audit_index;
  for (const AuditKey& key : keys_of(record)) change.erase(index, row_of(key, record.sequence));
  change.erase(index, clock_row(record));
}

void AuditIndex::begin_after(StoreChange& change, std::uint64_t sequence) {
  change.put_index_row(clock_row(indexed_record(change, sequence + 1)));
}

std::uint64_t AuditIndex::rebuild(Store& store) {
  {
    WriteTxn txn(store.env());
    txn.clear(store.tables().audit_index.table);
    std::move(txn).commit();
  }
  return complete(store);
}

std::uint64_t AuditIndex::complete(Store& store) {
  const auto [first, end] = [&] {
    const auto view = store.view();
    return std::pair(first_without_rows(view), Audit::position(view).sequence);
  }();
  for (std::uint64_t next = first; next <= end;) {
    WriteTxn txn(store.env());
    StoreChange change(store, txn);
    for (std::size_t n = 0; n < records_in_commit && next <= end; ++n, ++next) {
      if (const auto record = sound_record(change, next)) add(change, *record);
    }
    std::move(txn).commit();
  }
  return end + 1 - first;
}

std::optional<std::string> AuditIndex::fault(const StoreView& view) {
  const Table index = view.store().tables().audit_index.table;
  std::optional<std::string> fault;
  std::optional<std::uint64_t> quarter;
  std::uint64_t rows = 0;
  const auto look_for = [&](std::uint64_t sequence, Bytes row) {
    ++rows;
    if (view.txn().has(index, row) || fault) return;
    fault = "the index of the audit chain lacks record " + std::to_string(sequence) +
            " (where an earlier version wrote on, `waybill-kdc serve` completes it; else "
            "`waybill-kdc audit reindex` makes it anew)";
  };
  visit_from(view.txn(), view.store().tables().audit.table, {}, [&](const Cursor::Entry& entry) {
    const AuditRecord record = indexed_record(view, number_in(entry.key));
    for (const AuditKey& key : keys_of(record)) {
      look_for(record.sequence, row_of(key, record.sequence));
    }
    const std::uint64_t now = quarter_of(record.time);
    if (quarter != now) look_for(record.sequence, clock_row(record));
    quarter = now;
    return !fault;
  });
  if (!fault && rows != view.txn().count(index)) {
    fault =
        "the index of the audit chain has rows that belong to no record: `waybill-kdc audit "
        "reindex` makes it anew";
  }
  return fault;
}

Postings::Postings(const StoreView& view, const AuditKey& key)
    : prefix_(copy_of(prefix_of(key))),
      cursor_(view.txn(), view.store().tables().audit_index.table) {}

std::optional<std::uint64_t> Postings::at_or_before(std::uint64_t sequence) {
  const auto found = cursor_.at_or_before(Key().bytes(prefix_).number(sequence));
  if (!found || found->key.size() != prefix_.size() + number_bytes ||
      !equal(found->key.first(prefix_.size()), prefix_)) {
    return std::nullopt;
  }
  return number_in(found->key.last(number_bytes));
}

AuditTimes::AuditTimes(const StoreView& view, Time from, Time to) {
  const auto inside = [first = quarter_of(from), last = quarter_of(to)](std::uint64_t quarter) {
    return first <= quarter && quarter <= last;
  };
  bool open = false;
  const Key start = Key().byte(clock_kind);
  visit_from(view.txn(), view.store().tables().audit_index.table, start,
             [&](const Cursor::Entry& entry) {
               const std::uint64_t sequence = number_in(entry.key.subspan(1));
               if (open) spans_.back().last = sequence - 1;
               open = inside(number_in(entry.key.last(number_bytes)));
               if (open) spans_.push_back({sequence, UINT64_MAX});
               return true;
             });
}

std::optional<std::uint64_t> AuditTimes::at_or_before(std::uint64_t sequence) const {
  const auto after = std::ranges::upper_bound(spans_, sequence, {}, &Span::first);
  if (after == spans_.begin()) return std::nullopt;
  return std::min(sequence, std::prev(after)->last);
}

}  // namespace waybill::kdc
