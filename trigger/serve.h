#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ticket/adapters/listen_address.h"
#include "ticket/adapters/realm_file.h"
#include "ticket/adapters/shutdown.h"
#include "ticket/exchange/keytab.h"
#include "ticket/wire/clock.h"
#include "trigger/lmdb_engine.h"
#include "trigger/temporal_engine.h"

namespace waybill::trigger {

struct ServePlan {
  std::filesystem::path folder;
  RealmFile realm;
  ListenAddress listen;
  std::string url;  ///< where clients reach us; empty: the address that we listen on
  std::string space = "default";
  std::filesystem::path mirror{};   ///< of the revocation feed; empty: in the folder
  std::vector<std::string> feed{};  ///< where that is; empty: as the realm file says
  LmdbEngine::Options engine{};
  /// The work runs on that server instead. Another store of the folder holds what is kept of it.
  std::optional<temporal::Options> temporal{};
  TemporalEngine::Index index = TemporalEngine::Index::none;
  /// PEM files (TlsIdentity::load): both, and https is spoken and nothing else; or none.
  std::string tls_certificate{};
  std::string tls_key{};
  std::optional<ListenAddress> grpc_listen{};    ///< the gRPC door, with the same TLS; none: shut
  std::optional<ListenAddress> status_listen{};  ///< StatusServer's; none: there is none
};

/// Serves until the end is wished for: the folder and its lock, the store key, the store, then the
/// socket. `listening` is called with the address when the socket is open; until a KDC has
/// answered, requests that need it get 503. `ready` is called when it has. At a hangup the files
/// for TLS are read again, and what `reread_…` give is taken over. Throws FileError, StoreError,
/// StoreDamaged, HttpError and std::runtime_error, each with one sentence.
struct ServeEvents {
  std::function<void(const std::string& address)> listening;
  std::function<void(const std::string& address)> ready;
  std::function<void(const std::string& address)> grpc_listening{};
  /// Reads the settings again, puts into effect those that can be, and gives the names of others
  /// that have changed. May throw.
  std::function<std::vector<std::string>()> reread_settings{};
  std::function<RealmFile()> reread_realm{};  ///< may throw
};
void serve(const ServePlan& plan, Keytab keytab, const Clock& clock, Shutdown& shutdown,
           const ServeEvents& events);

}  // namespace waybill::trigger
