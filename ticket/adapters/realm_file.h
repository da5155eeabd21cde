#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/keys.h"
#include "ticket/wire/principal.h"

namespace waybill {

/// What everybody pins of a realm (specs/storage.md): its name, where its KDCs are, and the root
/// public key that signs its realm document. No secret; whoever may change it may mislead its user.
///
///   realm = "DEMO.TEST"
///   kdc = ["http://127.0.0.1:8088"]
///   root_key = "<64 hex digits>"
///   feed = ["https://cdn.example/feed"]     # when others than the KDCs have the feed's files
///   tls_ca = "ca.pem"                      # may be left out
struct RealmFile {
  Realm realm;
  /// `http://host:port`, https, or on the KDC's own host `unix:/path` of its admin socket; tried in
  /// this order; never empty.
  std::vector<std::string> kdcs;
  RootPublic root;
  std::vector<std::string> feed{};  ///< web addresses, tried before the KDCs
  /// PEM file of the authorities that https of this realm (KDCs, triggers) is to be trusted by; in
  /// the file relative to its folder. Empty: those of the system.
  std::filesystem::path tls_ca{};

  /// Whether it may stand among `kdcs`.
  static bool is_kdc(std::string_view address);
  /// Throws FileError, with a sentence that says which line is wrong. Unknown keys are refused.
  static RealmFile load(const std::filesystem::path& path);
  /// `$WAYBILL_REALM` when it is set, whether such a file exists or not; else the first that exists
  /// of `~/.config/waybill/realm.toml` and `/etc/waybill/realm.toml`; else nothing.
  static std::optional<std::filesystem::path> find();
  /// The file's text; load() reads it back.
  std::string print() const;
};

}  // namespace waybill
