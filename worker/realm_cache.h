#pragma once

#include <filesystem>
#include <mutex>
#include <optional>

#include "ticket/adapters/kdc_client.h"

namespace waybill::worker {

/// The signed realm document, kept in the worker's folder as it came from the KDC, so that tickets
/// can be verified after a restart while no KDC answers. What is read back is verified like what
/// came over the network. Thread-safe.
class RealmCache {
 public:
  /// `kdc` must outlive it.
  RealmCache(std::filesystem::path file, KdcClient& kdc);

  /// The kept document, or nothing when there is none that the root key has signed. Tells the
  /// client its serial, so that an older one is refused from now on.
  std::optional<RealmDocument> load();
  /// Asks the KDC, and keeps the answer. Errors: KdcClient::fetch_realm's. Throws HttpError,
  /// FileError.
  Result<RealmDocument> fetch();

 private:
  const std::filesystem::path file_;
  KdcClient& kdc_;
  std::mutex lock_;
};

}  // namespace waybill::worker
