#include "kdc/audit_pruning.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <memory>
#include <system_error>

#include "kdc/audit_archive.h"
#include "kdc/audit_index.h"
#include "kdc/high_water.h"
#include "kdc/master_place.h"
#include "kdc/open_realm.h"
#include "kdc/store_check.h"
#include "kdc/store_keys.h"
#include "kdc/unfinished.h"
#include "ticket/adapters/files.h"
#include "ticket/wire/hex.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t read_step = 1000;
// In one deed: a KDC that serves waits for some tenths of a second.
constexpr std::uint64_t prune_step = 4096;

/// Records after a place, while they are older than a time and before a number; each is checked to
/// follow the one before.
class OldRecords {
 public:
  OldRecords(const Store& store, AuditPosition at, Time before, std::uint64_t end)
      : store_(store), at_(at), before_(before), end_(end) {}

  std::optional<AuditRecord> next() {
    if (read_ == rows_.size()) {
      rows_ = Audit::rows(store_.view(), at_.sequence, read_step);
      read_ = 0;
    }
    if (read_ == rows_.size() || rows_[read_].sequence >= end_) return std::nullopt;
    const AuditRow& row = rows_[read_++];
    const auto record = AuditRecord::decode(row.record);
    const bool follows = record && record->sequence == at_.sequence + 1 &&
                         row.sequence == record->sequence &&
                         row.link == audit_link(at_.link, row.record);
    if (!follows) throw RecordDamaged("audit", Key().number(row.sequence));
    if (record->time >= before_) return std::nullopt;
    at_ = {row.sequence, row.link};
    return *record;
  }
  const AuditPosition& position() const { return at_; }
  std::uint64_t end() const { return end_; }

 private:
  const Store& store_;
  AuditPosition at_;  // after the last that was given
  const Time before_;
  const std::uint64_t end_;
  std::vector<AuditRow> rows_;
  std::size_t read_ = 0;
};

[[noreturn]] void cannot_write(const fs::path& file, int code) {
  throw FileError("cannot write " + file.string() + ": " + std::generic_category().message(code),
                  file, code);
}

void sync_file(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) cannot_write(file, errno);
  const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (failed != 0) cannot_write(file, failed);
}

/// Says how far it is, in records from one number to another.
class Counter {
 public:
  Counter(const Tell& tell, const std::string& what, std::uint64_t from, std::uint64_t to)
      : reached_(std::make_shared<std::atomic<std::uint64_t>>(from)) {
    if (!tell) return;
    tell({what, to - from, [reached = reached_, from] { return *reached - from; },
          Stage::Unit::records});
  }
  void reached(std::uint64_t number) { *reached_ = number; }

 private:
  std::shared_ptr<std::atomic<std::uint64_t>> reached_;  // the one who draws may look later
};

// Durable when it returns, and read back.
AuditPosition write_archive(const fs::path& file, const OpenRealm& realm, OldRecords records,
                            Time now, const Tell& tell) {
  create_file(file, {}, 0600);
  std::ofstream out(file, std::ios::binary | std::ios::app);
  const AuditPosition after = records.position();
  out << archive_line(ArchiveHead{realm.epochs.realm(), after, realm.epochs.signed_document()});
  Counter written(tell, "writing the archive", after.sequence, records.end());
  while (const auto record = records.next()) {
    out << archive_line(*record);
    written.reached(record->sequence);
  }
  const AuditPosition end = records.position();
  out << archive_line(
      realm.epochs.sign_checkpoint({realm.epochs.realm(), end.sequence, now, end.link}));
  out.close();
  if (!out) cannot_write(file, errno != 0 ? errno : EIO);
  sync_file(file);
  if (tell) tell({"reading the archive back"});
  std::ifstream in(file, std::ios::binary);
  const auto root = realm.store.view().meta(meta::root_public);
  const AuditArchive read = read_archive(in, realm.epochs.realm(), RootPublic{fixed<32>(*root)});
  if (read.after != after || read.end.sequence != end.sequence || read.end.link != end.link) {
    throw ArchiveUnsound("it is not what was written");
  }
  return end;
}

void remove_records(OpenRealm& realm, AuditPosition at, std::uint64_t last, const Tell& tell) {
  Counter removed(tell, "removing the records", at.sequence, last);
  while (at.sequence < last) {
    const auto row = Audit::row(realm.store.view(), std::min(last, at.sequence + prune_step));
    if (!row) throw PruningRefused("somebody else prunes the audit chain: try again");
    const AuditPosition until{row->sequence, row->link};
    const auto done = realm.issuer.commit(
        {{std::string(audit_pruned), std::nullopt, {}},
         [&](StoreChange& change, Fields& fields) -> Checked {
           if (Audit::start(change) != at) {
             return Error{Errc::busy, "somebody else prunes"};
           }
           Audit::prune(change, until);
           fields.add("until", std::to_string(until.sequence)).add("link", to_hex(until.link));
           return ok();
         },
         std::nullopt});
    if (!done) throw PruningRefused(sentence_of(done.error()));
    at = until;
    removed.reached(at.sequence);
  }
}

}  // namespace

std::optional<Pruned> prune_audit(const Folder& folder, const Clock& clock, const PruningWish& wish,
                                  const Tell& tell) {
  const fs::path target = fs::absolute(wish.archive).lexically_normal();
  if (fs::exists(fs::symlink_status(target))) {
    throw PruningRefused(target.string() + " is there already: take another name for each archive");
  }
  OpenRealm realm(folder, clock);
  const HighWater mark(folder.high_water(), realm.store);
  if (const auto fault = mark.fault(realm.store.view())) {
    throw PruningRefused(*fault + ": the audit chain of such a store is not pruned");
  }
  const AuditPosition start = Audit::start(realm.store.view());
  const OldRecords records(realm.store, start, wish.before, mark.reached());
  if (!OldRecords(records).next()) return std::nullopt;
  Unfinished unfinished(target);
  const AuditPosition end = write_archive(unfinished.path(), realm, records, clock.now(), tell);
  unfinished.take_name(target);
  remove_records(realm, start, end.sequence, tell);
  return Pruned{start.sequence + 1, end.sequence};
}

std::uint64_t reindex_audit(const Folder& folder) {
  require_realm(folder);
  const FolderLock lock = lock_folder(folder.path);
  Store store(folder.store(), MasterKey(read_master_key(folder)));
  return AuditIndex::rebuild(store);
}

}  // namespace waybill::kdc
