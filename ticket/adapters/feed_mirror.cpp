#include "ticket/adapters/feed_mirror.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ticket/adapters/feed_rows.h"
#include "ticket/adapters/feed_walk.h"
#include "ticket/exchange/revoked.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill {
namespace {

using feed_rows::damaged;
using feed_rows::Ended;
using feed_rows::matters_at;
using feed_rows::Named;
using feed_rows::Rows;

constexpr std::string_view state_table = "feed";
constexpr std::string_view place_key = "place";
constexpr std::string_view mark_key = "sweep";
constexpr int most_attempts = 10;

FeedMirror::Options usual_options() {
  FeedMirror::Options options;
  options.store.map_bytes = std::size_t{16} << 30;
  return options;
}

// The root key stands for the realm: a realm that was made anew under its old name is another one.
std::string format_of(const RealmFile& realm) {
  return "waybill-mirror 1 " + realm.realm.text() + " " + to_hex(realm.root.bytes);
}

}  // namespace

/// What a walk brings, in memory until it is stored.
class FeedMirror::Batch {
 public:
  Batch(FeedMirror& mirror, const FeedFollower::Place& from) : mirror_(mirror), from_(from) {}

  void add(const std::vector<Revocation>& entries) {
    for (const Revocation& entry : entries) {
      if (entry.kind == RevokedBy::lineage) {
        lineages_.add(Ended::of(entry));
      } else if (names_a_ticket(entry.kind)) {
        tickets_.add(Ended::of(entry));
      } else {
        names_.add(Named::of(entry));
      }
    }
  }
  bool is_full() const { return size() >= mirror_.options_.batch; }

  /// Stores all that was added, and that it leads to `to`. False when another process has changed
  /// the place meanwhile.
  bool store(const FeedFollower::Place& to);

 private:
  std::size_t size() const { return tickets_.size() + lineages_.size() + names_.size(); }
  bool store_slice(const FeedFollower::Place& to);
  bool is_done() const { return tickets_.is_done() && lineages_.is_done() && names_.is_done(); }

  FeedMirror& mirror_;
  FeedFollower::Place from_;
  Rows<Ended> tickets_, lineages_;
  Rows<Named> names_;
};

bool FeedMirror::Batch::store(const FeedFollower::Place& to) {
  if (to == from_ && size() == 0) return true;
  tickets_.sort();
  lineages_.sort();
  names_.sort();
  do {
    if (!store_slice(to)) return false;
  } while (!is_done());
  from_ = to;
  tickets_.clear();
  lineages_.clear();
  names_.clear();
  return true;
}

// Entries may be there before the place says so (they are true all the same, and are stored again
// after a crash), never after it.
bool FeedMirror::Batch::store_slice(const FeedFollower::Place& to) {
  WriteTxn txn(mirror_.store_.env());
  const State before = mirror_.state(txn);
  if (before.place != from_) return false;
  std::size_t room = mirror_.options_.slice;
  tickets_.put(txn, mirror_.tickets_, room);
  lineages_.put(txn, mirror_.lineages_, room);
  names_.put(txn, mirror_.names_, room);
  if (is_done()) mirror_.store_state(txn, mirror_.moved(before, to));
  std::move(txn).commit();
  if (!is_done() && mirror_.options_.between) mirror_.options_.between();
  return true;
}

FeedMirror::FeedMirror(const std::filesystem::path& folder, const RealmFile& realm,
                       const Clock& clock)
    : FeedMirror(folder, realm, clock, usual_options()) {}

FeedMirror::FeedMirror(const std::filesystem::path& folder, const RealmFile& realm,
                       const Clock& clock, const Options& options)
    : clock_(clock),
      options_(options),
      folder_(folder),
      store_(folder, format_of(realm), options.store),
      state_(store_.env().open_table(state_table)),
      tickets_(store_.env().open_table("tickets")),
      lineages_(store_.env().open_table("lineages")),
      names_(store_.env().open_table("names")) {
  settle();
}

// --- The place. ---------------------------------------------------------------------------------

FeedMirror::State FeedMirror::state(const Txn& txn) const {
  const Bytes key = bytes_of(place_key);
  const auto stored = txn.get(state_, key);
  if (!stored) return {};
  const auto value = store_.guard().check(state_table, key, *stored);
  if (!value) throw damaged("trust the feed's place, which was changed");
  Reader in(*value, limits::max_message);
  in.array(8);
  State out;
  out.place.at.sequence = in.uint();
  out.place.at.link = in.bin<32>();
  out.place.goal = in.uint();
  out.place.known.sequence = in.uint();
  out.place.known.time = in.time();
  out.anchor.boot = in.bin<16>();
  out.anchor.passed = std::chrono::milliseconds{in.uint()};
  out.anchor.time = in.time();
  if (!in.finish()) throw damaged("read the feed's place");
  return out;
}

void FeedMirror::store_state(WriteTxn& txn, const State& state) const {
  const Bytes key = bytes_of(place_key);
  Writer out;
  out.array(8).uint(state.place.at.sequence).bin(state.place.at.link).uint(state.place.goal);
  out.uint(state.place.known.sequence).time(state.place.known.time);
  out.bin(state.anchor.boot).uint(static_cast<std::uint64_t>(state.anchor.passed.count()));
  out.time(state.anchor.time);
  txn.put(state_, key, store_.guard().protect(state_table, key, out.take()));
}

// A host's uptime may run a thousandth too fast (NTP corrects by half of that at the most), so a
// bound on the time that stands on an old anchor falls behind; then a newer head raises it. Were it
// anchored at each head, old heads shown one after the other would stop the time.
Time FeedMirror::least(const State& state) const {
  const Time known = state.place.known.time;
  const auto up = clock_.uptime();
  if (!up || up->boot != state.anchor.boot || up->passed < state.anchor.passed) return known;
  const auto passed = up->passed - state.anchor.passed;
  return std::max(known, state.anchor.time + std::chrono::floor<Seconds>(passed - passed / 1000));
}

FeedMirror::State FeedMirror::moved(const State& from, const FeedFollower::Place& to) const {
  State out{to, from.anchor};
  const auto up = clock_.uptime();
  if (up && to.known.time != Time{} && to.known.time >= least(from)) {
    out.anchor = {up->boot, up->passed, to.known.time};
  }
  return out;
}

// What was known in an earlier boot was signed before this moment.
void FeedMirror::settle() {
  const auto up = clock_.uptime();
  const auto is_settled = [&](const State& state) {
    return !up || state.place.known.time == Time{} || state.anchor.boot == up->boot;
  };
  if (is_settled(state(ReadTxn(store_.env())))) return;
  WriteTxn txn(store_.env());
  State now = state(txn);
  if (is_settled(now)) return;
  now.anchor = {up->boot, up->passed, now.place.known.time};
  store_state(txn, now);
  std::move(txn).commit();
}

FeedFollower::Place FeedMirror::place() const { return state(ReadTxn(store_.env())).place; }

FeedMirror::Head FeedMirror::head() const {
  const State now = state(ReadTxn(store_.env()));
  return {now.place.known.sequence, now.place.known.time, least(now)};
}

// --- Looking up. --------------------------------------------------------------------------------

bool FeedMirror::concerns(const Body& body) const {
  const ReadTxn txn(store_.env());
  return is_revoked(body, [&](RevokedBy kind, const std::string& value) -> std::optional<Time> {
    if (kind == RevokedBy::completed) return std::nullopt;  // in one table with `ticket`
    if (names_a_ticket(kind)) {
      const Table table = kind == RevokedBy::lineage ? lineages_ : tickets_;
      return txn.has(table, bytes_of(value)) ? std::optional(Revocation::for_ever) : std::nullopt;
    }
    const auto stored = txn.get(names_, Named::key_of(kind, value));
    if (!stored) return std::nullopt;
    return Named::read(*stored).issued_until;
  });
}

std::uint64_t FeedMirror::count() const {
  const ReadTxn txn(store_.env());
  return txn.count(tickets_) + txn.count(lineages_) + txn.count(names_);
}

// --- Following. ---------------------------------------------------------------------------------

bool FeedMirror::lead() {
  const std::scoped_lock guard(lock_);
  if (lead_) return true;
  if (auto held = try_lock_folder(folder_)) lead_.emplace(*std::move(held));
  return lead_.has_value();
}

Result<FeedHead> FeedMirror::follow(FeedSource& source, const RealmDocument& realm) {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const State from = state(ReadTxn(store_.env()));
    FeedFollower follower(from.place);
    Batch batch(*this, from.place);
    bool overtaken = false;
    const auto take = [&](std::vector<Revocation>&& fresh) {
      batch.add(fresh);
      if (batch.is_full()) overtaken = !batch.store(follower.place());
      return !overtaken;
    };
    const Time now = std::max(clock_.now(), least(from));
    try {
      Result<FeedHead> head = walk(source, follower, realm, now, take);
      overtaken = overtaken || !batch.store(follower.place());
      if (!overtaken) return head;
    } catch (const FeedAway&) {  // on its way up: what came before is worth keeping
      batch.store(follower.place());
      throw;
    }
  }
  return Error{Errc::busy, "other processes follow the feed"};
}

// --- Forgetting. --------------------------------------------------------------------------------

FeedMirror::Mark FeedMirror::mark(const Txn& txn) const {
  const auto stored = txn.get(state_, bytes_of(mark_key));
  if (!stored) return {};
  Reader in(*stored, limits::max_message);
  in.array(2);
  Mark out;
  out.table = in.uint() % 3;
  out.key = copy_of(in.bin(limits::max_message));
  if (!in.finish()) throw damaged("read the mark of the sweep");
  return out;
}

std::size_t FeedMirror::sweep(std::size_t at_most) {
  const std::array tables{tickets_, lineages_, names_};
  const std::scoped_lock guard(lock_);
  std::vector<Buffer> over;
  Mark at;
  Mark next;
  {
    const ReadTxn txn(store_.env());
    const Time known = state(txn).place.known.time;
    at = mark_ ? *mark_ : mark(txn);
    next = {(at.table + 1) % tables.size(), {}};
    std::size_t seen = 0;
    visit_from(txn, tables.at(at.table), at.key, [&](const Cursor::Entry& entry) {
      if (seen++ == at_most) {
        next = {at.table, copy_of(entry.key)};
        return false;
      }
      if (!matters_at(at.table, entry.value, known)) over.push_back(copy_of(entry.key));
      return true;
    });
  }
  mark_ = next;
  return over.empty() ? 0 : forget(over, at.table, next);
}

// Another process may have stored one of them again meanwhile.
std::size_t FeedMirror::forget(const std::vector<Buffer>& over, std::size_t table,
                               const Mark& next) {
  const Table rows = std::array{tickets_, lineages_, names_}.at(table);
  std::size_t forgotten = 0;
  WriteTxn txn(store_.env());
  const Time known = state(txn).place.known.time;
  for (const Buffer& key : over) {
    const auto stored = txn.get(rows, key);
    if (stored && !matters_at(table, *stored, known) && txn.erase(rows, key)) ++forgotten;
  }
  txn.put(state_, bytes_of(mark_key), Writer().array(2).uint(next.table).bin(next.key).take());
  std::move(txn).commit();
  return forgotten;
}

}  // namespace waybill
