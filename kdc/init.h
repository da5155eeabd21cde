#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "kdc/config.h"
#include "kdc/store.h"
#include "ticket/exchange/keytab.h"
#include "ticket/realm.h"

namespace waybill::kdc {

/// What is where in the KDC's folder.
struct Folder {
  std::filesystem::path path;
  std::filesystem::path master_file = {};  ///< named by a command: kdc/master_place.h
  std::filesystem::path config() const { return path / "kdc.toml"; }
  std::filesystem::path realm_file() const { return path / "realm.toml"; }
  std::filesystem::path root_key() const { return path / "root.key"; }
  std::filesystem::path master_key() const { return path / "master.key"; }
  std::filesystem::path master_token() const { return path / "master.token"; }
  std::filesystem::path operator_keytab() const { return path / "operator.keytab"; }
  std::filesystem::path store() const { return path / "store"; }
  std::filesystem::path tls_ca() const { return path / "ca.pem"; }
  std::filesystem::path realm_request() const { return path / "realm.request"; }
  std::filesystem::path high_water() const { return path / "high-water"; }
  std::filesystem::path feed() const { return path / "feed"; }
};

/// Names of facts in the store's meta table (StoreView::meta).
namespace meta {
inline constexpr std::string_view format = "format";                  // Store::format
inline constexpr std::string_view migrated_from = "migrated_from";    // kdc/store_migration.h
inline constexpr std::string_view realm = "realm";                    // the realm's name
inline constexpr std::string_view root_public = "root_public";        // 32 bytes
inline constexpr std::string_view realm_document = "realm_document";  // signed
inline constexpr std::string_view realm_request = "realm_request";    // kdc/founding.h
inline constexpr std::string_view feed_base = "feed_base";            // StoreView::feed_base
inline constexpr std::string_view audit_start = "audit_start";        // Audit::start
}  // namespace meta

inline constexpr std::string_view operator_role = "operator";

struct InitPlan {
  Folder folder;
  Realm realm;
  ListenAddress listen;
  Seconds epoch_life = std::chrono::hours(365 * 24);
  std::string url = {};  ///< where clients reach it; empty: the scheme and the listen address
  /// PEM files for https (Config::tls_certificate): both or none.
  std::filesystem::path tls_certificate = {};
  std::filesystem::path tls_key = {};
  /// PEM file of the authority that clients are to trust instead of those of the system: copied
  /// beside the realm file, which names it.
  std::filesystem::path tls_ca = {};
  /// Whose key wraps the master key (kdc/token.h); empty: it lies in the folder in clear.
  std::string token = {};
  /// Of a root key on another machine: then there is a realm.request to be signed there, and no
  /// realm before found_realm(). None: root.key is made here.
  std::optional<RootPublic> root = {};

  /// Throws ConfigError when it listens everywhere and no url is given.
  std::string public_url() const;
  /// The files for TLS are right. Throws ConfigError, FileError.
  void check_tls() const;
};

/// Makes a realm: folder (0700), keys, store with two epochs, the principal `operator` with its
/// keytab (0600), realm.toml (0644) and kdc.toml. Refuses (FileError) a folder that has any of
/// these files; when it fails half way it takes back what it made.
void init_realm(const InitPlan& plan, const Clock& clock);

/// The 32 bytes of a key file. Throws FileError for a wrong mode, owner or size.
Secret<32> read_key_file(const std::filesystem::path& path);

}  // namespace waybill::kdc
