#pragma once

#include <filesystem>

#include "ticket/adapters/batch_writer.h"
#include "ticket/adapters/guarded_store.h"

namespace waybill::worker {

/// A worker's folder (specs/storage.md): a store whose records carry MACs, and its writer. Workers
/// of one queue on one host may share a folder: they then share the table of uses. Thread-safe.
class Store {
 public:
  /// Makes what is missing. Throws as GuardedStore does.
  explicit Store(const std::filesystem::path& folder);
  Store(const std::filesystem::path& folder, const Env::Options& options);

  Env& env() { return store_.env(); }
  const RecordGuard& guard() const { return store_.guard(); }
  BatchWriter& writer() { return writer_; }

 private:
  GuardedStore store_;
  BatchWriter writer_;
};

}  // namespace waybill::worker
