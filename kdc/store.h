#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kdc/store_records.h"
#include "ticket/adapters/lmdb.h"
#include "ticket/feed.h"
#include "ticket/records.h"
#include "ticket/wire/revocation.h"

namespace waybill::kdc {

/// The KDC's data in domain words, over LMDB (specs/storage.md).
///
/// Reading: `store.view()` gives a consistent view of the last commit. Keep it for one decision,
/// never over a wait or a reply: an old view keeps every page freed since.
/// Writing: only inside an effect that is handed to the Issuer (kdc/issuer.h), which gives it a
/// StoreChange; there is no other way in, so nothing is stored without its audit record.
///
/// Every record carries a MAC over table, key and value. One that does not have the right MAC, or
/// does not decode, is never believed: RecordDamaged, and the daemon answers 503 to that request.

/// A stored record was changed by somebody else than the KDC. `what()` names table and key.
class RecordDamaged : public std::runtime_error {
 public:
  RecordDamaged(std::string_view table, Bytes key);
};

/// The store is of another realm or of a newer program. `what()` is one sentence with the mend.
class StoreUnusable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One table and the name that is part of its records' MACs.
struct GuardedTable {
  Table table;
  std::string_view name;
};

/// The tables; specs/storage.md has key and value of each.
struct StoreTables {
  explicit StoreTables(Env& env);
  GuardedTable meta, secrets, principals, queues, grants, grant_ids, revocations, feed, feed_ends,
      tickets, by_subject, by_audience, by_workflow, by_end, locations, audit, checkpoints,
      verdict_logs, audit_index;  ///< rows without a MAC (kdc/audit_index.h)
  /// Those whose records have MACs.
  std::vector<GuardedTable> all() const;
};

/// One row of the revocation feed: an entry as it travels, and the link after it.
struct FeedRow {
  std::uint64_t sequence = 0;
  Buffer entry;
  Digest link{};

  FeedPosition position() const { return {sequence, link}; }
  /// When it was appended.
  Time time() const;
};

/// Where a new follower of the feed begins (specs/storage.md, "Compaction").
struct FeedBase {
  FeedPosition position;
  Time raised{};  ///< no head is signed for a second before it
};

/// What is revoked under one kind and value, and the number of the feed's newest entry for it,
/// which reaches all that the earlier ones did.
struct Standing {
  std::uint64_t sequence = 0;
  Revocation entry;

  Buffer encode() const;
  static Result<Standing> decode(Bytes wire);
};

/// By what outstanding tickets are looked up: exactly one.
enum class TicketIndex : std::uint8_t { subject, audience, workflow };

class Store;

/// Reads. All lists are in order of their keys, begin after `after` (empty: at the start), and have
/// at most `most` rows, of names that begin with `prefix`. Names are without the realm. Throws
/// StoreError and RecordDamaged.
class StoreView {
 public:
  std::optional<PrincipalRecord> principal(std::string_view name) const;
  std::vector<PrincipalRecord> principals(std::string_view after, std::size_t most,
                                          std::string_view prefix = {}) const;

  std::optional<QueueRecord> queue(std::string_view name) const;
  std::vector<QueueRecord> queues(std::string_view after, std::size_t most,
                                  std::string_view prefix = {}) const;
  /// Names of all queues of this owner, pending or not.
  std::vector<std::string> queues_of(const Principal& owner) const;

  std::optional<GrantRecord> grant(std::uint64_t id) const;
  std::vector<GrantRecord> grants(std::uint64_t after, std::size_t most) const;
  /// All of one holder; those of a subject do not include those of its roles.
  std::vector<GrantRecord> grants_of(GrantRecord::Holder holder, std::string_view name) const;

  /// The newest entry for this kind and value, until a day after it matters no more.
  std::optional<Revocation> revocation(RevokedBy kind, std::string_view value) const;
  std::optional<Standing> standing(RevokedBy kind, std::string_view value) const;
  /// All that stands, in no order that means anything, until the visitor says false.
  void each_standing(const std::function<bool(const Standing&)>& visit) const;
  /// is_revoked() of ticket/exchange/revoked.h over this view.
  bool revoked(const Body& body) const;
  /// How far the feed has come.
  FeedPosition feed_position() const;
  FeedBase feed_base() const;
  /// The place after that many entries: zero, or one whose row is there still (else RecordDamaged).
  FeedPosition feed_position(std::uint64_t sequence) const;
  /// Rows after a sequence number, in order, at most `most` of them.
  std::vector<FeedRow> feed_after(std::uint64_t sequence, std::size_t most) const;
  std::optional<FeedRow> last_feed_row() const;
  /// That compact_feed() would do something.
  bool can_compact_feed(Time now) const;

  std::optional<OutstandingTicket> ticket(const TicketId& id) const;
  /// One row of a list of tickets and where to go on.
  struct TicketRow {
    OutstandingTicket ticket;
    std::string cursor;  ///< hex; what to pass as `after` for the rows that follow
  };
  /// Oldest first. `value`: a principal's text (name@REALM) for subject and audience, a workflow
  /// id. Errors: malformed (`after` is no cursor).
  Result<std::vector<TicketRow>> tickets_by(TicketIndex index, std::string_view value,
                                            std::string_view after, std::size_t most) const;
  /// All of them, in order of their ids.
  Result<std::vector<TicketRow>> tickets(std::string_view after, std::size_t most) const;

  /// That sweep() would find something.
  bool anything_over(Time now) const;

  std::optional<LocationRecord> location(std::string_view trigger) const;
  std::vector<LocationRecord> locations() const;

  /// Facts of the whole store, by name (kdc/init.h writes them).
  std::optional<Buffer> meta(std::string_view name) const;
  /// A wrapped secret, opened. Errors: not_found, bad_integrity.
  Result<SecretBuffer> secret(std::string_view name) const;

  /// A checked record; for the modules that own a table (kdc/audit.h).
  std::optional<Buffer> get(const GuardedTable& table, Bytes key) const;
  const Txn& txn() const { return txn_; }
  const Store& store() const { return store_; }

 protected:
  StoreView(const Store& store, const Txn& txn) : store_(store), txn_(txn) {}
  ~StoreView() = default;
  StoreView(const StoreView&) = default;
  StoreView& operator=(const StoreView&) = delete;  // NOLINT(modernize-use-equals-delete): a base
  bool has_old_feed_rows() const;

 private:
  const Store& store_;
  const Txn& txn_;
};

/// Writes, inside the one write transaction. Sees its own changes.
class StoreChange final : public StoreView {
 public:
  StoreChange(const Store& store, WriteTxn& txn) : StoreView(store, txn), write_(txn) {}
  StoreChange(const StoreChange&) = delete;

  /// True after the first write. An effect refuses before it writes, or not at all.
  bool wrote() const { return wrote_; }
  /// True after revoke(): the feed's head is to be published anew.
  bool moved_feed() const { return moved_feed_; }

  /// New or replaced, by its name.
  void put_principal(const PrincipalRecord& record);
  void put_queue(const QueueRecord& record);
  /// Gives the record its number.
  std::uint64_t add_grant(GrantRecord record);
  /// False when there is none.
  bool remove_grant(std::uint64_t id);

  /// Appends to the feed and links it; gives its sequence number. An entry for a kind and value
  /// that has one already takes over what that reached (issued_until, matters_until), so that the
  /// newest is enough; and none is of an earlier second than the one before it.
  std::uint64_t revoke(Revocation entry);

  /// New, or in the place of the one with the same id (a renewal).
  void put_ticket(const OutstandingTicket& ticket);
  /// Raises the base of the feed over the next small segments, at most `most` of them, as long as
  /// few of their entries still matter; appends those once more. Nothing is erased (sweep() does).
  struct Compacted {
    std::size_t segments = 0;
    std::size_t carried = 0;  ///< entries that were appended once more
  };
  Compacted compact_feed(Time now, std::size_t most);

  /// Forgets tickets that ended before `now`, revocations that matter no more, and rows of the feed
  /// that are far enough before its base; at most `at_most` of each. Gives how many.
  std::size_t sweep(Time now, std::size_t at_most);

  void put_location(const LocationRecord& record);

  void put_meta(std::string_view name, Bytes value);
  void put_secret(std::string_view name, Bytes secret);
  void erase_secret(std::string_view name);

  void put(const GuardedTable& table, Bytes key, Bytes value);
  bool erase(const GuardedTable& table, Bytes key);
  /// A key without value and MAC in the index of the audit chain.
  void put_index_row(Bytes key);

 private:
  void erase_ticket_rows(const OutstandingTicket& ticket);
  std::size_t sweep_tickets(Time now, std::size_t at_most);
  std::size_t sweep_revocations(Time now, std::size_t at_most);
  std::size_t sweep_feed(std::size_t at_most);
  WriteTxn& write_;
  bool wrote_ = false;
  bool moved_feed_ = false;
};

/// The open store. Thread-safe.
class Store {
 public:
  static constexpr std::uint64_t format = 2;  ///< of every encoding above

  struct Options {
    std::size_t map_bytes = std::size_t{16} << 30;   ///< what it may hold at first,
    std::size_t most_bytes = std::size_t{16} << 40;  ///< and grow to (Env::make_room)
    bool synced = true;                              ///< false: tests that need no durability
    bool read_only = false;                          ///< beside a daemon that has it open
    /// Opens a store of an earlier format too, for migrate() (kdc/store_migration.h). For whoever
    /// has it alone: a daemon of that format reads it no more.
    bool takes_over = false;
  };

  /// Opens the folder of an existing store, or makes a new and empty one. Throws StoreError, and
  /// StoreUnusable for another format (Options::takes_over) or a master key that is not this
  /// store's.
  Store(const std::filesystem::path& folder, MasterKey master, const Options& options);
  Store(const std::filesystem::path& folder, MasterKey master)
      : Store(folder, std::move(master), Options{}) {}

  /// That the store in the folder, of whatever format, was made with this key. Changes nothing.
  /// Throws StoreError, and StoreUnusable when there is none.
  static bool opens_with(const std::filesystem::path& folder, MasterKey master);

  class Reading;
  /// The state of the last commit.
  Reading view() const;

  Env& env() { return env_; }
  const Env& env() const { return env_; }
  const RecordGuard& guard() const { return guard_; }
  const StoreTables& tables() const { return tables_; }

  /// Reads every record and checks its MAC; gives "table key" of each that is damaged, at most
  /// `most`. For `waybill-kdc store check`.
  struct CheckReport {
    std::uint64_t records = 0;
    std::vector<std::string> damaged;
  };
  CheckReport check(std::size_t most = 100) const;

 private:
  Env env_;
  RecordGuard guard_;
  StoreTables tables_;
};

namespace detail {
struct OwnedReadTxn {
  explicit OwnedReadTxn(const Env& env) : owned(env) {}
  ReadTxn owned;
};
}  // namespace detail

/// A view with a read transaction of its own.
class Store::Reading : private detail::OwnedReadTxn, public StoreView {
 public:
  explicit Reading(const Store& store)
      : detail::OwnedReadTxn(store.env_), StoreView(store, owned) {}
  Reading(const Reading&) = delete;
};
inline Store::Reading Store::view() const { return Reading(*this); }

}  // namespace waybill::kdc
