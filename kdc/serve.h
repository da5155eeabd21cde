#pragma once

#include <functional>

#include "kdc/init.h"
#include "ticket/adapters/shutdown.h"

namespace waybill::kdc {

/// The store is older than what this KDC has written already. `what()` says by how much, and the
/// explicit word that lets it start all the same.
class StoreWentBack : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ServePlan {
  Folder folder;
  bool accept_older_store = false;  ///< the explicit word after a restored backup
  /// Instead of the one in kdc.toml; port 0: any free one.
  std::optional<ListenAddress> listen = {};
};

/// Opens the realm in the folder, checks it, and serves until the end is wished for:
/// configuration, the folder's lock, the place of the admin socket, modes of the key files, store,
/// keys, audit chain, high-water mark and the feed's files, then the sockets. Everything that can
/// refuse does so before the first request. `ready` is called with the address when requests are
/// taken; by then all is bound and open that has to be, so it is the place to confine the process
/// (ticket/adapters/confinement.h). Throws FileError, ConfigError, StoreError, StoreUnusable,
/// RecordDamaged, StoreWentBack, HttpError, each in one sentence, and what `ready` throws.
void serve(const ServePlan& plan, const Clock& clock, Shutdown& shutdown,
           const std::function<void(const std::string& address)>& ready);

/// What can be known without opening the store: the settings, the files that they name, the place
/// of the admin socket, and the modes of the key files. Throws as serve() does.
void check_settings(const ServePlan& plan);

}  // namespace waybill::kdc
