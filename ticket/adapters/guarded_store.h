#pragma once

#include <filesystem>
#include <string>

#include "ticket/adapters/lmdb.h"
#include "ticket/records.h"

namespace waybill {

/// A private folder that several processes of one user may open (specs/storage.md): `store/` is
/// LMDB, `store.key` the 32 bytes that key the MACs of its records, and its first record says in
/// which format the others are. Thread-safe.
class GuardedStore {
 public:
  /// Makes what is missing. Throws FileError or StoreError with a sentence and the mend: a key that
  /// others can read, a store without its key, one that was made with another key or in another
  /// format.
  GuardedStore(const std::filesystem::path& folder, const std::string& format,
               const Env::Options& options);

  Env& env() { return env_; }
  const Env& env() const { return env_; }
  const RecordGuard& guard() const { return guard_; }

 private:
  void check_format(const std::filesystem::path& folder, const std::string& format);

  RecordGuard guard_;
  Env env_;
};

}  // namespace waybill
