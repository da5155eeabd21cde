#include "ticket/adapters/lmdb.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <lmdb.h>

namespace waybill {
namespace {

StoreError failure(const std::string& doing, int code) {
  return {"the store cannot " + doing + ": " + mdb_strerror(code), code};
}

void check(int code, const char* doing) {
  if (code != MDB_SUCCESS) throw failure(doing, code);
}

MDB_val val_of(Bytes bytes) {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};  // LMDB only reads through it
}

Bytes bytes_of(const MDB_val& val) {
  return {static_cast<const std::uint8_t*>(val.mv_data), val.mv_size};
}

// mkdir and a look at what is there: others must not read or replace the data file.
void prepare_folder(const std::filesystem::path& folder, bool read_only) {
  if (!read_only && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw failure("make the folder " + folder.string(), errno);
  }
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) throw failure("open " + folder.string(), errno);
  if (!S_ISDIR(info.st_mode)) throw failure("open " + folder.string(), ENOTDIR);
  if (info.st_uid != ::geteuid() || (info.st_mode & 077) != 0) {
    throw StoreError(folder.string() + " must belong to the user who runs this and be closed to " +
                         "others; run: chmod 700 " + folder.string(),
                     EPERM);
  }
}

// For the transactions of other threads to end, which are short. In steps, since the thread
// sanitizer does not know the lock that waits by itself.
constexpr std::chrono::milliseconds patience_while_serving{100};
constexpr std::chrono::seconds patience_without_a_map{5};

using Alone = std::unique_lock<std::shared_timed_mutex>;

// Those who read one after the other would leave no gap to lock in.
class Gate {
 public:
  explicit Gate(std::atomic<bool>& closed) : closed_(closed) { closed_.store(true); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() {
    closed_ = false;
    closed_.notify_all();
  }

 private:
  std::atomic<bool>& closed_;
};

Alone lock_alone(std::shared_timed_mutex& mutex, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds step{1};
  Alone alone(mutex, std::try_to_lock);
  for (; !alone && patience > step; patience -= step) {
    std::this_thread::sleep_for(step);
    static_cast<void>(alone.try_lock());
  }
  return alone;
}

// LMDB's locks are fcntl locks, which the kernel forgets for the whole process as soon as one of
// its descriptors of the file is closed. Hence one Env for each folder and process.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): a fact about the process
std::mutex open_lock;
std::set<std::pair<dev_t, ino_t>> open_folders;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

[[noreturn]] void broken(const char* invariant) {
  (void)std::fprintf(stderr, "waybill: broken invariant: %s\n", invariant);
  std::abort();
}

struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  const int number;
};

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.number < 0 || ::fsync(descriptor.number) != 0) {
    throw failure("sync the folder " + folder.string(), errno);
  }
}

}  // namespace

bool StoreError::is_full() const noexcept {
  return code_ == MDB_MAP_FULL || code_ == MDB_TXN_FULL || code_ == ENOSPC || code_ == EDQUOT ||
         code_ == EFBIG;
}

struct Env::Registration {
  explicit Registration(const std::filesystem::path& folder) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) throw failure("open " + folder.string(), errno);
    id = {info.st_dev, info.st_ino};
    const std::scoped_lock guard(open_lock);
    if (!open_folders.insert(id).second) {
      throw StoreError(folder.string() + " is open in this process already", EBUSY);
    }
  }
  ~Registration() {
    const std::scoped_lock guard(open_lock);
    open_folders.erase(id);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  std::pair<dev_t, ino_t> id;
  std::atomic<bool> growing = false;  // nobody begins a transaction meanwhile
};

void Env::Closer::operator()(MDB_env* env) const noexcept { mdb_env_close(env); }

Env::Env(const std::filesystem::path& folder) : Env(folder, Options{}) {}

Env::Env(const std::filesystem::path& folder, const Options& options)
    : read_only_(options.read_only), most_bytes_(options.most_bytes) {
  prepare_folder(folder, read_only_);
  registration_ = std::make_unique<Registration>(folder);
  MDB_env* env = nullptr;
  check(mdb_env_create(&env), "start");
  env_.reset(env);
  check(mdb_env_set_mapsize(env, options.map_bytes), "take its map size");
  check(mdb_env_set_maxdbs(env, options.max_tables), "take its number of tables");
  check(mdb_env_set_maxreaders(env, options.max_readers), "take its number of readers");
  // NOTLS: a read transaction belongs to an object, not to a thread.
  const unsigned flags = MDB_NOTLS | (options.synced ? 0U : unsigned{MDB_NOSYNC}) |
                         (read_only_ ? unsigned{MDB_RDONLY} : 0U);
  const int code = mdb_env_open(env, folder.c_str(), flags, 0600);
  if (code != MDB_SUCCESS) throw failure("open " + folder.string(), code);
  clear_dead_readers();
  if (!read_only_) sync_folder(folder);  // the new files' names
}

Env::~Env() = default;

Table Env::open_table(std::string_view name) {
  const std::string text(name);
  MDB_txn* txn = nullptr;
  check(mdb_txn_begin(env_.get(), nullptr, read_only_ ? unsigned{MDB_RDONLY} : 0U, &txn),
        "begin a transaction");
  MDB_dbi handle = 0;
  const int code = mdb_dbi_open(txn, text.c_str(), read_only_ ? 0U : unsigned{MDB_CREATE}, &handle);
  if (code != MDB_SUCCESS) {
    mdb_txn_abort(txn);
    throw failure("open the table " + text, code);
  }
  check(mdb_txn_commit(txn), "commit");
  return Table(handle);
}

void Env::sync() { check(mdb_env_sync(env_.get(), 1), "sync"); }

void Env::copy_to(const std::filesystem::path& to) const {
  if (::mkdir(to.c_str(), 0700) != 0) throw failure("make the folder " + to.string(), errno);
  const auto file = to / "data.mdb";
  // Opened here, because LMDB would make it readable for others.
  const Descriptor descriptor{
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (descriptor.number < 0) throw failure("make " + file.string(), errno);
  const std::shared_lock still(mapped_);
  check(mdb_env_copyfd2(env_.get(), descriptor.number, MDB_CP_COMPACT), "write a copy");
  if (::fsync(descriptor.number) != 0) throw failure("sync a copy", errno);
  sync_folder(to);
  sync_folder(to.parent_path().empty() ? "." : to.parent_path());
}

Env::Usage Env::usage() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  check(mdb_env_info(env_.get(), &info), "say its size");
  check(mdb_env_stat(env_.get(), &stat), "say its size");
  return {info.me_mapsize, (info.me_last_pgno + 1) * stat.ms_psize, info.me_last_txnid,
          info.me_numreaders};
}

void Env::make_room(std::uint64_t more) {
  const Usage now = usage();
  const std::uint64_t needed = now.used_bytes + std::max(more, now.map_bytes / 4);
  if (needed <= now.map_bytes || now.map_bytes >= most_bytes_) return;
  std::uint64_t bytes = now.map_bytes;
  while (bytes < needed && bytes < most_bytes_) bytes *= 2;
  const Gate gate(registration_->growing);
  const Alone alone = lock_alone(mapped_, patience_while_serving);
  if (!alone) return;
  check(mdb_env_set_mapsize(env_.get(), std::min<std::uint64_t>(bytes, most_bytes_)),
        "take a larger map size");
}

// Another process has made the store larger than what is mapped here.
void Env::follow_growth() const {
  const Alone alone = lock_alone(mapped_, patience_without_a_map);
  if (!alone) throw failure("follow its growth", EBUSY);
  check(mdb_env_set_mapsize(env_.get(), 0), "follow its growth");
}

int Env::clear_dead_readers() {
  int dead = 0;
  check(mdb_reader_check(env_.get(), &dead), "look for dead readers");
  return dead;
}

Txn::Txn(const Env& env, MDB_txn* parent, unsigned flags) : env_(env) {
  if (parent == nullptr) {
    env.registration_->growing.wait(true);
    mapped_ = std::shared_lock(env.mapped_);
  }
  int code = mdb_txn_begin(env.env_.get(), parent, flags, &txn_);
  while (code == MDB_MAP_RESIZED && parent == nullptr) {
    mapped_.unlock();
    env.follow_growth();
    mapped_.lock();
    code = mdb_txn_begin(env.env_.get(), parent, flags, &txn_);
  }
  check(code, "begin a transaction");
}

Txn::~Txn() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

void Txn::finish() {
  if (cursors_ != 0) broken("a cursor lives on after its transaction");
  check(mdb_txn_commit(std::exchange(txn_, nullptr)), "commit");
}

std::optional<Bytes> Txn::get(Table table, Bytes key) const {
  MDB_val wanted = val_of(key);
  MDB_val found{};
  const int code = mdb_get(txn_, table.handle_, &wanted, &found);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check(code, "read");
  return bytes_of(found);
}

std::uint64_t Txn::count(Table table) const {
  MDB_stat stat{};
  check(mdb_stat(txn_, table.handle_, &stat), "count");
  return stat.ms_entries;
}

ReadTxn::ReadTxn(const Env& env) : Txn(env, nullptr, MDB_RDONLY) {}

WriteTxn::WriteTxn(Env& env) : Txn(env, nullptr, 0) {}
WriteTxn::WriteTxn(Txn& parent) : Txn(env_of(parent), raw_of(parent), 0) {}

void WriteTxn::put(Table table, Bytes key, Bytes value) {
  MDB_val k = val_of(key);
  MDB_val v = val_of(value);
  check(mdb_put(raw(), table.handle_, &k, &v, 0), "write");
}

bool WriteTxn::put_new(Table table, Bytes key, Bytes value) {
  MDB_val k = val_of(key);
  MDB_val v = val_of(value);
  const int code = mdb_put(raw(), table.handle_, &k, &v, MDB_NOOVERWRITE);
  if (code == MDB_KEYEXIST) return false;
  check(code, "write");
  return true;
}

void WriteTxn::append(Table table, Bytes key, Bytes value) {
  MDB_val k = val_of(key);
  MDB_val v = val_of(value);
  check(mdb_put(raw(), table.handle_, &k, &v, MDB_APPEND), "write at the end");
}

bool WriteTxn::erase(Table table, Bytes key) {
  MDB_val k = val_of(key);
  const int code = mdb_del(raw(), table.handle_, &k, nullptr);
  if (code == MDB_NOTFOUND) return false;
  check(code, "erase");
  return true;
}

std::size_t WriteTxn::erase_below(Table table, Bytes end, std::size_t at_most) {
  MDB_cursor* cursor = nullptr;
  check(mdb_cursor_open(raw(), table.handle_, &cursor), "open a cursor");
  const std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> closer(cursor, mdb_cursor_close);
  std::size_t erased = 0;
  while (erased < at_most) {
    MDB_val key{};
    MDB_val value{};
    const int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    if (code == MDB_NOTFOUND) break;
    check(code, "read");
    if (!std::ranges::lexicographical_compare(bytes_of(key), end)) break;
    check(mdb_cursor_del(cursor, 0), "erase");
    ++erased;
  }
  return erased;
}

void WriteTxn::clear(Table table) { check(mdb_drop(raw(), table.handle_, 0), "clear a table"); }

void WriteTxn::commit() && { finish(); }

Cursor::Cursor(const Txn& txn, Table table) : txn_(txn) {
  check(mdb_cursor_open(txn.txn_, table.handle_, &cursor_), "open a cursor");
  ++txn_.cursors_;
}

Cursor::~Cursor() {
  mdb_cursor_close(cursor_);
  --txn_.cursors_;
}

std::optional<Cursor::Entry> Cursor::move(int operation, Bytes key) {
  MDB_val k = val_of(key);
  MDB_val v{};
  const int code = mdb_cursor_get(cursor_, &k, &v, static_cast<MDB_cursor_op>(operation));
  if (code == MDB_NOTFOUND) return std::nullopt;
  check(code, "read");
  return Entry{bytes_of(k), bytes_of(v)};
}

std::optional<Cursor::Entry> Cursor::first() { return move(MDB_FIRST, {}); }
std::optional<Cursor::Entry> Cursor::last() { return move(MDB_LAST, {}); }
std::optional<Cursor::Entry> Cursor::next() { return move(MDB_NEXT, {}); }
std::optional<Cursor::Entry> Cursor::previous() { return move(MDB_PREV, {}); }
std::optional<Cursor::Entry> Cursor::at_or_after(Bytes key) { return move(MDB_SET_RANGE, key); }

std::optional<Cursor::Entry> Cursor::at_or_before(Bytes key) {
  const auto found = at_or_after(key);
  if (!found) return last();
  return equal(found->key, key) ? found : previous();
}

void visit_prefix(const Txn& txn, Table table, Bytes prefix, const Visit& visit) {
  Cursor cursor(txn, table);
  auto entry = prefix.empty() ? cursor.first() : cursor.at_or_after(prefix);
  while (entry && entry->key.size() >= prefix.size() &&
         equal(entry->key.first(prefix.size()), prefix) && visit(*entry)) {
    entry = cursor.next();
  }
}

void visit_from(const Txn& txn, Table table, Bytes from, const Visit& visit) {
  Cursor cursor(txn, table);
  auto entry = from.empty() ? cursor.first() : cursor.at_or_after(from);
  while (entry && visit(*entry)) entry = cursor.next();
}

void visit_back_from(const Txn& txn, Table table, Bytes from, const Visit& visit) {
  Cursor cursor(txn, table);
  auto entry = from.empty() ? cursor.last() : cursor.at_or_before(from);
  while (entry && visit(*entry)) entry = cursor.previous();
}

}  // namespace waybill
