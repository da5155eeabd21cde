#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ticket/wire/bytes.h"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

/// LMDB behind small RAII types: Env, Table, ReadTxn, WriteTxn, Cursor (house style, point 22).
///
/// A key is 1 to 511 bytes and sorts as bytes; a value is any bytes below 4 GiB. A `Bytes` that
/// comes out of a transaction points into the mapped file: it lives as long as its transaction, and
/// inside a WriteTxn only until that transaction's next change. Copy what must live longer.
/// Absence is an empty optional; whatever the environment does wrong (disk, map full, a damaged
/// file) is a StoreError.
namespace waybill {

/// The store could not do its work. `code()` is LMDB's number (negative), errno (positive), or
/// `busy_code` when a BatchWriter's queue is full.
class StoreError : public std::runtime_error {
 public:
  static constexpr int busy_code = -1;

  StoreError(const std::string& sentence, int code) : std::runtime_error(sentence), code_(code) {}
  int code() const noexcept { return code_; }
  /// No room: the map's limit or the disk. New work is refused until somebody makes room. (A disk
  /// that fills up in the middle of one write shows as EIO, as LMDB reports it.)
  bool is_full() const noexcept;
  bool is_busy() const noexcept { return code_ == busy_code; }

 private:
  int code_;
};

/// One named table of an Env. Cheap to copy; valid as long as its Env.
class Table {
 private:
  friend class Env;
  friend class Txn;
  friend class WriteTxn;
  friend class Cursor;
  explicit Table(unsigned handle) : handle_(handle) {}
  unsigned handle_;
};

/// One LMDB environment: a folder with `data.mdb` and `lock.mdb`. Opened once by a daemon, before
/// it starts threads; then shared by all of them. Several processes may share a folder (a backup
/// beside a daemon); one process opening it twice would break LMDB's locks, so it is refused.
/// An Env must not be used in a child after fork().
class Env {
 public:
  struct Options {
    /// The most that the store may hold. Only address space is taken at once; the file grows as
    /// it is used. Reaching it is StoreError::is_full().
    std::size_t map_bytes = std::size_t{64} << 30;
    /// Env::make_room() may raise it up to this; when it is no more than `map_bytes`, never.
    std::size_t most_bytes = 0;
    unsigned max_tables = 32;
    unsigned max_readers = 512;  // read transactions at the same time, all processes together
    /// False makes commits fast and forgetful: a power cut may lose the last ones (never tear the
    /// file on a journalling file system that keeps order). For tests and benchmarks.
    bool synced = true;
    /// Opens an existing store without the right to change it; tables must exist.
    bool read_only = false;
  };
  struct Usage {
    std::uint64_t map_bytes = 0;    // the limit
    std::uint64_t used_bytes = 0;   // of the file, free pages inside it included
    std::uint64_t last_commit = 0;  // number of the last committed transaction
    unsigned readers = 0;           // open read transactions
  };

  /// Makes the folder (0700) and the files (0600) if they are missing. Throws StoreError, also
  /// when the folder belongs to somebody else, is open to others, or is open here already.
  explicit Env(const std::filesystem::path& folder);
  Env(const std::filesystem::path& folder, const Options& options);
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;
  ~Env();

  /// Opens a table, making it when it is missing. Call at the start, outside any transaction.
  Table open_table(std::string_view name);

  /// Forces what was committed to disk (of use only when not `synced`).
  void sync();
  /// A compacted, consistent copy of the last commit into the new folder `to`, while others read
  /// and write. Refuses a folder that exists. Synced before it returns.
  void copy_to(const std::filesystem::path& to) const;
  Usage usage() const;
  /// Doubles the map, without a restart, when less than a quarter of it is free, or less than
  /// `more` bytes. The whole file is mapped anew, so it waits a moment for the transactions of this
  /// process to end, and lets it be when they do not: whoever writes asks again before the next
  /// time. Other processes follow by themselves. Call it outside any transaction.
  void make_room(std::uint64_t more = 0);
  /// Frees the reader slots of processes that died; returns how many. Done at opening as well.
  int clear_dead_readers();

 private:
  friend class Txn;
  struct Closer {
    void operator()(MDB_env* env) const noexcept;
  };
  struct Registration;  // this process has this folder open
  std::unique_ptr<Registration> registration_;
  void follow_growth() const;
  std::unique_ptr<MDB_env, Closer> env_;
  bool read_only_;
  std::size_t most_bytes_;
  mutable std::shared_timed_mutex mapped_;  // shared by whoever looks into the map
};

/// What reading and writing transactions have in common: a consistent view to read from. Functions
/// that only read take `const Txn&`. Used by one thread at a time; never kept over a network call
/// or a wait, since a read left open keeps every page freed since from being used again.
class Txn {
 public:
  Txn(const Txn&) = delete;
  Txn& operator=(const Txn&) = delete;

  std::optional<Bytes> get(Table table, Bytes key) const;
  bool has(Table table, Bytes key) const { return get(table, key).has_value(); }
  std::uint64_t count(Table table) const;

 protected:
  Txn(const Env& env, MDB_txn* parent, unsigned flags);
  ~Txn();  // aborts what was not committed
  MDB_txn* raw() const noexcept { return txn_; }
  void finish();  // commits
  static MDB_txn* raw_of(const Txn& txn) noexcept { return txn.txn_; }
  static const Env& env_of(const Txn& txn) noexcept { return txn.env_; }

 private:
  friend class Cursor;
  friend class Env;
  const Env& env_;
  std::shared_lock<std::shared_timed_mutex> mapped_;
  MDB_txn* txn_ = nullptr;
  mutable int cursors_ = 0;
};

/// The state of the last commit before it began; never waits for a writer.
class ReadTxn final : public Txn {
 public:
  explicit ReadTxn(const Env& env);
};

/// All or nothing: aborted by its destructor unless commit() ran. Waits for the one before it;
/// in a daemon only the BatchWriter makes them.
class WriteTxn final : public Txn {
 public:
  explicit WriteTxn(Env& env);
  /// A transaction inside another: commit() hands its changes to `parent`, which must not be
  /// touched in between; aborting takes back these alone.
  static WriteTxn inside(WriteTxn& parent) { return WriteTxn(static_cast<Txn&>(parent)); }

  void put(Table table, Bytes key, Bytes value);
  /// False, and nothing changed, when the key is there already.
  bool put_new(Table table, Bytes key, Bytes value);
  /// The same for a key after all that are there, as in rows sorted beforehand: pages are filled to
  /// the end. Throws StoreError when it is not after them.
  void append(Table table, Bytes key, Bytes value);
  /// False when the key was not there.
  bool erase(Table table, Bytes key);
  /// Erases keys below `end`, lowest first, `at_most` of them; returns how many. For tables that
  /// are ordered by time.
  std::size_t erase_below(Table table, Bytes end, std::size_t at_most);
  void clear(Table table);

  /// Durable when it returns (unless the Env is not synced). Cursors must be gone by now: a living
  /// one is a broken invariant and aborts the program. Throws StoreError; nothing is kept then.
  void commit() &&;

 private:
  explicit WriteTxn(Txn& parent);
};

/// A position in one table of one transaction, which must outlive it.
class Cursor {
 public:
  struct Entry {
    Bytes key;
    Bytes value;
  };

  Cursor(const Txn& txn, Table table);
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor();

  std::optional<Entry> first();
  std::optional<Entry> last();
  std::optional<Entry> at_or_after(Bytes key);
  std::optional<Entry> at_or_before(Bytes key);
  std::optional<Entry> next();
  std::optional<Entry> previous();

 private:
  std::optional<Entry> move(int operation, Bytes key);
  const Txn& txn_;
  MDB_cursor* cursor_ = nullptr;
};

/// Called for one entry after the other; false ends the scan. It must not change the table.
using Visit = std::function<bool(const Cursor::Entry&)>;

/// Every entry whose key begins with `prefix`, in order of keys. An empty prefix is the whole
/// table.
void visit_prefix(const Txn& txn, Table table, Bytes prefix, const Visit& visit);
/// Every entry from `from` (inclusive) upwards. An empty `from` is the whole table.
void visit_from(const Txn& txn, Table table, Bytes from, const Visit& visit);
/// Every entry from `from` (inclusive) downwards. An empty `from` begins at the last.
void visit_back_from(const Txn& txn, Table table, Bytes from, const Visit& visit);

}  // namespace waybill
