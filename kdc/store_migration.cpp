#include "kdc/store_migration.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "kdc/init.h"
#include "kdc/store_keys.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// --- Format 1 ------------------------------------------------------------------------------------

// Entries as programs of format 1 wrote them before entries got today's form, numbers of kinds up
// to 5: [sequence, kind, value, time, issued_until, matters_until, reason]. A ticket's id was a
// text in hex, and work that had ended was a ticket revoked for the reason "completed". The
// sequence stands in the row's key as well, which its MAC is over.
Result<Revocation> decode_numbered(Bytes wire) {
  Reader in(wire, limits::max_caveat);
  in.array(7);
  in.uint();
  const std::uint64_t kind = in.uint();
  if (!in.failed() && (kind == 0 || kind > 5)) in.fail(Errc::malformed, "kind of revocation");
  Revocation out;
  out.kind = static_cast<RevokedBy>(kind);
  out.value = in.str(limits::max_workflow_id);
  out.time = in.time();
  out.issued_until = in.time();
  out.matters_until = in.time();
  out.reason = in.str(limits::max_reason);
  CHECK_OK(in.finish());
  if (out.kind != RevokedBy::ticket) return out;
  TRY(id, fixed_from_hex<sizeof(TicketId)>(out.value));
  out.value = value_of(id);
  out.issued_until = Revocation::for_ever;
  if (out.reason == "completed") {
    out.kind = RevokedBy::completed;
    out.reason.clear();
  }
  return out;
}

Revocation entry_of(const GuardedTable& table, Bytes key, Bytes wire) {
  auto entry = Revocation::decode(wire);
  if (!entry) entry = decode_numbered(wire);
  if (!entry) throw RecordDamaged(table.name, key);
  return *std::move(entry);
}

// The whole feed, which format 1 kept from its first entry on.
std::vector<Revocation> entries_of_feed(const StoreView& view) {
  const GuardedTable& table = view.store().tables().feed;
  std::vector<Revocation> entries;
  FeedPosition at;
  for (auto rows = view.feed_after(0, limits::max_page); !rows.empty();
       rows = view.feed_after(at.sequence, limits::max_page)) {
    for (const FeedRow& row : rows) {
      const Key key = Key().number(at.sequence + 1);
      if (row.sequence != at.sequence + 1 || row.link != next_link(at.link, row.entry)) {
        throw RecordDamaged(table.name, key);
      }
      entries.push_back(entry_of(table, key, row.entry));
      at = row.position();
    }
  }
  return entries;
}

/// A record of `revocations`: the bare entry of those of its kind and value that reached furthest.
struct InForce {
  Buffer key;
  Revocation entry;
};

std::vector<InForce> all_in_force(const StoreView& view) {
  const GuardedTable& table = view.store().tables().revocations;
  std::vector<InForce> found;
  visit_from(view.txn(), table.table, {}, [&](const Cursor::Entry& row) {
    const Bytes value = checked(view.store(), table, row.key, row.value);
    found.push_back({copy_of(row.key), entry_of(table, row.key, value)});
    return true;
  });
  return found;
}

// They are made anew; a MAC that is wrong says that somebody was here.
void check_feed_ends(const StoreView& view) {
  const GuardedTable& table = view.store().tables().feed_ends;
  visit_from(view.txn(), table.table, {}, [&](const Cursor::Entry& row) {
    checked(view.store(), table, row.key, row.value);
    return true;
  });
}

// The feed entry by entry, under the numbers that it had, as today's rule writes it: each takes
// over what those before it for its kind and value reached. So the newest is enough for what stands
// here and for whoever begins at a base between the two. Tickets name numbers of the feed and no
// links; of those, and of heads, nothing was ever published in the form that followers read today.
void write_feed_anew(WriteTxn& txn, StoreChange& change) {
  const std::vector<Revocation> entries = entries_of_feed(change);
  const std::vector<InForce> in_force = all_in_force(change);
  check_feed_ends(change);
  const StoreTables& tables = change.store().tables();
  for (const GuardedTable* table : {&tables.feed, &tables.revocations, &tables.feed_ends}) {
    txn.clear(table->table);
  }
  for (const Revocation& entry : entries) change.revoke(entry);
  for (const InForce& old : in_force) {
    const auto stands = change.standing(old.entry.kind, old.entry.value);
    if (!stands || stands->entry.issued_until < old.entry.issued_until) {
      throw RecordDamaged(tables.revocations.name, old.key);
    }
  }
}

// --- The steps -----------------------------------------------------------------------------------

/// It reads what `from` wrote and writes `to`. Those before the last one have encodings of their
/// own for both: StoreChange writes today's.
struct Step {
  std::uint64_t from;
  std::uint64_t to;
  void (*run)(WriteTxn&, StoreChange&);
};

constexpr std::array steps{Step{1, 2, write_feed_anew}};
static_assert(steps.back().to == Store::format);

std::optional<std::uint64_t> number_in_meta(const StoreView& view, std::string_view name) {
  const auto value = view.meta(name);
  if (!value) return std::nullopt;
  Reader in(*value, 16);
  const std::uint64_t number = in.uint();
  if (!in.finish()) throw RecordDamaged("meta", bytes_of(name));
  return number;
}

std::uint64_t format_of(const StoreView& view) {
  const auto format = number_in_meta(view, meta::format);
  if (!format) throw RecordDamaged("meta", bytes_of(meta::format));
  return *format;
}

void put_number(StoreChange& change, std::string_view name, std::uint64_t number) {
  change.put_meta(name, Writer().uint(number).take());
}

void run_steps(WriteTxn& txn, StoreChange& change) {
  const std::uint64_t before = format_of(change);
  std::uint64_t reached = before;
  for (const Step& step : steps) {
    if (step.from != reached) continue;
    step.run(txn, change);
    reached = step.to;
  }
  if (reached != Store::format) throw std::logic_error("a format that no step leads from");
  if (!migrated_from(change)) put_number(change, meta::migrated_from, before);
  put_number(change, meta::format, reached);
}

}  // namespace

bool can_migrate(std::uint64_t format) {
  return std::ranges::any_of(steps, [&](const Step& step) { return step.from == format; });
}

void migrate(Store& store) {
  if (format_of(store.view()) == Store::format) return;
  WriteTxn txn(store.env());
  {
    StoreChange change(store, txn);
    run_steps(txn, change);
  }
  std::move(txn).commit();
}

std::optional<std::uint64_t> migrated_from(const StoreView& view) {
  return number_in_meta(view, meta::migrated_from);
}

void forget_migration(StoreChange& change) {
  change.erase(change.store().tables().meta, bytes_of(meta::migrated_from));
}

}  // namespace waybill::kdc
