#pragma once

#include <filesystem>

#include "ticket/adapters/batch_writer.h"
#include "ticket/adapters/lmdb.h"
#include "ticket/records.h"

namespace waybill::worker {

/// A worker's folder (specs/storage.md): `store/` is LMDB, `store.key` the 32 bytes that key the
/// MACs of its records. Workers of one queue on one host may share a folder: they then share the
/// table of uses and the mirror of the feed. Thread-safe.
class Store {
 public:
  /// Makes what is missing. Throws FileError or StoreError with a sentence and the mend: a key that
  /// others can read, a store without its key, a store that was made with another one.
  explicit Store(const std::filesystem::path& folder);
  Store(const std::filesystem::path& folder, const Env::Options& options);

  Env& env() { return env_; }
  const RecordGuard& guard() const { return guard_; }
  BatchWriter& writer() { return writer_; }

 private:
  void check_format(const std::filesystem::path& folder);

  RecordGuard guard_;
  Env env_;
  Table meta_;
  BatchWriter writer_;
};

}  // namespace waybill::worker
